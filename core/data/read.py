"""Reading a person's file: one reader a format, each in a file of its own, all answering the same small table."""

import importlib
from pathlib import Path, PurePosixPath
from typing import cast

import pyarrow.compute as pc

from core.data.decode import LONGEST_CELL
from core.data.table import Options, Progress, Reader, Table, no_progress
from core.errors import LessonError

# The module of core.data, and the function in it, that reads what ends like this. Imported when first needed.
READERS = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "read_csv"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "read_json"),
    **dict.fromkeys((".txt", ".md", ".markdown", ".text"), "read_text"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".ods"), "read_sheet"),
    **dict.fromkeys((".parquet", ".arrow", ".feather"), "read_arrow"),
    **dict.fromkeys((".docx", ".odt", ".epub", ".rtf", ".html", ".htm"), "read_document"),
    ".pdf": "read_pdf",
    ".zip": "read_zip",
}
MAX_BYTES = 2_000_000_000  # what is read stays in memory while it is; a text of this size would be 4 000 novels


def read(path: Path, options: Options = Options(), progress: Progress = no_progress) -> Table:  # noqa: B008
    """Reads the file at `path` by its extension.

    Raises LessonError: `file_not_found`, `cannot_read`, `file_too_big`, `unknown_format`, `empty_file`,
    `text_too_long`, or what the format's reader says.
    """
    if not path.is_file():
        raise LessonError("file_not_found", name=path.name)
    try:
        return _read(path, options, progress)
    except OSError as error:  # forbidden, or gone in the meantime
        raise LessonError("cannot_read", name=path.name) from error


def _read(path: Path, options: Options, progress: Progress) -> Table:
    suffix = PurePosixPath(path.name).suffix.lower()
    if suffix not in READERS:
        raise LessonError("unknown_format", name=path.name, formats=", ".join(READERS))
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise LessonError("file_too_big", name=path.name, megabytes=MAX_BYTES // 1_000_000)
    if size == 0:
        raise LessonError("empty_file", name=path.name)
    name = READERS[suffix]
    table = cast(Reader, getattr(importlib.import_module(f"core.data.{name}"), name))(path, options, progress)
    check(table, path.name)
    return table


def check(table: Table, name: str) -> None:
    """Raises LessonError `empty_file` where nothing was found, and `text_too_long`."""
    longest = [pc.max(pc.binary_length(column)).as_py() or 0 for column in table.data.columns] if len(table) else []
    if max(longest, default=0) == 0:
        raise LessonError("empty_file", name=name)
    if max(longest) > LONGEST_CELL:  # bytes, of which a letter may take several
        characters = max(pc.max(pc.utf8_length(column)).as_py() for column in table.data.columns)
        if characters > LONGEST_CELL:
            raise LessonError("text_too_long", name=name, characters=characters, most=LONGEST_CELL)
