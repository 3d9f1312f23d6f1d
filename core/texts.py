"""Every visible word: read from `pages/texts/<language>/<name>.md`, filled with facts, never written in Python.

A file is a list of blocks. `## key` opens a block, the next line is its label, and what follows, after a
blank line, is its body. `{fact}` stands for a fact; anything else between braces is left as it is.
Spanish is the reference; a test holds that both languages have the same keys and placeholders.
"""

import datetime
import math
import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from core.errors import LessonError

LANGUAGES = ("es", "en")
FOLDER = Path(__file__).parent.parent / "pages" / "texts"
LOCALES = {"es": "es_AR", "en": "en_GB"}
_PERCENT = {"es": "\u00a0%", "en": "%"}
_MOMENT = {"es": "d/M/yy, HH:mm", "en": "short"}  # es_AR's own short form says «2:05 p. m.»
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_PLURAL = re.compile(r"\{(\w+)\|([^{}|]*)\|([^{}|]*)\}")  # the one for 1, and the one for any other number
_MARKS = "\\`*_{}[]<>|#$~"  # of Markdown and HTML


@dataclass(frozen=True)
class Block:
    """A label (one line) and a body (Markdown, possibly empty)."""

    label: str
    body: str


@dataclass(frozen=True)
class Words:
    """The blocks of one or more files in one language; the later files win."""

    language: str
    blocks: dict[str, Block]

    def __call__(self, key: str, **facts: object) -> str:
        """Answers the label of `key`, filled."""
        return fill(self.blocks[key].label, self.language, facts)

    def body(self, key: str, **facts: object) -> str:
        """Answers the body of `key`, filled; empty where the block has none."""
        return fill(self.blocks[key].body, self.language, facts)

    def __contains__(self, key: str) -> bool:
        return key in self.blocks


@dataclass(frozen=True)
class Explanation:
    """A LessonError in words: what happened, what we found, what to do now."""

    happened: str
    found: str
    advice: str

    def __str__(self) -> str:
        return f"{self.happened} {self.found} {self.advice}"


def words(language: str, *names: str) -> Words:
    """Answers the blocks of the files `names`, in `language`."""
    blocks: dict[str, Block] = {}
    for name in names:
        path = FOLDER / language / f"{name}.md"
        blocks |= _read(path, path.stat().st_mtime_ns)
    return Words(language, blocks)


@lru_cache(maxsize=128)
def _read(path: Path, modified: int) -> dict[str, Block]:
    """Reads one file; `modified` is part of the cache's key, so that an edited text is seen at once."""
    blocks = {}
    for part in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        key, _, rest = part.partition("\n")
        label, _, body = rest.strip().partition("\n")
        blocks[key.strip()] = Block(label.strip(), body.strip())
    return blocks


def placeholders(text: str) -> set[str]:
    """Answers the names of the facts that `text` asks for."""
    return set(_PLACEHOLDER.findall(text)) | {name for name, _, _ in _PLURAL.findall(text)}


def fill(text: str, language: str, facts: dict[str, object]) -> str:
    """Puts `facts` into `text`, numbers written as `language` writes them; `{rows|row|rows}` agrees with its number."""
    text = _PLURAL.sub(lambda match: match[2 if facts.get(match[1]) == 1 else 3], text)
    return _PLACEHOLDER.sub(lambda match: _say(facts[match[1]], language) if match[1] in facts else match[0], text)


def _say(value: object, language: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return number(value, language)


def number(value: float, language: str, digits: int | None = None) -> str:
    """Writes a number as `language` does (1.234,5 or 1,234.5).

    `digits` after the point; None gives as many as its size asks for, and no zeros at the end.
    """
    from babel.numbers import format_decimal

    if not math.isfinite(value):
        return "∞" if value > 0 else "—"
    if digits is None:
        size = abs(value)
        shown = 0 if size >= 100 or size == 0 else 2 - math.floor(math.log10(size))
        pattern = "#,##0." + "#" * shown
    else:
        pattern = "#,##0." + "0" * digits
    return format_decimal(value, format=pattern.rstrip("."), locale=LOCALES[language])


def system_language() -> str:
    """Answers the language she asked for in LLMS_LANGUAGE, else her system's; Spanish if in doubt."""
    names = ("LLMS_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "en" if said.lower().startswith("en") else "es"


def percent(share: float, language: str, digits: int = 0) -> str:
    """Writes a share (0 to 1) in per cent."""
    from babel.numbers import format_percent

    return format_percent(
        share,
        format="#,##0" + ("." + "0" * digits if digits else "") + _PERCENT[language],
        locale=LOCALES[language],
    )


def percents(values: Sequence[int], language: str) -> str:
    """Writes several whole percentages as a person lists them: «50, 90 y 99 %»."""
    from babel.lists import format_list

    return format_list([str(value) for value in values], locale=LOCALES[language]) + _PERCENT[language]


def size(megabytes: float, language: str) -> str:
    """Writes a size with its unit: whole megabytes (10⁶ bytes), and gigabytes from a thousand of those on."""
    if megabytes < 1000:
        return f"{number(max(1, round(megabytes)), language)}\u00a0MB"
    return f"{number(megabytes / 1000, language, 1)}\u00a0GB"


def moment(seconds: float, language: str) -> str:
    """Writes when something was, in short and by the clock of 24 hours; `seconds` since 1970, told in local time."""
    from babel.dates import format_datetime

    when = datetime.datetime.fromtimestamp(seconds).astimezone()
    return format_datetime(when, _MOMENT[language], locale=LOCALES[language])


def day(seconds: float, language: str) -> str:
    """Writes the day of a moment as a person says it («12 de diciembre»); `seconds` since 1970, in local time."""
    from babel.dates import format_skeleton

    when = datetime.datetime.fromtimestamp(seconds).astimezone()
    return format_skeleton("MMMMd", when, locale=LOCALES[language])


def duration(seconds: float, language: str) -> str:
    """Writes a time as a person says it: seconds under two minutes, then minutes, then hours."""
    from babel.units import format_unit

    unit, value = ("second", seconds) if seconds < 120 else ("minute", seconds / 60)
    if seconds >= 7200:
        unit, value = "hour", seconds / 3600
    rounded = max(1, round(value)) if unit != "hour" else round(value, 1)
    return format_unit(rounded, f"duration-{unit}", locale=LOCALES[language])


def explain(error: LessonError, language: str) -> Explanation:
    """Puts a LessonError into words, in three parts."""
    errors = words(language, "errors")
    found, _, advice = errors.body(error.code, **error.facts).partition("\n\n")
    return Explanation(errors(error.code, **error.facts), found.strip(), advice.strip())


def escaped(text: str) -> str:
    """Answers `text` with what Markdown and HTML would take for markup told to be taken as it is."""
    return "".join(f"\\{letter}" if letter in _MARKS else letter for letter in text)


def unaccented(text: str) -> str:
    """Answers `text` in lower case and without accents: «Época» and «epoca» are looked up alike."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
