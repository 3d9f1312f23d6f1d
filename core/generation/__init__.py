"""A model in use: loaded, asked for its next tokens, made to write, scored on given texts."""
