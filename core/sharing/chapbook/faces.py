"""The book's typefaces as CSS, for pages that carry them along; their licences lie beside them."""

import base64
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / "ui" / "fonts"
# Without weights along an axis, as TrueType: what a typesetter of PDF reads. Made by tests/make_faces.py.
STATIC = FOLDER / "static"
# family, style, weights, file: the names are those in config.toml.
FACES = [
    ("Literata", "normal", "400 700", "literata.woff2"),
    ("Literata", "italic", "400 700", "literata-italic.woff2"),
    ("Literata Display", "normal", "500 700", "literata-display.woff2"),
    ("Figtree", "normal", "400 700", "figtree.woff2"),
]


def address(file: str) -> str:
    """Answers a typeface as an address that holds all of it."""
    return f"data:font/woff2;base64,{base64.b64encode((FOLDER / file).read_bytes()).decode()}"


@cache
def style() -> str:
    """Answers the rules that bring them all (155 kB)."""
    return "".join(
        f'@font-face {{ font-family: "{family}"; font-style: {style}; font-weight: {weight}; font-display: swap; '
        f'src: url({address(file)}) format("woff2"); }}'
        for family, style, weight, file in FACES
    )
