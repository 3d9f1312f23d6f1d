"""What a file is by its content, whatever its name says: told by its first bytes and, in a packed one, by its parts."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from core.data.archive import opened
from core.errors import LessonError

ENCRYPTED = "encrypted"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {"EncryptedPackage": ENCRYPTED, "WordDocument": ".doc", "PowerPoint Document": ".ppt"}
_OLE_WORKBOOKS = {"Workbook": ".xls", "Book": ".xls"}
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_FIRST_BYTES = {b"%PDF-": ".pdf", b"{\\rtf": ".rtf", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpeg", b"\x1f\x8b": ".gzip"}
_FIRST_BYTES |= {b"II*\x00": ".tiff", b"MM\x00*": ".tiff", b"SQLite format 3\x00": ".sqlite", b"\x7fELF": ".elf"}
_FIRST_BYTES |= {b"7z\xbc\xaf\x27\x1c": ".7z", b"Rar!\x1a\x07": ".rar"}
# A text could begin so: it is one of these only where what follows is no text.
_LETTERS = {b"GIF8": ".gif", b"RIFF": "webp / wav / avi", b"ID3": ".mp3", b"PAR1": ".parquet", b"ARROW1": ".arrow"}
_TEXTS = ("", ".txt", ".html", ".xml")


def kind_of(path: Path) -> str:
    """Answers the extension that a file's content asks for.

    ENCRYPTED for an Office file with a password; `.html`, `.xml` and `.txt` are told by their first letters;
    "" where nothing is recognised.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        if start.startswith(_OLE):
            return _ole_kind(file)
    if start.startswith(_ZIPS) or (start.startswith(b"PK") and zipfile.is_zipfile(path)):
        return _zip_kind(path)
    sure = _first(_FIRST_BYTES, start)
    return sure or _text_kind(start) or _first(_LETTERS, start)


def no_text(path: Path) -> str:
    """As `kind_of`, for what is not text; "" for what is, or may be."""
    kind = kind_of(path)
    return "" if kind in _TEXTS else kind


def misnamed(path: Path, real: str) -> LessonError:
    """The error for a file whose content is of the kind `real`, which its name does not say."""
    return LessonError("misnamed_file", name=path.name, looks_like=real.lstrip(".").upper() or "?")


def _first(marks: dict[bytes, str], start: bytes) -> str:
    return next((kind for mark, kind in marks.items() if start.startswith(mark)), "")


def _ole_kind(file: IO[bytes]) -> str:
    file.seek(0)
    content = file.read(64 << 20)  # stream names stand in the directory, usually near one of the ends
    for names in (_OLE_STREAMS, _OLE_WORKBOOKS):
        for name, extension in names.items():
            if f"{name}\0".encode("utf-16-le") in content:
                return extension
    return ".doc"


def _zip_kind(path: Path) -> str:
    try:
        with opened(path) as archive:
            names = archive.NameToInfo
            declared = b""
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    declared = file.read(100)  # whatever size it says: nothing here has been checked
    except LessonError:
        return ".zip"
    names_lower = {name.lower().replace("\\", "/") for name in names}
    tests: tuple[tuple[str, Callable[[], bool]], ...] = (
        (".docx", lambda: "word/document.xml" in names_lower),
        (".xlsx", lambda: "xl/workbook.xml" in names_lower),
        (".pptx", lambda: "ppt/presentation.xml" in names_lower),
        (".epub", lambda: declared.startswith(b"application/epub") or "meta-inf/container.xml" in names_lower),
        (".ods", lambda: b"opendocument.spreadsheet" in declared),
        (".odt", lambda: b"opendocument.text" in declared),
    )
    return next((extension for extension, test in tests if test()), ".zip")


def _text_kind(start: bytes) -> str:
    letters = start.decode("utf-16", "ignore") if start[:2] in (b"\xff\xfe", b"\xfe\xff") else start.decode("latin-1")
    if not letters.strip() or "\0" in letters or sum(letter < " " and letter not in "\t\n\r\f" for letter in letters):
        return ""
    first = letters.lstrip("\ufeffï»¿ \t\r\n").lower()
    if first.startswith(("<!doctype html", "<html", "<table", "<head", "<meta", "<body")) or "<html" in first[:1000]:
        return ".html"
    return ".xml" if first.startswith("<?xml") else ".txt"
