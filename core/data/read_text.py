"""Running text: TXT, Markdown, documents, PDF. Where one text ends is seen, told, and hers to change."""

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from core.data.decode import find_encoding, lines, open_text
from core.data.table import Note, Options, Progress, Table
from core.errors import LessonError

_SEPARATOR = re.compile(r"[ \t]*([*\-_~=#•·+])(?:[ \t]*\1){2,}[ \t]*")  # ***, ---, * * *
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:[\w-]+:.*\n|[ \t]+.*\n|[ \t]*\n)+---[ \t]*(?:\n|\Z)")
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
        text = "".join(lines(file, path.name))
    progress(0.5)
    if not text.strip():
        raise LessonError("empty_file", name=path.name)
    notes = list(encoding.notes)
    if path.suffix.lower() in (".md", ".markdown") and _FRONT_MATTER.match(text):
        text = _FRONT_MATTER.sub("", text, count=1)
        notes.append(Note("front_matter"))
    table = divide(text, options)
    return Table(table.data, (*notes, *table.notes), table.offers, table.taken)


def divide(text: str, options: Options) -> Table:
    """Divides running text as `options.pieces` says; without that, in the way that fits it.

    `offers["pieces"]` has how many texts each way would give. Verses keep their breaks and indents. Where blank
    lines come single (between stanzas) and in runs (between poems), `blank_line` divides at the runs.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")
    apart = _runs_divide(text)
    separator = options.separator.strip()
    ways: dict[str, Callable[[], list[tuple[str, str]]]] = {
        "blank_line": lambda: _untitled(re.split(r"\n(?:[ \t]*\n){2,}" if apart else r"\n(?:[ \t]*\n)+", text)),
        "line": lambda: _untitled(text.split("\n")),
        "heading": lambda: _by_heading(text),
        "separator": lambda: _untitled(_by_separator(text, separator)),
        "whole": lambda: _untitled([text]),
    }
    pieces = {way: cut() for way, cut in ways.items()}
    counts = {way: len(found) for way, found in pieces.items()}
    if not any(_is_heading(line) for line in text.split("\n")):
        counts["heading"] = 0
    if counts["separator"] < _ENOUGH:
        counts["separator"] = 0
    chosen = options.pieces or _fitting(pieces, counts)
    titled = any(title for title, _ in pieces[chosen])
    columns = {"title": [title for title, _ in pieces[chosen]]} if titled else {}
    columns["text"] = [piece for _, piece in pieces[chosen]]
    data = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    notes = (Note("runs_divide"),) if apart and chosen == "blank_line" else ()
    return Table(data, notes, {"pieces": counts}, Options(pieces=chosen, separator=separator))


def _fitting(pieces: dict[str, list[tuple[str, str]]], counts: dict[str, int]) -> str:
    if counts["separator"] > _ENOUGH:
        return "separator"
    titled = sum(len(piece) for title, piece in pieces["heading"] if title)
    if counts["heading"] > _ENOUGH and titled > 0.6 * sum(len(piece) for _, piece in pieces["heading"]):
        return "heading"
    return "blank_line" if counts["blank_line"] > 1 or counts["line"] <= 1 else "line"


def _untitled(pieces: list[str]) -> list[tuple[str, str]]:
    return [("", piece.strip("\n").rstrip()) for piece in pieces if piece.strip()]


def _runs_divide(text: str) -> bool:
    """Says whether single blank lines stand inside texts and runs of them between: both are there more than once."""
    runs = [found.count("\n") - 1 for found in re.findall(r"(?<=\S)[ \t]*\n(?:[ \t]*\n)+(?=[ \t]*\S)", text)]
    return sum(run >= 2 for run in runs) >= _ENOUGH and sum(run == 1 for run in runs) >= _ENOUGH


def _by_separator(text: str, separator: str) -> list[str]:
    pieces: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip() == separator if separator else _SEPARATOR.fullmatch(line):
            pieces.append([])
        else:
            pieces[-1].append(line)
    return ["\n".join(piece) for piece in pieces]


def _by_heading(text: str) -> list[tuple[str, str]]:
    """Answers each piece with its heading; what stands before the first one has none. A bare heading goes on."""
    marked = any(_MARKED.fullmatch(line) for line in text.split("\n"))
    pieces: list[tuple[str, list[str]]] = [("", [])]
    for line in text.split("\n"):
        if _MARKED.fullmatch(line) if marked else _is_heading(line):
            title = line.lstrip("#").strip()
            if pieces[-1][0] and not any(held.strip() for held in pieces[-1][1]):
                pieces[-1] = (f"{pieces[-1][0]} · {title}", [])
            else:
                pieces.append((title, []))
        else:
            pieces[-1][1].append(line)
    found = [(title, "\n".join(held).strip("\n").rstrip()) for title, held in pieces]
    return [(title, piece) if piece else ("", title) for title, piece in found if piece or title]


def _is_heading(line: str) -> bool:
    line = line.strip()
    if not line or len(line) > _LONGEST_HEADING:
        return False
    if _MARKED.fullmatch(line) or _CHAPTER.fullmatch(line) or _ROMAN.fullmatch(line):
        return True
    letters = [letter for letter in line if letter.isalpha()]
    return len(letters) >= 3 and line.upper() == line and line.lower() != line
