"""How far a download or an upload is, as a bar with a sentence in it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core import texts

_SILENT_SECONDS = 8.0  # without a byte: long enough not to be said of a slow line


def show(state: Mapping[str, Any], say: Callable[..., str], name: str, language: str, is_moving: bool = True) -> None:
    """Shows the state of a transfer (see `core.models.transfer`) in the words that begin with `name`.

    Of one that stands still, silence is not said.
    """
    done, total = state.get("done", 0), state.get("total", 0)
    if not total:
        st.progress(0.0, text=say(f"{name}.preparing"))
        return
    said = say(f"{name}.so_far", done=done / 1e6, total=total / 1e6)
    left = state.get("seconds_left")
    if is_moving and time.time() - state.get("heard", 0) > _SILENT_SECONDS:
        said = f"{said} {say(f'{name}.silent')}"
    elif left:
        said = f"{said} {say(f'{name}.left', time=texts.duration(left, language))}"
    st.progress(min(1.0, done / total), text=said)
