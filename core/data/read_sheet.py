"""Workbooks (XLSX, XLSM, XLS, ODS): the sheet, its header, and every cell as a person reads it."""

import datetime
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from core.data import archive, table
from core.data.columns import USUAL_NAMES
from core.data.kind import ENCRYPTED, kind_of, misnamed
from core.data.read_csv import name_columns, read_csv
from core.data.table import MOST_COLUMNS, Note, Options, Progress, Table
from core.errors import LessonError
from core.texts import unaccented

_HEADER_WITHIN = 30  # rows: titles and notes above a header seldom take more
_LONGEST_NAME = 100  # characters: a longer cell is a text, not the name of a column
_KINDS = (".xlsx", ".ods", ".xls")
_NAMES_SAID = 5  # names of hidden sheets that a note lists
_MOST_CELLS = 50_000_000  # from the first cell to the farthest: the library holds the empty ones too, 32 bytes each
# Where a cell or a row stands, in a sheet's XML; not those that plainly are empty, which programs leave far away.
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})(\d{1,9})["'](?!(?:\s+[\w:]+="[^"<>]{0,99}"){0,20}\s*/>)""")
_PLACE_BYTES = 1000  # more than a cell's tag takes
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*%?")
_ODS_BREAKS = {b"line-break": b"\n", b"tab": b"\t"}
_ODS_BREAK = re.compile(rb"<text:(line-break|tab)(?=[\s/>])[^<>]*?(?:/>|>\s*</text:\1>)")


@dataclass(frozen=True)
class _Sheet:
    """A sheet's cells as text, and which cells of its first rows are numbers or dates."""

    name: str
    cells: pa.Table
    typed: tuple[tuple[bool, ...], ...]
    letters: int
    hidden: bool = False


def read_sheet(path: Path, options: Options, progress: Progress) -> Table:
    """Reads one sheet of a workbook: the one chosen, or the one with most text; hidden ones are only told.

    What other programs save under a workbook's name, an HTML table or a CSV, is read as what it is, with a note.
    Raises LessonError `encrypted_file`, `broken_file`, `misnamed_file`, `empty_file`, `too_many_columns`, and what
    `archive.check` does; `unpacks_too_big` also where a cell stands too far from the others.
    """
    real = kind_of(path)
    if real == ENCRYPTED:
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
        raise misnamed(path, real)
    return _chosen(sheets, options, path.name, said)


def _chosen(sheets: Sequence[_Sheet], options: Options, name: str, said: tuple[Note, ...]) -> Table:
    filled = [sheet for sheet in sheets if sheet.letters]
    if not filled:
        raise LessonError("empty_file", name=name)
    shown = [sheet for sheet in filled if not sheet.hidden] or filled
    hidden = [sheet.name for sheet in filled if sheet not in shown]
    if hidden:
        names = ", ".join(hidden[:_NAMES_SAID]) + (", …" if len(hidden) > _NAMES_SAID else "")
        said = (*said, Note("hidden_sheets", {"count": len(hidden), "names": names}))
    best = max(shown, key=lambda sheet: sheet.letters)
    sheet = next((sheet for sheet in shown if sheet.name == options.sheet), best)
    made = {sheet.name: _with_header(sheet)}
    if sheet.cells.num_columns > MOST_COLUMNS:
        raise LessonError("too_many_columns", name=name, columns=sheet.cells.num_columns, most=MOST_COLUMNS)
    data, notes = made[sheet.name]
    counts = {one.name: made[one.name][0].num_rows if one.name in made else _with_header(one)[0].num_rows
              for one in shown}  # fmt: skip
    offers = {"sheet": counts} if len(counts) > 1 else {}
    return Table(data, (*said, *notes), offers, Options(sheet=sheet.name))


def _workbook(path: Path, real: str, progress: Progress) -> list[_Sheet]:
    import python_calamine

    if real != ".xls":
        archive.check(path)
    if real == ".xlsx":
        _check_area(path)
    sheets = []
    try:
        with _opened(path, real) as file, python_calamine.CalamineWorkbook.from_filelike(file) as book:
            tables = [one for one in book.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet]
            for place, one in enumerate(tables, start=1):
                sheet = book.get_sheet_by_name(one.name)
                if sheet.height:
                    hidden = one.visible != python_calamine.SheetVisibleEnum.Visible
                    sheets.append(replace(_sheet(one.name, _rows(sheet)), hidden=hidden))
                progress(0.9 * place / len(tables))
    except python_calamine.PasswordError as error:
        raise LessonError("encrypted_file", name=path.name) from error
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise LessonError("broken_file", name=path.name) from error
    except BaseException as error:  # a panic in the library reaches us as this, and it is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise LessonError("broken_file", name=path.name) from error
    return sheets


def _opened(path: Path, real: str) -> IO[bytes]:
    """Opens a workbook; an ODS with a line break or a tab where it has a mark for one, which the library drops."""
    if real != ".ods":
        return path.open("rb")

    def with_breaks(content: bytes) -> bytes:
        return _ODS_BREAK.sub(lambda mark: _ODS_BREAKS[mark[1]], content)

    return io.BytesIO(archive.rewritten(path, "content.xml", with_breaks))


def _check_area(path: Path) -> None:
    """Raises LessonError `unpacks_too_big` where a sheet's farthest row and column span too many cells.

    The library makes room for all of them, and where there is none it ends the process.
    """
    with archive.opened(path) as packed:
        for member in packed.infolist():
            rows = columns = 0
            rest = b""
            for block in archive.blocks(packed, member, archive.MAX_UNPACKED, path):
                rest += block
                cut = rest.rfind(b"<", -_PLACE_BYTES)  # a tag may go on in the next block
                cut = len(rest) if cut < 0 else cut
                places = _PLACE.findall(rest[:cut])
                rest = rest[cut:]
                rows = max(rows, max((int(number) for _, number in places), default=0))
                columns = max(columns, max(map(_column_number, {letters for letters, _ in places}), default=0))
            if rows * columns > _MOST_CELLS:
                raise archive.too_big(path)


def _column_number(letters: bytes) -> int:
    """Answers 1 for column A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _rows(sheet: Any) -> Iterator[Sequence[Any]]:
    """Gives a sheet's rows; a name that stands in cells merged downwards is in each of their rows that has a text."""
    left = sheet.start[1]  # the rows come from the sheet's first one, but from the first column that has something
    merged: dict[int, list[tuple[int, int]]] = {}
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
        if first == last and top < bottom:
            merged.setdefault(top, []).append((first - left, bottom))
    held: dict[int, tuple[int, Any]] = {}  # for each column, up to which row it is merged, and what it says
    for number, row in enumerate(sheet.iter_rows()):
        held = {column: (bottom, said) for column, (bottom, said) in held.items() if number <= bottom}
        if held and any(cell not in (None, "") for cell in row):
            row = [held[n][1] if n in held and cell in (None, "") else cell for n, cell in enumerate(row)]
        for column, bottom in merged.get(number, ()):
            if 0 <= column < len(row) and _may_be_name(as_read(row[column])):
                held[column] = (bottom, row[column])
        yield row


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
    notes = [Note("title_rows", {"count": place})] if place else []
    if not _is_header(first[place], sheet.typed[place], first[place + 1 :]):
        names, _ = name_columns([""] * sheet.cells.num_columns)
        return sheet.cells.slice(place).rename_columns(list(names)), [*notes, Note("no_header")]
    names, mended = name_columns(first[place])
    if mended:
        notes.append(Note("headers", {"count": mended}))
    return sheet.cells.slice(place + 1).rename_columns(list(names)), notes


def _is_header(row: Sequence[str], typed: Sequence[bool], below: Sequence[Sequence[str]]) -> bool:
    """Says whether a row names the columns; one with a text, a number or a date in it is a row like the others."""
    if not below or (len(row) == 1 and _reads_like_text(row[0])):
        return False
    for cell, is_typed, *others in zip(row, typed, *below, strict=True):
        if not _may_be_name(cell) or (is_typed and cell):
            return False
        if _NUMBER.fullmatch(cell.strip()) and all(_NUMBER.fullmatch(other.strip()) for other in others if other):
            return False
    return True


def _may_be_name(cell: str) -> bool:
    return len(cell) <= _LONGEST_NAME and "\n" not in cell


def _reads_like_text(cell: str) -> bool:
    """Says whether the first cell of the only column is a verse and no name: several words, not «texto del poema»."""
    words = re.findall(r"\w+", unaccented(cell))
    return len(words) > 4 or (len(words) > 2 and not USUAL_NAMES.intersection(words))
