"""Is it better? The sealed test set, opened once a run; the base and the adapted model side by side."""
