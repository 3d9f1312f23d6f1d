"""Adapting a model: settings, a run in a process of its own, and what it tells while it works."""
