"""CSV and TSV: the delimiter is found, everything is read as text, nothing is guessed to be a number or missing.

A regular file is read by pyarrow, which is as quick as it gets; whatever it or we find irregular is read again, row
by row, by Python's `csv`, which lets us keep every cell. A test holds that both give the same.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from core.data.csv_form import NO_DELIMITER, Form, find_form, too_long
from core.data.decode import Encoding, find_encoding, lines, open_text
from core.data.kind import no_text
from core.data.table import BATCH_ROWS, Note, Options, Progress, Table
from core.errors import LessonError

_HEAD = 1 << 20  # bytes whose encoding is looked at first
_BLOCK = 4 << 20  # bytes that pyarrow reads at a time; a row that does not fit goes the careful way
_ROWS_NAMED = 5  # how many row numbers a note gives


def read_csv(path: Path, options: Options, progress: Progress) -> Table:
    """Reads delimited text, with a header line or (where that is evident) without one.

    A row with too many cells keeps them joined in its last one, a row with too few gets empty ones; both are told.
    Raises LessonError `broken_csv` (line), `too_many_columns`, `text_too_long`, and what `find_encoding` says.
    """
    quick = _quick_encoding(path)
    form = find_form(path, quick or find_encoding(path))
    data, notes = _read_regular(path, form, progress), list[Note]()
    if data is None:
        form = find_form(path, find_encoding(path)) if quick else form
        data, notes = _read_any(path, form, progress)
    columns, mended = name_columns(form.first if form.headed else [""] * len(form.first))
    said = list(form.encoding.notes)
    if form.delimiter not in (",", NO_DELIMITER):
        said.append(Note("delimiter"))
    if form.titles:
        said.append(Note("title_rows", {"count": form.titles}))
    if not form.headed:
        said.append(Note("no_header"))
    elif mended:
        said.append(Note("headers", {"count": mended}))
    return Table(data.slice(1 if form.headed else 0).rename_columns(list(columns)), (*said, *notes))


def name_columns(header: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Answers the header's names without needless spaces, and how many had to be made up.

    A name that is empty, or there already, gets its place.
    """
    names: list[str] = []
    mended = 0
    for place, given in enumerate(header, start=1):
        name = " ".join(given.split())
        if not name or name in names:
            mended += 1
            name = f"{name} ({place})".strip()
        names.append(name if name not in names else f"{name} ({place})")
    return tuple(names), mended


def _quick_encoding(path: Path) -> Encoding | None:
    """Answers UTF-8 where the beginning is that and nothing is a NUL; pyarrow finds out about the rest. Else None."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            return None
        block = head
        while block:
            if b"\x00" in block:
                return None
            block = file.read(_BLOCK)
    return None if no_text(path) else Encoding("utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8")


# ---------------------------------------------------------------- the quick way


def _read_regular(path: Path, form: Form, progress: Progress) -> pa.Table | None:
    """Reads a file in which nothing is odd, its first row included; None where something is."""
    if any(note.code == "replaced_characters" for note in form.encoding.notes):
        return None
    names = [f"f{place}" for place in range(len(form.first))]
    convert = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, quoted_strings_can_be_null=False
    )
    encoding = "utf8" if form.encoding.name in ("utf-8", "utf-8-sig") else form.encoding.name
    how = pa.csv.ReadOptions(
        block_size=_BLOCK, autogenerate_column_names=True, skip_rows=form.skipped, encoding=encoding
    )
    batches, size, seen, returns = [], path.stat().st_size, 0, False
    try:
        parse = pa.csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True)
        with pa.csv.open_csv(path, how, parse, convert) as reader:
            for batch in reader:
                seen_here = [_look(column) for column in batch.columns]
                if any(odd for odd, _ in seen_here):
                    return None
                returns |= any(returned for _, returned in seen_here)
                batches.append(batch)
                seen += batch.nbytes
                progress(min(0.95, seen / size))
    except (pa.ArrowException, UnicodeError, LookupError):
        return None
    data = pa.Table.from_batches(batches)
    if data.column_names != names or _is_open(path, form, data):
        return None
    return _plain_ends(data) if returns else data


def _look(column: pa.StringArray) -> tuple[bool, bool]:
    """Says whether a cell begins with a space or has a quote in it, and whether one has a carriage return.

    A space before a quote makes the quote a letter. Looked for in the column's bytes, many times quicker than in cells.
    """
    _, offsets, data = column.buffers()
    if data is None or not data.size:
        return False, False
    content = data.to_pybytes()
    begins = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column)]
    first = np.frombuffer(content, np.uint8)[begins[begins < len(content)]]
    return bool((first == ord(" ")).any()) or b'"' in content, b"\r" in content


def _is_open(path: Path, form: Form, data: pa.Table) -> bool:
    """Says whether the last cell begins with a quote that nothing closes: pyarrow takes that without a word."""
    cells = [column[-1].as_py() for column in data.columns] if len(data) else []
    last = next((cell for cell in reversed(cells) if cell), "").rstrip("\r\n").replace('"', '""')
    if not last:
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4 * len(last) - 64))
        tail = file.read().decode(form.encoding.name, errors="replace")
    return tail.rstrip("\r\n").endswith(f'"{last}')


def _plain_ends(data: pa.Table) -> pa.Table:
    """Makes every line break inside a cell a plain one."""
    columns = []
    for column in data.columns:
        if pc.any(pc.match_substring(column, "\r")).as_py():
            column = pc.replace_substring(pc.replace_substring(column, "\r\n", "\n"), "\r", "\n")
        columns.append(column)
    return pa.table(columns, names=data.column_names)


# ---------------------------------------------------------------- the careful way


def _read_any(path: Path, form: Form, progress: Progress) -> tuple[pa.Table, list[Note]]:
    """Reads any file row by row, its first row included, keeping every cell."""
    width = len(form.first)
    batches: list[pa.RecordBatch] = []
    rows: list[list[str]] = []
    wide, narrow, quoted = _Odd("long_rows"), _Odd("short_rows"), _Odd("loose_quotes")
    size = path.stat().st_size
    number = 0
    schema = pa.schema([(f"f{place}", pa.string()) for place in range(width)])
    with open_text(path, form.encoding) as file:
        for cells, raw in _whole_rows(lines(file, path.name), form, path.name):
            if '"' in raw and not _is_well_quoted(raw, form.delimiter):
                quoted.add(number)
            if len(cells) > width and not any(cells[width:]):  # a delimiter too many at the end
                cells = cells[:width]
            if len(cells) != width:
                (wide if len(cells) > width else narrow).add(number)
                cells = _fitted(cells, width, raw, form.delimiter)
            rows.append(cells)
            number += 1
            if len(rows) == BATCH_ROWS:
                batches.append(_batch(rows, schema))
                rows = []
                progress(min(0.95, file.buffer.tell() / size))
    batches.append(_batch(rows, schema))
    return _plain_ends(pa.Table.from_batches(batches, schema)), [
        odd.note() for odd in (wide, narrow, quoted) if odd.count
    ]


def _whole_rows(text: Iterator[str], form: Form, name: str) -> Iterator[tuple[list[str], str]]:
    """Gives each row that is not blank, as cells and as it stands.

    Raises LessonError `broken_csv` where the text ends within quotes, `text_too_long`.
    """
    held = _Held(islice(text, form.skipped, None))
    reader = csv.reader(held.give(), delimiter=form.delimiter, skipinitialspace=True)
    began = 0
    try:
        for cells in reader:
            opened, began = began + 1, reader.line_num
            raw = "".join(held.lines)
            held.lines.clear()
            if cells and held.ended:
                raise LessonError("broken_csv", line=opened + form.skipped)
            if cells:
                yield cells, raw
    except csv.Error as error:
        if "field larger" in str(error):
            raise too_long(name) from error
        raise LessonError("broken_csv", line=reader.line_num + form.skipped) from error


@dataclass
class _Odd:
    """Rows that have not as many cells as the first one: how many, and which the first few are (from 1)."""

    code: str
    count: int = 0
    rows: tuple[int, ...] = ()

    def add(self, number: int) -> None:
        self.count += 1
        if len(self.rows) < _ROWS_NAMED:
            self.rows = (*self.rows, number)

    def note(self) -> Note:
        return Note(self.code, {"count": self.count, "rows": ", ".join(map(str, self.rows))})


@dataclass
class _Held:
    """Lines on their way to the reader of rows: those of the row that it is at, and whether all have been given."""

    text: Iterator[str]
    lines: list[str] = field(default_factory=list)
    ended: bool = False

    def give(self) -> Iterator[str]:
        """Gives the lines and then a blank one, which is no row unless a quote left open swallows it."""
        for line in self.text:
            self.lines.append(line)
            yield line
        self.ended = True
        yield "\n"


def _is_well_quoted(raw: str, delimiter: str) -> bool:
    """Says whether no quote stands loose in a row: one that opens where another should close joins two rows."""
    reader = csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        cells = next(reader, [])
    except csv.Error:
        return False
    return not any(cell.startswith('"') for cell in cells if raw.count('"') % 2)


def _fitted(cells: list[str], width: int, raw: str, delimiter: str) -> list[str]:
    """Answers as many cells as there are columns: the surplus joined as it stood, or empty ones added."""
    if len(cells) < width:
        return [*cells, *[""] * (width - len(cells))]
    exact = next(csv.reader(io.StringIO(raw, newline=""), delimiter=delimiter), cells)
    surplus = exact if len(exact) == len(cells) else cells
    return [*cells[: width - 1], delimiter.join(surplus[width - 1 :]).lstrip(" ")]


def _batch(rows: list[list[str]], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.record_batch([pa.array(cells, pa.string()) for cells in columns], schema=schema)
