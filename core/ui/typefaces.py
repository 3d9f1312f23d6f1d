"""The book's typefaces and look.css: they travel with the page, never from another machine.

Every page calls `show()` last (the frame does); `.streamlit/config.toml` names the families.

Why a script and not `[[theme.fontFaces]]`, measured on Streamlit 1.67: a `data:` address there is
sent again with every click (156 kB); an address on this server needs a visible `static/` folder,
or is asked for before a page has run and fails for the first visitor. A style in the page is
dropped and loaded again at each change of page. Faces and a style added from a script stay, and
Streamlit sends a long message only once per visit.
"""

import json
from functools import cache
from pathlib import Path

import streamlit as st

from core import texts
from core.sharing.chapbook.faces import FACES, address
from core.ui import session

_GIVEN = "typefaces_given"
_RUNS = 3  # a first run may be cut short by a click before the browser has it

STYLE = Path(__file__).parent / "look.css"


def show() -> None:
    """Gives the browser the typefaces and the style, in a visit's first runs: they stay in the open page (165 kB)."""
    given = st.session_state.get(_GIVEN, 0)
    st.session_state[_GIVEN] = given + 1
    place = st.empty()  # it stays where nothing is given: without it all that follows would be drawn anew, focus lost
    if given < _RUNS:
        place.html(_script(), unsafe_allow_javascript=True)


@cache
def _script() -> str:
    """A script that adds each face and the style once, however often it runs."""
    faces = []
    for family, style, weight, file in FACES:
        faces.append(
            f'new FontFace("{family}", "url({address(file)})",'
            f' {{style: "{style}", weight: "{weight}", display: "swap"}})'
        )
    look = json.dumps(STYLE.read_text(encoding="utf-8") + "".join(map(_said, texts.LANGUAGES)))
    look = look.replace("<", "\\u003c")  # Streamlit drops a script in which anything looks like a tag
    return (
        "<script>if (!window.bookFaces) { window.bookFaces = ["
        + ", ".join(faces)
        + "]; for (const face of window.bookFaces) document.fonts.add(face);"
        + f" document.head.appendChild(document.createElement('style')).textContent = {look}; }}</script>"
    )


def _said(language: str) -> str:
    """Answers the CSS that holds, for pages in `language`, what look.css says in place of Streamlit's English."""
    words = texts.words(language, "frame")
    said = {
        "upload": words("upload"),
        "upload-limit": words("upload.limit", size=session.upload_mb()),
        "skip": words("skip"),
        "enter": words("enter"),
        "enter-long": words("enter.long"),
    }
    lines = "".join(f"--say-{name}: {json.dumps(word, ensure_ascii=False)};" for name, word in said.items())
    return f'html[lang="{language}"] {{ {lines} }}'
