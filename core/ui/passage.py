"""What a model wrote, behind the beginning that it was given: hers in quiet ink, its own in full."""

from html import escape
from typing import Any

import streamlit as st


def html(beginning: str, written: str) -> str:
    """Answers both in one paragraph (look.css); nothing but our own marks is markup. `written` is HTML already."""
    return f'<div class="passage"><span class="given">{escape(beginning)}</span>{written}</div>'


def show(beginning: str, written: str, place: Any = st) -> None:
    """Shows both as text, at `place`; without a beginning there is nothing to set apart."""
    if beginning:
        place.html(html(beginning, escape(written)))
    else:
        place.text(written.lstrip(" "))
