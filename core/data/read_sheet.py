"""Workbooks (XLSX, XLSM, XLS, ODS): the sheet, its header, and every cell as a person reads it."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.data import archive, table
from core.data.read_csv import name_columns, read_csv
from core.data.table import MOST_COLUMNS, Note, Options, Progress, Table
from core.errors import LessonError

_HEADER_WITHIN = 30  # rows: titles and notes above a header seldom take more
_LONGEST_NAME = 100  # characters: a longer cell is a text, not the name of a column
_KINDS = (".xlsx", ".ods", ".xls")


@dataclass(frozen=True)
class _Sheet:
    """A sheet's cells as text, and which cells of its first rows are numbers or dates."""

    name: str
    cells: pa.Table
    typed: tuple[tuple[bool, ...], ...]
    letters: int


def read_sheet(path: Path, options: Options, progress: Progress) -> Table:
    """Reads one sheet of a workbook: the one chosen, or the one with most text.

    What other programs save under a workbook's name, an HTML table or a CSV, is read as what it is, with a note.
    Raises LessonError `encrypted_file`, `broken_file`, `misnamed_file`, `empty_file`, `too_many_columns`, and what
    `archive.check` does.
    """
    real = archive.kind(path)
    if real == "encrypted":
        raise LessonError("encrypted_file", name=path.name)
    said: tuple[Note, ...] = ()
    if real == ".txt":
        found = read_csv(path, options, progress)
        return Table(found.data, (Note("not_a_workbook", {"format": "CSV"}), *found.notes), found.offers, found.taken)
    if real in (".html", ".xml"):
        from core.data.read_sheet_markup import read_markup

        sheets = [_sheet(name, iter(rows)) for name, rows in read_markup(path)]
        said = (Note("not_a_workbook", {"format": real.lstrip(".").upper()}),)
    elif real in _KINDS:
        sheets = _workbook(path, real, progress)
    else:
        if real in ("", ".zip"):
            raise LessonError("broken_file", name=path.name)
        raise archive.misnamed(path, real)
    return _chosen(sheets, options, path.name, said)


def _chosen(sheets: Sequence[_Sheet], options: Options, name: str, said: tuple[Note, ...]) -> Table:
    filled = [sheet for sheet in sheets if sheet.letters]
    if not filled:
        raise LessonError("empty_file", name=name)
    best = max(filled, key=lambda sheet: sheet.letters)
    sheet = next((sheet for sheet in filled if sheet.name == options.sheet), best)
    made = {sheet.name: _with_header(sheet)}
    if sheet.cells.num_columns > MOST_COLUMNS:
        raise LessonError("too_many_columns", name=name, columns=sheet.cells.num_columns, most=MOST_COLUMNS)
    data, notes = made[sheet.name]
    counts = {one.name: made[one.name][0].num_rows if one.name in made else _with_header(one)[0].num_rows
              for one in filled}  # fmt: skip
    offers = {"sheet": counts} if len(counts) > 1 else {}
    return Table(data, (*said, *notes), offers, Options(sheet=sheet.name))


def _workbook(path: Path, real: str, progress: Progress) -> list[_Sheet]:
    import python_calamine

    if real != ".xls":
        archive.check(path)
    sheets = []
    try:
        with path.open("rb") as file, python_calamine.CalamineWorkbook.from_filelike(file) as book:
            tables = [one for one in book.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet]
            shown = [one for one in tables if one.visible == python_calamine.SheetVisibleEnum.Visible] or tables
            for place, one in enumerate(shown, start=1):
                sheet = book.get_sheet_by_name(one.name)
                if sheet.height:
                    sheets.append(_sheet(one.name, sheet.iter_rows()))
                progress(0.9 * place / len(shown))
    except python_calamine.PasswordError as error:
        raise LessonError("encrypted_file", name=path.name) from error
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise LessonError("broken_file", name=path.name) from error
    except BaseException as error:  # a panic in the library reaches us as this, and it is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise LessonError("broken_file", name=path.name) from error
    return sheets


def _sheet(name: str, rows: Iterator[Sequence[Any]]) -> _Sheet:
    """Turns rows into text a batch at a time; rows and columns that are wholly empty go."""
    batches: list[pa.Table] = []
    typed: list[tuple[bool, ...]] = []
    while block := list(islice(rows, table.BATCH_ROWS)):
        kept = [row for row in block if any(cell not in (None, "") and as_read(cell).strip() for cell in row)]
        typed += [tuple(not isinstance(c, str) for c in row) for row in kept[: max(0, _HEADER_WITHIN - len(typed))]]
        width = max((len(row) for row in kept), default=0)
        columns = [
            pa.array([as_read(row[n]) if n < len(row) else "" for row in kept], pa.string()) for n in range(width)
        ]
        batches.append(pa.table(columns, names=[str(n) for n in range(width)]))
    cells = pa.concat_tables(batches, promote_options="default") if batches else pa.table({})
    lengths = [pc.sum(pc.utf8_length(column)).as_py() or 0 for column in cells.columns]
    filled = [place for place, letters in enumerate(lengths) if letters]
    arrays = [pc.fill_null(cells.column(place), "") for place in filled]
    kept_types = tuple(tuple(place < len(row) and row[place] for place in filled) for row in typed)
    return _Sheet(name, pa.table(arrays, names=[str(place) for place in filled]), kept_types, sum(lengths))


def as_read(cell: Any) -> str:
    """Writes a cell as a sheet shows it: 7 and not 7.0, dates as ISO 8601, a duration in hours."""
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else f"{cell:.15g}"  # what a sheet keeps
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, datetime.timedelta):
        minutes, seconds = divmod(int(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else str(cell)


def _with_header(sheet: _Sheet) -> tuple[pa.Table, list[Note]]:
    """Answers the rows below the header, with the columns named, and what had to be done."""
    first = [list(row.values()) for row in sheet.cells.slice(0, _HEADER_WITHIN).to_pylist()]
    filled = [sum(bool(cell.strip()) for cell in row) for row in first]
    usual = sorted(filled)[len(filled) // 2]
    place = next(number for number, count in enumerate(filled) if count >= usual * 0.6)
    is_header = len(sheet.cells) > place + 1 and all(
        len(cell) <= _LONGEST_NAME and "\n" not in cell and not (typed and cell)
        for cell, typed in zip(first[place], sheet.typed[place], strict=True)
    )
    notes = [Note("title_rows", {"count": place})] if place else []
    if not is_header:
        names, _ = name_columns([""] * sheet.cells.num_columns)
        return sheet.cells.slice(place).rename_columns(list(names)), [*notes, Note("no_header")]
    names, mended = name_columns(first[place])
    if mended:
        notes.append(Note("headers", {"count": mended}))
    return sheet.cells.slice(place + 1).rename_columns(list(names)), notes
