"""The chapbook as PDF: A5, tagged, with its typefaces in it, set by Typst.

The book reaches the typesetter as data, and `book.typ` shows each text of it as it stands: nothing in it is ever code.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import texts
from core.sharing.chapbook.blocks import Block, Book
from core.sharing.chapbook.faces import STATIC

if TYPE_CHECKING:
    import typst
    from PIL.Image import Image

TEMPLATE = Path(__file__).parent / "book.typ"
_LONGEST = re.compile(r"\S{24}(?=\S{8})")  # what has no break for so long may be parted there: it would leave the page
# What Typst says of signs that no typeface here has, once for each: an accessible PDF (PDF/UA) makes it look.
_MISSING = re.compile(r'text `"((?:[^"\\]|\\.)*)"` could not be displayed|disallowed codepoint `"((?:[^"\\]|\\.)*)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_BREAK = "\u200b"
_INVISIBLE = ("Cf", "Mn", "Cc")


def make(book: Book) -> bytes:
    """Sets the book. A sign that neither our typefaces nor this computer's have stands by its number, and that is said.

    Typst's own errors are a bug of ours.
    """
    import typst

    missing: set[str] = set()
    while True:
        try:
            return _compiled(_as_data(book, missing), int(book.made))
        except typst.TypstError as error:
            more = _signs(error.diagnostic)
            if more <= missing:
                raise
            missing |= more


def count(content: bytes) -> int:
    """Answers how many pages a PDF has."""
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:
        return len(document)


def picture(content: bytes, place: int, wide: int) -> "Image":
    """Answers a page, by its place from 0, so many pixels wide."""
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:
        page = document[place]
        return page.render(scale=wide / page.get_width()).to_pil()


def _compiled(data: dict, made: int) -> bytes:
    """Sets `data` with our typefaces, Typst's own and this computer's; no package is here, and none is asked for."""
    import typst

    return typst.compile(
        str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=_faces(), package_path=str(STATIC),
        package_cache_path=str(STATIC), sys_inputs={"book": json.dumps(data)}, format="pdf", pdf_standards="ua-1",
        timestamp=made,
    )  # fmt: skip


@cache
def _faces() -> "typst.Fonts":
    import typst

    return typst.Fonts(font_paths=[str(STATIC)])


def _signs(diagnostic: str) -> set[str]:
    """Answers the signs that an error says cannot be displayed; those that we know are in our typefaces are not."""
    said = ("".join(found) for found in _MISSING.findall(diagnostic))
    plain = (_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) for text in said)
    return {sign for text in plain for sign in text if ord(sign) > 0xFF}


def _as_data(book: Book, missing: set[str]) -> dict:
    """Answers the book as JSON's types: each block with its `kind`, no sign that is `missing`, and how many were."""
    words = texts.words(book.language, "chapbook")
    seen: set[str] = set()
    data = asdict(book)
    for part, made in zip(book.parts, data["parts"], strict=True):
        made["blocks"] = [_block(one) for one in part.blocks]
    data = _mapped(data, lambda text: _shown(text, missing, seen))
    told = words("colophon.signs", count=len(seen)) if seen else ""
    return data | {"signs": told}


def _block(block: Block) -> dict:
    return {"kind": type(block).__name__, **asdict(block)}


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(one, change) for key, one in value.items()}
    return [_mapped(one, change) for one in value] if isinstance(value, list | tuple) else value


def _shown(text: str, missing: set[str], seen: set[str]) -> str:
    """Answers `text` with what is missing by its number, which is noted in `seen`; what has no width just goes."""
    if text.startswith("<svg "):
        return text
    shown = []
    for sign in text:
        if sign not in missing:
            shown.append(sign)
        elif unicodedata.category(sign) not in _INVISIBLE:
            seen.add(sign)
            shown.append(f"[U+{ord(sign):04X}]")
    return _LONGEST.sub(lambda match: match[0] + _BREAK, "".join(shown))
