"""The workshop's work, without its pages: the same results from the app, the command line or a notebook."""
