"""The book's typefaces: they travel with the page, never from another machine.

Every page calls `show()` last (the frame does); `.streamlit/config.toml` names the families.

Why a script and not `[[theme.fontFaces]]`, measured on Streamlit 1.67: a `data:` address there is
sent again with every click (156 kB); an address on this server needs a visible `static/` folder,
or is asked for before a page has run and fails for the first visitor. A style in the page is
dropped and loaded again at each change of page. Faces added from a script stay, and Streamlit
sends a long message only once per visit.
"""

import base64
from functools import cache
from pathlib import Path

import streamlit as st

_GIVEN = "typefaces_given"
_RUNS = 3  # a first run may be cut short by a click before the browser has it

FOLDER = Path(__file__).parent / "fonts"

# family, style, weights, file: the names are those in config.toml.
FACES = [
    ("Literata", "normal", "400 700", "literata.woff2"),
    ("Literata", "italic", "400 700", "literata-italic.woff2"),
    ("Literata Display", "normal", "500 700", "literata-display.woff2"),
    ("Figtree", "normal", "400 700", "figtree.woff2"),
]


def show() -> None:
    """Gives the browser the typefaces, in a visit's first runs: they stay in the open page, and weigh 156 kB."""
    given = st.session_state.get(_GIVEN, 0)
    st.session_state[_GIVEN] = given + 1
    if given < _RUNS:
        st.html(_script(), unsafe_allow_javascript=True)


@cache
def _script() -> str:
    """A script that adds each face once, however often it runs."""
    faces = []
    for family, style, weight, file in FACES:
        data = base64.b64encode((FOLDER / file).read_bytes()).decode()
        faces.append(
            f'new FontFace("{family}", "url(data:font/woff2;base64,{data})",'
            f' {{style: "{style}", weight: "{weight}", display: "swap"}})'
        )
    return (
        "<script>if (!window.bookFaces) { window.bookFaces = ["
        + ", ".join(faces)
        + "]; for (const face of window.bookFaces) document.fonts.add(face); }</script>"
    )
