"""From prepared texts to the numbers a model reads."""
