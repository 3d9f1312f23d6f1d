"""What each command does; `core.cli` reads the line."""
