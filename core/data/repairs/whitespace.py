"""Spaces, line ends and invisible characters, put in order."""

import re
import unicodedata

_INNER = re.compile(r"(?<=\S)[ \t]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_JOINERS = "\u200d\u200c"  # they hold an emoji of several, or letters of some scripts, together


def tidy_spaces(text: str) -> str:
    """Answers `text` in NFC, without control characters, trailing spaces or more than one blank line in a row.

    Spaces at the start of a line stay: in a poem they mean something.
    """
    if _is_tidy(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if not text.replace("\n", "").isprintable():  # most texts are, and looking at each character is slow
        text = "".join(c for c in text if c in "\n\t" or c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf"))
    text = unicodedata.normalize("NFC", text)  # last: what went may have stood between a letter and its accent
    lines = [_INNER.sub(" ", line).rstrip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n").rstrip()


def _is_tidy(text: str) -> bool:
    # What is printable has no tab, no control character, and no space but the plain one.
    return (
        "  " not in text
        and " \n" not in text
        and "\n\n\n" not in text
        and not text.startswith("\n")
        and not text.endswith((" ", "\n"))
        and (text.isprintable() or text.replace("\n", "").isprintable())
        and unicodedata.is_normalized("NFC", text)
    )
