"""Something long to make: the button that starts it, how far it is, and what she can take once it is there."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core import errors, processes, texts
from core.errors import LessonError
from core.texts import Words
from core.ui import in_line, problem, session

MOST_BYTES = 200_000_000  # what a browser is given at once: Streamlit holds it in memory


def offer(words: Words, key: str, told: Path, start: Callable[[], None], made: bool) -> None:
    """Offers to make what `key` names, and shows how far it is while its process, heard in `told`, is at it."""
    state = processes.read_state(told)
    if state["status"] in processes.ACTIVE:
        st.fragment(_wait, run_every=0.5)(words, key, told)
        return
    if state["status"] == "failed":
        problem.show(errors.heard(state["error"]), words.language)
    if state["status"] == "died":
        problem.show(LessonError("making_died"), words.language)
    label = words(f"{key}.again" if made else f"{key}.make")
    if st.button(label, key=f"{key}.make", icon=":material/handyman:"):
        try:
            start()
        except LessonError as error:
            problem.show(error, words.language)
            return
        st.rerun()


def _wait(words: Words, key: str, told: Path) -> None:
    state = processes.read_state(told)
    if state["status"] not in processes.ACTIVE:
        st.rerun()
    said = in_line.said(state, words) if state["status"] == "waiting" else words(f"{key}.working")
    st.progress(min(1.0, state.get("done", 0.0)), text=said)


def take(words: Words, key: str, made: Path, file_name: str) -> None:
    """Says where what was made lies, on her own computer, and gives it to her browser where it is not too big.

    A folder is given as a ZIP.
    """
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file()) or made.stat().st_size
    if session.is_personal():
        st.markdown(words(f"{key}.made"))
        st.code(str(made), language=None, wrap_lines=True)
    else:
        st.markdown(words(f"{key}.made.far"))
    if size <= MOST_BYTES:
        st.download_button(
            words(f"{key}.download", size=texts.size(size / 1e6, words.language)),
            lambda: _content(made),
            file_name,
            "application/zip",
            key=f"{key}.download",
            icon=":material/download:",
            on_click="ignore",
        )
    elif not session.is_personal():
        st.info(words("too_big", most=MOST_BYTES // 1_000_000), icon=":material/info:")


def _content(made: Path) -> bytes:
    if made.is_file():
        return made.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as parcel:
        for path in sorted(made.rglob("*")):
            parcel.write(path, path.relative_to(made))
    return buffer.getvalue()
