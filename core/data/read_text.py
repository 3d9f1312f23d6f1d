"""Running text: TXT, Markdown, documents, PDF. Where one text ends is seen, told, and hers to change."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from core.data.decode import find_encoding, open_text
from core.data.decode import lines as file_lines
from core.data.table import Note, Options, Progress, Table
from core.errors import LessonError

_SEPARATOR = re.compile(r"[ \t]*([*\-_~=#•·+])(?:[ \t]*\1){2,}[ \t]*")  # ***, ---, * * *
# What Markdown has between two rules at its top: lines of `key: value`, one at least, lists, comments, indented ones.
# No line fits two of the choices and `*+` gives none back: a poem in that place is told from it in one pass.
_KEY = r"[\w-]+:(?:[ \t].*)?\n"
_FRONT_MATTER = re.compile(
    rf"\A---[ \t]*\n(?:#.*\n|[ \t]*\n)*+{_KEY}(?:{_KEY}|- .*\n|#.*\n|[ \t]+\S.*\n|[ \t]*\n)*+---[ \t]*(?:\n|\Z)"
)
_FENCE = re.compile(r"[ \t]*`{3,}[^`]*")  # opens or closes a block of code
_MARKED = re.compile(r"#{1,6}[ \t]+\S.*")
_CHAPTER = re.compile(
    r"(?:cap[ií]tulo|chapter|canto|parte|part|libro|book|acto|act)\s+[\divxlc]+\b.{0,60}", re.IGNORECASE
)
_ROMAN = re.compile(r"[IVXLC]{1,7}\.?")
_ENOUGH = 2  # separators or headings: one may be there by chance
_LONGEST_HEADING = 80


def read_text(path: Path, options: Options, progress: Progress) -> Table:
    """Reads a file of running text; see `divide`. Raises LessonError `empty_file` and what `find_encoding` says."""
    encoding = find_encoding(path)
    with open_text(path, encoding, newline=None) as file:
        text = "".join(file_lines(file, path.name))
    progress(0.5)
    if not text.strip():
        raise LessonError("empty_file", name=path.name)
    notes = list(encoding.notes)
    if path.suffix.lower() in (".md", ".markdown") and _FRONT_MATTER.match(text):
        text = _FRONT_MATTER.sub("", text, count=1)
        notes.append(Note("front_matter"))
    table = divide(text, options)
    return Table(table.data, (*notes, *table.notes), table.offers, table.taken)


def divide(text: str, options: Options, pages: Sequence[str] = ()) -> Table:
    """Divides running text as `options.pieces` says; without that, in the way that fits it.

    `offers["pieces"]` has how many texts each way would give. Verses keep their breaks and indents. Where blank
    lines come single (between stanzas) and in runs (between poems), `blank_line` divides at the runs. `pages` are
    the text's own, where it has any: without them, what form feeds divide.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    sheets = pages or text.split("\f")
    text = text.replace("\f", "\n\n")
    apart = _runs_divide(text)
    separator = options.separator.strip()
    lines = text.split("\n")
    fenced = _fenced(lines)
    underlined = _underlined(lines, fenced)
    headings = _headings(lines, fenced, underlined)
    rules = {place + 1 for place in underlined}
    ways: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "blank_line": lambda: _untitled(re.split(r"\n(?:[ \t]*\n){2,}" if apart else r"\n(?:[ \t]*\n)+", text)),
        "line": lambda: _untitled(lines),
        "heading": lambda: _by_heading(lines, headings, rules),
        "separator": lambda: _untitled(_by_separator(lines, separator, fenced | rules)),
        "page": lambda: _untitled(list(sheets)),
        "whole": lambda: _untitled([text]),
    }
    pieces = {way: cut() for way, cut in ways.items()}
    counts = {way: len(found) for way, found in pieces.items()}
    if not headings:
        counts["heading"] = 0
    for way in ("separator", "page"):
        if counts[way] < _ENOUGH:
            counts[way] = 0
    chosen = options.pieces or _fitting(pieces, counts, is_apart=bool(pages) and _none_goes_on(text, pages))
    titled = any(title for title, _ in pieces[chosen])
    columns = {"title": [title for title, _ in pieces[chosen]]} if titled else {}
    columns["text"] = [piece for _, piece in pieces[chosen]]
    data = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    notes = [Note("runs_divide")] if apart and chosen == "blank_line" else []
    notes += [Note("titles_apart")] if titled else []
    return Table(data, tuple(notes), {"pieces": counts}, Options(pieces=chosen, separator=separator))


def _none_goes_on(text: str, pages: Sequence[str]) -> bool:
    """Says whether no paragraph begins on one page and ends on another."""
    return text.strip() == "\n\n".join(page.strip() for page in pages)


def _fitting(pieces: dict[str, list[tuple[str, str]]], counts: dict[str, int], is_apart: bool) -> str:
    if counts["separator"] > _ENOUGH:
        return "separator"
    titled = sum(len(piece) for title, piece in pieces["heading"] if title)
    if counts["heading"] > _ENOUGH and titled > 0.6 * sum(len(piece) for _, piece in pieces["heading"]):
        return "heading"
    if is_apart and counts["page"] > _ENOUGH:
        return "page"
    return "blank_line" if counts["blank_line"] > 1 or counts["line"] <= 1 else "line"


def _untitled(pieces: list[str]) -> list[tuple[str, str]]:
    return [("", piece.strip("\n").rstrip()) for piece in pieces if piece.strip()]


def _runs_divide(text: str) -> bool:
    """Says whether single blank lines stand inside texts and runs of them between: both are there more than once."""
    runs = [found.count("\n") - 1 for found in re.findall(r"(?<=\S)[ \t]*\n(?:[ \t]*\n)+(?=[ \t]*\S)", text)]
    return sum(run >= 2 for run in runs) >= _ENOUGH and sum(run == 1 for run in runs) >= _ENOUGH


def _fenced(lines: list[str]) -> set[int]:
    """Answers the places of the lines in Markdown's blocks of code, where a `#` begins a comment."""
    fences = [place for place, line in enumerate(lines) if _FENCE.fullmatch(line)]
    pairs = zip(fences[::2], fences[1::2], strict=False)  # a last one that nothing closes opens nothing
    return {place for opened, closed in pairs for place in range(opened, closed + 1)}


def _underlined(lines: list[str], fenced: set[int]) -> set[int]:
    """Answers the places of titles that have a rule of `=` or `-` right under them.

    A title is a short line after a blank one. Where as many rules stand under the last line of a text, they separate.
    """
    found: set[int] = set()
    for mark in "=-":
        rules = [place for place, line in enumerate(lines) if re.fullmatch(rf"{mark}{{3,}}[ \t]*", line)]
        over = [place - 1 for place in rules if place and lines[place - 1].strip() and place not in fenced]
        titles = {
            place
            for place in over
            if len(lines[place].strip()) <= _LONGEST_HEADING and not (place and lines[place - 1].strip())
        }
        if 2 * len(titles) > len(over):
            found |= titles
    return found


def _headings(lines: list[str], fenced: set[int], underlined: set[int]) -> set[int]:
    """Answers the places of the headings: those marked as such or, where none is, what looks like one."""
    free = [place for place in range(len(lines)) if place not in fenced]
    marked = underlined | {place for place in free if _MARKED.fullmatch(lines[place])}
    return marked or {place for place in free if _is_heading(lines[place])}


def _by_separator(lines: list[str], separator: str, kept: set[int]) -> list[str]:
    """Divides at each line that is `separator` or, without one, at each rule but those in the places `kept`."""
    pieces: list[list[str]] = [[]]
    for place, line in enumerate(lines):
        if line.strip() == separator if separator else _SEPARATOR.fullmatch(line) and place not in kept:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return ["\n".join(piece) for piece in pieces]


def _by_heading(lines: list[str], headings: set[int], rules: set[int]) -> list[tuple[str, str]]:
    """Answers each piece with its heading; what stands before the first one has none. A bare heading goes on.

    The rules under headings belong to no piece.
    """
    pieces: list[tuple[str, list[str]]] = [("", [])]
    for place, line in enumerate(lines):
        if place in headings:
            title = line.lstrip("#").strip()
            if pieces[-1][0] and not any(held.strip() for held in pieces[-1][1]):
                pieces[-1] = (f"{pieces[-1][0]} · {title}", [])
            else:
                pieces.append((title, []))
        elif place not in rules:
            pieces[-1][1].append(line)
    found = [(title, "\n".join(held).strip("\n").rstrip()) for title, held in pieces]
    return [(title, piece) if piece else ("", title) for title, piece in found if piece or title]


def _is_heading(line: str) -> bool:
    line = line.strip()
    if not line or len(line) > _LONGEST_HEADING:
        return False
    if _CHAPTER.fullmatch(line) or _ROMAN.fullmatch(line):
        return True
    letters = [letter for letter in line if letter.isalpha()]
    return len(letters) >= 3 and line.upper() == line and line.lower() != line
