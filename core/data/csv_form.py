"""How a CSV is written: its delimiter, what stands above the table, and whether the first row names the columns."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from core.data.columns import USUAL_NAMES
from core.data.decode import LONGEST_CELL, Encoding, lines, open_text
from core.data.table import MOST_COLUMNS
from core.errors import LessonError
from core.texts import unaccented

NO_DELIMITER = "\x1f"  # stands in no text, so that commas stay where there is one column only
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 200
_LONG_NAME = 60  # characters: no column is called like this, so it is a text
_USUAL_NAME = 40  # characters, enough for most columns: where it is a question whether these are names
_WORDS_OF_A_TEXT = 4  # in a first row that might be a header: «texto del poema» has three
_TITLE_LINES = 10  # above a header: more of them are texts
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_KNOWN = USUAL_NAMES | {"id", "autor", "autora", "author", "nombre", "name", "fecha", "date", "libro", "book"}


@dataclass(frozen=True)
class Form:
    """How the file is written: its encoding and delimiter, lines to skip and how many are titles, its first row."""

    encoding: Encoding
    delimiter: str
    skipped: int
    titles: int
    first: tuple[str, ...]
    headed: bool


def find_form(path: Path, encoding: Encoding) -> Form:
    """Raises LessonError `empty_file`, `too_many_columns`, `text_too_long`."""
    with open_text(path, encoding) as file:
        sample = list(islice(lines(file, path.name), _SAMPLE_ROWS))
    skipped = titles = 0
    told = ""
    if sample and sample[0].strip().lower().startswith("sep=") and len(sample[0].strip()) == 5:  # Excel writes this
        told, skipped, sample = sample[0].strip()[4], 1, sample[1:]
    if not any(line.strip() for line in sample):
        raise LessonError("empty_file", name=path.name)
    _allow_long_cells()
    if not told:
        titles, above = _find_titles(sample)
        skipped, sample = above, sample[above:]
    delimiter = told or find_delimiter(sample)
    try:
        rows = _first_rows(sample, delimiter)
    except csv.Error as error:
        raise too_long(path.name) from error
    if len(rows[0]) > MOST_COLUMNS:
        raise LessonError("too_many_columns", name=path.name, columns=len(rows[0]), most=MOST_COLUMNS)
    return Form(encoding, delimiter, skipped, titles, tuple(rows[0]), _is_header(rows[0], rows[1:]))


def _find_titles(sample: Sequence[str]) -> tuple[int, int]:
    """Answers how many rows of titles or comments stand above a table, and in how many lines; 0 where none do.

    They have one cell, or begin with «# ». Below them is a row of names and then others, nearly all as wide as it.
    """
    for delimiter in _DELIMITERS:
        reader = csv.reader(iter(sample), delimiter=delimiter)
        try:
            placed = [(row, reader.line_num) for row in reader if row]
        except csv.Error:
            continue
        titles = list(takewhile(lambda one: _is_title(one[0]), placed))
        below = [row for row, _ in placed[len(titles) :]]
        if not titles or titles[-1][1] > _TITLE_LINES or len(below) < 2:
            continue
        alike = sum(len(row) == len(below[0]) for row in below) / len(below)
        if alike >= 0.9 and all(_is_name(cell) for cell in below[0]):
            return sum(any(map(str.strip, row)) for row, _ in titles), titles[-1][1]
    return 0, 0


def _is_title(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell.strip()]
    return row[0].startswith("# ") or (len(filled) <= 1 and not any(unaccented(cell.strip()) in _KNOWN for cell in row))


def _is_name(cell: str) -> bool:
    """Says whether a cell surely is a column's name: the space after a sentence's comma, say, tells that it is none."""
    odd = any(mark in cell for mark in _DELIMITERS) or _NUMBER.fullmatch(cell) or cell[:1].isspace()
    return bool(cell) and not odd and _may_be_name(cell)


def _may_be_name(cell: str) -> bool:
    return len(cell) <= _USUAL_NAME and not cell.rstrip().endswith((".", "?", "!"))


def find_delimiter(sample: Sequence[str]) -> str:
    """Answers the delimiter that divides the first lines most alike; one that no text has where there is one column."""
    best, most = NO_DELIMITER, 0.0
    for delimiter in _DELIMITERS:
        try:
            rows = _first_rows(sample, delimiter)
        except csv.Error:
            continue
        columns = len(rows[0]) if rows else 0
        if columns < 2 or _is_sentence(sample, delimiter):
            continue
        alike = sum(len(row) == columns for row in rows) / len(rows)
        header = all(map(_may_be_name, rows[0]))
        if (header or alike >= 0.9) and (alike, columns) > (most, 0):
            best, most = delimiter, alike
    return best


def _is_sentence(sample: Sequence[str], delimiter: str) -> bool:
    """Says whether the delimiter only punctuates the first line: a space follows it each time, between many words."""
    first = next(line for line in sample if line.strip())
    parts = first.split(delimiter)
    return delimiter in ",;" and all(part[:1].isspace() for part in parts[1:]) and _reads_as_text(parts)


def _reads_as_text(cells: Sequence[str]) -> bool:
    """Says whether there are many words and no cell begins as columns are called."""
    words = [cell.split() for cell in cells]
    named = any(unaccented(part[0].strip(".,:\"'«“#")) in _KNOWN for part in words if part)
    return sum(map(len, words)) >= _WORDS_OF_A_TEXT and not named


def _is_header(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Says whether the first row names the columns, which it is trusted to do unless it surely does not.

    Nobody calls a column by a long text or, where it is the only one, by many words; and a number above numbers is
    one of them, but for a year above amounts.
    """
    if any(len(cell) > _LONG_NAME or "\n" in cell.strip() for cell in first):
        return False
    if len(first) == 1:
        return first[0].rstrip().endswith((":", "?")) or not _reads_as_text(first)
    if any(unaccented(cell.strip()) in _KNOWN for cell in first):
        return True
    for place, cell in enumerate(first):
        under = [row[place].strip() for row in below if len(row) > place and row[place].strip()]
        if under and all(map(_NUMBER.fullmatch, [cell.strip(), *under])):
            return len(cell.strip()) == 4 > max(map(len, under))
    return True


def _first_rows(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    return [row for row in csv.reader(iter(sample), delimiter=delimiter, skipinitialspace=True) if row]


def _allow_long_cells() -> None:
    if csv.field_size_limit() != LONGEST_CELL:
        csv.field_size_limit(LONGEST_CELL)


def too_long(name: str) -> LessonError:
    return LessonError("text_too_long", name=name, characters=LONGEST_CELL, most=LONGEST_CELL)
