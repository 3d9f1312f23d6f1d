"""What a chapbook is made of, for whoever sets it: plain text and numbers, nothing of which is ever markup."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

# Zero width, and yet seen: they join or part letters and emoji, or say where a word may break.
_KEPT = "\u200c\u200d\u00ad"
_VERSE, _LONGEST = 60, 240  # characters: the middle line of verse at most, and the longest that any may have


@dataclass(frozen=True)
class Line:
    """A line of a text. `given` was given to the model, `written` was written by it; `indent` counts spaces before.

    `rtl`: it is read from the right.
    """

    given: str = ""
    written: str = ""
    indent: int = 0
    rtl: bool = False


@dataclass(frozen=True)
class Text:
    """A text as stanzas (or paragraphs) of lines, under its `label`. In verse every line stands by itself.

    `language` is the text's own, in which it is parted at a line's end; the label is in the book's.
    """

    label: str
    stanzas: list[list[Line]]
    is_verse: bool
    language: str


@dataclass(frozen=True)
class Paragraph:
    text: str
    quiet: bool = False


@dataclass(frozen=True)
class Listed:
    lines: list[str]


@dataclass(frozen=True)
class Passage:
    """Texts that belong together, such as a before and an after."""

    number: str
    texts: list[Text]


@dataclass(frozen=True)
class Quote:
    """Her own words."""

    text: Text


@dataclass(frozen=True)
class Bar:
    """A value with the ends of its interval, and how it is said; None where it has none."""

    name: str
    value: float
    low: float | None
    high: float | None
    said: str
    is_hers: bool


@dataclass(frozen=True)
class Bars:
    """Bars from zero; the longest of all takes the whole width."""

    title: str
    bars: list[Bar]
    note: str


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG, what it shows for who cannot see it, and what it means."""

    svg: str
    alt: str
    caption: str


Block = Paragraph | Listed | Passage | Quote | Bars | Picture


@dataclass(frozen=True)
class Part:
    key: str
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Book:
    """A whole chapbook. The colophon is its last part."""

    language: str
    title: str
    subtitle: str
    author: str
    dedication: list[str]
    date: str
    made: float
    parts: list[Part]


def plain(text: str) -> str:
    """Answers `text` without what has no width or turns the reading round; every letter of it stays."""
    gone = ("Cc", "Cf", "Cs")
    return "".join(c for c in text if c in _KEPT or c == "\n" or unicodedata.category(c) not in gone)


def line_of(text: str) -> str:
    """Answers `text` in one line."""
    return plain(" ".join(text.split()))


def laid_out(label: str, given: str, written: str, language: str) -> Text:
    """Lays out a text as its lines, a blank one between stanzas; each knows what of it was given and what written."""
    whole = given + written
    stanzas: list[list[Line]] = [[]]
    at = 0
    for raw in whole.splitlines(keepends=True):
        mine = len(raw) if at + len(raw) <= len(given) else max(0, len(given) - at)
        line = _line(raw[:mine], raw[mine:])
        at += len(raw)
        if line.given or line.written:
            stanzas[-1].append(line)
        elif stanzas[-1]:
            stanzas.append([])
    found = [stanza for stanza in stanzas if stanza]
    return Text(label, found, is_verse([line.given + line.written for stanza in found for line in stanza]), language)


def is_verse(lines: Sequence[str]) -> bool:
    """Says whether lines are verse: short by themselves, and not because a margin made them so."""
    sizes = sorted(map(len, lines))
    return bool(sizes) and sizes[len(sizes) // 2] <= _VERSE and sizes[-1] <= _LONGEST


def _line(given: str, written: str) -> Line:
    given, written = (
        plain(part.expandtabs(4).rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")) for part in (given, written)
    )
    whole = given + written
    indent = len(whole) - len(whole.lstrip())
    if given.strip():
        given = given.lstrip()
    else:
        given, written = "", written.lstrip()
    return Line(given, written.rstrip(), indent, _from_the_right(whole))


def _from_the_right(text: str) -> bool:
    strong = next((kind for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL")), "L")
    return strong != "L"
