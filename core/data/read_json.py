"""JSON and JSON lines: records, strings or lists of them, wherever they stand; nested values become flat columns."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.data.decode import find_encoding, lines, open_text
from core.data.table import BATCH_ROWS, MOST_COLUMNS, Note, Options, Progress, Table
from core.errors import LessonError

MOST_BYTES = 100_000_000  # of one JSON value: it takes some six times as much in memory
_DEEPEST = 6  # levels of nesting that become columns; what lies deeper stays JSON
_FEW = 0.05  # the share of broken lines up to which they are left out and told
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell half of an emoji; no file can hold it
_NAMES_OF_TEXTS = ("title", "text")


def read_json(path: Path, options: Options, progress: Progress) -> Table:
    """Reads `.json` (one value) or `.jsonl` (one a line); a file of lines may be called `.json` too.

    Raises LessonError `broken_json` (line), `broken_json_file` (line, column), `json_too_big`, `too_many_columns`.
    """
    encoding = find_encoding(path)
    if path.suffix.lower() == ".json":
        whole = _whole(path, encoding, progress)
        if whole is not None:
            return _table(whole, path.name, list(encoding.notes))
    broken: list[int] = []
    with open_text(path, encoding, newline="\n") as file:
        size = path.stat().st_size
        records = _lines(file, path, broken, lambda: progress(min(0.95, file.buffer.tell() / size)))
        table = _table(records, path.name, list(encoding.notes))
    if broken and len(broken) > _FEW * (len(broken) + len(table)):
        raise LessonError("broken_json", line=broken[0])
    note = Note("broken_lines", {"count": len(broken), "rows": ", ".join(map(str, broken[:5]))})
    return Table(table.data, (*table.notes, note)) if broken else table


def _whole(path: Path, encoding: Any, progress: Progress) -> list | None:
    """Answers the records of a file that is one JSON value; None where it is one a line."""
    if path.stat().st_size > MOST_BYTES:
        with open_text(path, encoding, newline="\n") as file:
            first = file.readline(1_000_000)
        if _parsed(first) is None:
            raise LessonError("json_too_big", name=path.name, megabytes=MOST_BYTES // 1_000_000)
        return None
    with open_text(path, encoding) as file:
        text = file.read().removeprefix("\ufeff")
    progress(0.3)
    try:
        return list(records_of(json.loads(text)))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None
        raise LessonError("broken_json_file", name=path.name, line=error.lineno, column=error.colno) from error
    except (ValueError, RecursionError) as error:
        raise LessonError("broken_json_file", name=path.name, line=1, column=1) from error


def _lines(file: Any, path: Path, broken: list[int], tell: Any) -> Iterator[Any]:
    for number, line in enumerate(lines(file, path.name), start=1):
        if number % BATCH_ROWS == 0:
            tell()
        line = line.removeprefix("\ufeff").strip()
        if not line:
            continue
        value = _parsed(line)
        if value is None:
            broken.append(number)
        else:
            yield value[0]


def _parsed(text: str) -> tuple[Any] | None:
    try:
        return (json.loads(text),)
    except (ValueError, RecursionError):
        return None


def records_of(value: Any) -> Iterable[Any]:
    """Answers the records in a JSON value: a list's items, the longest list inside, columns side by side, or itself."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return [value]
    lists = {name: item for name, item in value.items() if isinstance(item, list) and item}
    records = [item for item in lists.values() if any(isinstance(one, dict | list) for one in item)]
    if records:
        return max(records, key=len)
    if len(lists) > 1 and len({len(item) for item in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if len(lists) == 1 and len(value) <= 3:
        return next(iter(lists.values()))
    inner = [item for item in value.values() if isinstance(item, dict)]
    if len(inner) == 1 and any(isinstance(item, list) for item in inner[0].values()):
        return records_of(inner[0])
    if len(value) > 2 and len(inner) == len(value):
        return [{"key": name, **item} for name, item in value.items()]
    if len(value) > 2 and all(isinstance(item, str) for item in value.values()) and max(map(len, value)) > 0:
        texts = [item for item in value.values() if len(item) > 40]
        if len(texts) == len(value):
            return [dict(zip(_NAMES_OF_TEXTS, pair, strict=True)) for pair in value.items()]
    return [value]


def _table(records: Iterable[Any], name: str, notes: list[Note]) -> Table:
    columns: dict[str, None] = {}
    pieces: list[pa.Table] = []
    records = iter(records)
    while batch := list(islice(records, BATCH_ROWS)):
        rows = [flat(record) for record in batch]
        for row in rows:
            columns |= dict.fromkeys(row)
        if len(columns) > MOST_COLUMNS:
            raise LessonError("too_many_columns", name=name, columns=len(columns), most=MOST_COLUMNS)
        names = list(columns)
        pieces.append(pa.table([pa.array([r.get(n, "") for r in rows], pa.string()) for n in names], names=names))
    if not pieces or not columns:
        raise LessonError("empty_file", name=name)
    whole = pa.concat_tables(pieces, promote_options="default")
    filled = [pc.fill_null(column, "") for column in whole.columns]
    return Table(pa.table(filled, names=whole.column_names), tuple(notes))


def flat(record: Any) -> dict[str, str]:
    """Answers a record as text columns: `{"autor": {"nombre": …}}` gives `autor.nombre`; a bare value gives `text`."""
    if isinstance(record, dict):
        row: dict[str, str] = {}
        _flatten(record, "", row, 1)
        return row
    if isinstance(record, list) and not all(isinstance(item, str) for item in record):
        return {f"({place})": as_text(item) for place, item in enumerate(record, start=1)}
    return {"text": as_text(record)}


def _flatten(record: dict, before: str, row: dict[str, str], level: int) -> None:
    for name, value in record.items():
        column = _whole_characters(f"{before}{name}")
        if isinstance(value, dict) and value and level < _DEEPEST:
            _flatten(value, f"{column}.", row, level + 1)
        else:
            row[column] = as_text(value)


def as_text(value: Any) -> str:
    """Answers a value as a person would read it: a list of strings as lines, what is neither as JSON, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        try:
            value = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):  # a number of thousands of digits, or nesting without end
            value = ""
    return _whole_characters(value).replace("\r\n", "\n").replace("\r", "\n")


def _whole_characters(text: str) -> str:
    return _HALF_CHARACTER.sub("\ufffd", text)
