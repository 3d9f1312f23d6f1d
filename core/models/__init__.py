"""Finding a base model, describing it without loading it, and using it."""
