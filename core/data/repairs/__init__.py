"""One repair a file: pure functions over one text, composed by `core.data.clean`."""
