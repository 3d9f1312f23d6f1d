"""What she takes home: the adapter with its card, and loading it again."""
