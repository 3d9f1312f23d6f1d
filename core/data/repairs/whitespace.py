"""Spaces, line ends and invisible characters, put in order."""

import re
import unicodedata

_INNER = re.compile(r"(?<=\S)[ \t]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# Every other character that ends a line: of old files, of Word (a line's end within a paragraph), of Unicode.
_BREAKS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# A black flag and the invisible letters that make it England's, Scotland's or Wales's.
_FLAG = re.compile("(\U0001f3f4[\U000e0020-\U000e007f]+)")
_JOINERS = "\u200d\u200c"  # they hold an emoji of several, or letters of some scripts, together


def tidy_spaces(text: str) -> str:
    """Answers `text` in NFC, without control characters, trailing spaces or more than one blank line in a row.

    Spaces at the start of a line stay: in a poem they mean something.
    """
    if _is_tidy(text):
        return text
    text = _BREAKS.sub("\n", text).replace("\u00a0", " ")
    if not text.replace("\n", "").isprintable():  # most texts are, and looking at each character is slow
        parts = _FLAG.split(text)  # every second one is a flag
        text = "".join(part if place % 2 else _visible(part) for place, part in enumerate(parts))
    text = unicodedata.normalize("NFC", text)  # last: what went may have stood between a letter and its accent
    lines = [_INNER.sub(" ", line).rstrip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n").rstrip()


def _visible(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf"))


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
