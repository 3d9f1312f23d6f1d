"""A run on a rented machine: sent to Hugging Face Jobs, followed, and brought back as if it had been made here."""
