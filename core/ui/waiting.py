"""A wait with words: a spinner at once, and a bar with how far it is once it lasts."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.data.table import Progress

_QUIET_SECONDS = 0.7  # a bar for something shorter only flickers


@contextmanager
def waiting(words: str) -> Iterator[Progress]:
    """Shows that something is being done; give what it yields to whoever can say how far it is (0 to 1)."""
    began = time.monotonic()
    place = st.empty()

    def progress(done: float) -> None:
        if time.monotonic() - began > _QUIET_SECONDS:
            place.progress(min(1.0, max(0.0, done)))

    try:
        with st.spinner(words, show_time=True):
            yield progress
    finally:
        place.empty()
