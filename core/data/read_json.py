"""JSON and JSON lines: records, strings or lists of them, wherever they stand; nested values become flat columns."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.data.decode import Encoding, find_encoding, lines, open_text
from core.data.read_csv import name_columns
from core.data.table import BATCH_ROWS, MOST_COLUMNS, Note, Options, Progress, Table
from core.errors import LessonError
from core.texts import unaccented

MOST_BYTES = 100_000_000  # of one JSON value: it takes some six times as much in memory
_DEEPEST = 6  # levels of nesting that become columns; what lies deeper stays JSON
_FEW = 0.05  # the share of broken lines up to which they are left out and told
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell half of an emoji; no file can hold it
_SPACE = re.compile(r"[ \t\n\r]*")
_NAMES_OF_TEXTS = ("title", "text")
_NAME = re.compile(r"\s*(?!\d+$)[^\s.,;:!?]+(?:\s+[^\s.,;:!?]+){0,2}\s*")  # of a column: a few words, no punctuation
_LONGEST_NAME = 40  # characters
_LOOKED_AT = 100  # records of a list that are looked at, to know its columns
# What a list of strings is called when these are the pieces of one text.
_PARTS = {"texto", "text", "poema", "poem", "cuerpo", "body", "contenido", "content", "letra", "lyrics"}
_PARTS |= {"versos", "verses", "lineas", "lines", "estrofas", "stanzas", "parrafos", "paragraphs"}


def read_json(path: Path, options: Options, progress: Progress) -> Table:
    """Reads `.json` (one value, or several one after the other) or `.jsonl` (one a line), whichever it is called.

    Raises LessonError `broken_json` (line), `broken_json_file` (line, column), `json_too_big`, `too_many_columns`.
    """
    encoding = find_encoding(path)
    is_json, in_lines = path.suffix.lower() == ".json", _begins_with_a_line(path, encoding)
    if is_json or not in_lines:
        values = _values(path, encoding, progress, in_lines or not is_json)
        if values:
            records, said = records_of(values[0]) if len(values) == 1 else (values, ())
            return _table(records, path.name, [*encoding.notes, *said])
    broken: list[int] = []
    with open_text(path, encoding, newline="\n") as file:
        size = path.stat().st_size
        found = _lines(file, path, broken, lambda: progress(min(0.95, file.buffer.tell() / size)))
        table = _table(found, path.name, list(encoding.notes))
    if broken and len(broken) > _FEW * (len(broken) + len(table)):
        raise LessonError("broken_json", line=broken[0])
    note = Note("broken_lines", {"count": len(broken), "rows": ", ".join(map(str, broken[:5]))})
    return Table(table.data, (*table.notes, note)) if broken else table


def _begins_with_a_line(path: Path, encoding: Encoding) -> bool:
    """Says whether the first line that is not blank is a JSON value by itself."""
    with open_text(path, encoding, newline="\n") as file:
        begun = (line.removeprefix("\ufeff") for line in iter(lambda: file.readline(1_000_000), ""))
        return _parsed(next((line for line in begun if line.strip()), "")) is not None


def _values(path: Path, encoding: Encoding, progress: Progress, may_be_lines: bool) -> list[Any]:
    """Answers the values that follow one another in a file; none where it is to be read line by line."""
    if path.stat().st_size > MOST_BYTES:
        if may_be_lines:
            return []
        raise LessonError("json_too_big", name=path.name, megabytes=MOST_BYTES // 1_000_000)
    with open_text(path, encoding) as file:
        text = file.read().removeprefix("\ufeff")
    progress(0.3)
    values: list[Any] = []
    place, line, column = 0, 1, 1
    try:
        while place < len(text) or not values:
            value, place = json.JSONDecoder().raw_decode(text, _end_of_space(text, place))
            values.append(value)
            place = _end_of_space(text, place)
        return values
    except json.JSONDecodeError as error:
        line, column = error.lineno, error.colno
    except (ValueError, RecursionError):  # a number of thousands of digits, nesting without end
        pass
    if may_be_lines:  # of which a few may be broken
        return []
    raise LessonError("broken_json_file", name=path.name, line=line, column=column)


def _end_of_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


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


def records_of(value: Any) -> tuple[Iterable[Any], tuple[Note, ...]]:
    """Answers the records in a JSON value, and a note where some were left aside.

    They are a list's items, those of the lists inside, columns side by side, or the value itself.
    """
    if isinstance(value, list):
        return _named(value), ()
    if not isinstance(value, dict):
        return [value], ()
    if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):  # pandas, orient="split"
        return _named([value["columns"], *value["data"]]), ()
    lists = {name: item for name, item in value.items() if isinstance(item, list) and item}
    if any(isinstance(one, dict | list) for item in lists.values() for one in item):
        return _joined({name: _named(item) for name, item in lists.items()})
    found = _of_lists(value, lists)
    if found:
        return found, ()
    inner = [item for item in value.values() if isinstance(item, dict)]
    if len(inner) == 1 and any(isinstance(item, list) for item in inner[0].values()):
        return records_of(inner[0])
    return (_of_dicts(value) if len(inner) == len(value) else _of_texts(value)) or [value], ()


def _named(items: list) -> list:
    """Answers lists of the same width as records: the first gives the names if it may, else they are numbered."""
    width = len(items[0]) if items and isinstance(items[0], list) else 0
    if len(items) < 2 or width < 2 or not all(isinstance(item, list) and len(item) == width for item in items):
        return items
    first = items[0]
    headed = all(isinstance(cell, str) and len(cell) <= _LONGEST_NAME and _NAME.fullmatch(cell) for cell in first)
    names, _ = name_columns(first if headed else [""] * width)
    return [dict(zip(names, item, strict=True)) for item in items[headed:]]


def _joined(lists: dict[str, list]) -> tuple[list, tuple[Note, ...]]:
    """Joins the list with most text and those that have a column of words in common with it.

    Other lists, of who takes part in a conversation, say, are left aside and told.
    """
    main = max(lists, key=lambda name: sum(len(as_text(item)) for item in lists[name]))
    alike = [name for name in lists if name == main or _columns_of_words(lists[name]) & _columns_of_words(lists[main])]
    records = lists[main] if len(alike) == 1 else _keyed({name: lists[name] for name in alike})
    aside = {name: len(item) for name, item in lists.items() if name not in alike}
    told = ", ".join(f"{name} ({count})" for name, count in aside.items())
    return records, (Note("lists_aside", {"count": sum(aside.values()), "lists": told}),) if aside else ()


def _columns_of_words(items: list) -> set[str]:
    rows = map(flat, items[:_LOOKED_AT])
    return {name for row in rows for name, cell in row.items() if any(letter.isalpha() for letter in cell)}


def _keyed(lists: dict[str, list]) -> list[dict[str, str]]:
    """Answers the items of all lists as rows, each with the key of its list in a column of its own."""
    rows = [(name, flat(item)) for name, items in lists.items() for item in items]
    column = "key"
    while any(column in row for _, row in rows):
        column += "_"
    return [{column: name, **row} for name, row in rows]


def _of_lists(value: dict, lists: dict[str, list]) -> list | None:
    """Answers what lists of strings or numbers hold: columns, texts, or the pieces of one text; None if neither."""
    if len(lists) > 1 and len({len(item) for item in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    in_pieces = any(unaccented(name) in _PARTS for name in lists)
    if len(lists) == len(value) > 1 and not in_pieces:
        return _keyed(lists)
    if len(lists) == 1 and len(value) <= 3 and not (in_pieces and any(isinstance(i, str) for i in value.values())):
        return next(iter(lists.values()))
    return None


def _of_dicts(value: dict) -> list | None:
    """Answers the rows of columns that are numbered as pandas writes them, or of more than two records with a key."""
    first: dict = next(iter(value.values()), {})
    if first and all(name.isdigit() for name in first) and all(item.keys() == first.keys() for item in value.values()):
        return [{name: column[place] for name, column in value.items()} for place in first]
    return _keyed({name: [item] for name, item in value.items()}) if len(value) > 2 else None


def _of_texts(value: dict) -> list | None:
    """Answers titles and texts where all of more than two values are long strings."""
    if len(value) > 2 and max(map(len, value)) > 0 and all(isinstance(i, str) and len(i) > 40 for i in value.values()):
        return [dict(zip(_NAMES_OF_TEXTS, pair, strict=True)) for pair in value.items()]
    return None


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
