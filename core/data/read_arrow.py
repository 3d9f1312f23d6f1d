"""Parquet and Arrow (Feather, IPC file and stream): a batch at a time, every value as text."""

import datetime
import decimal
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.data.archive import MAX_UNPACKED
from core.data.read_csv import name_columns
from core.data.read_sheet import as_read
from core.data.table import BATCH_ROWS, MOST_COLUMNS, Note, Options, Progress, Table
from core.errors import LessonError

_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, IndexError)


def read_arrow(path: Path, options: Options, progress: Progress) -> Table:
    """Reads a columnar file; lists of strings become lines, other nested values JSON.

    Raises LessonError `broken_file`, `too_many_columns`, `unpacks_too_big`.
    """
    kept: list[pa.Table] = []
    size = 0
    try:
        for batch, done in _batches(path):
            if batch.num_columns > MOST_COLUMNS:
                raise LessonError("too_many_columns", name=path.name, columns=batch.num_columns, most=MOST_COLUMNS)
            batch.validate(full=True)  # a broken file may point outside itself
            columns = [as_text(column) for column in batch.columns]
            kept.append(pa.table(columns, names=[str(place) for place in range(len(columns))]))
            size += kept[-1].nbytes
            if size > MAX_UNPACKED:
                raise LessonError("unpacks_too_big", name=path.name, megabytes=MAX_UNPACKED // 1_000_000)
            names = batch.schema.names
            progress(done)
    except _BROKEN as error:
        raise LessonError("broken_file", name=path.name) from error
    if not kept:
        raise LessonError("empty_file", name=path.name)
    named, mended = name_columns([name.encode("utf-8", "replace").decode() for name in names])
    notes = (Note("headers", {"count": mended}),) if mended else ()
    return Table(pa.concat_tables(kept).rename_columns(list(named)), notes)


def _batches(path: Path) -> Iterator[tuple[pa.RecordBatch, float]]:
    """Gives batches of at most BATCH_ROWS rows, and how much has been read."""
    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as parquet:
            rows, seen = max(parquet.metadata.num_rows, 1), 0
            for batch in parquet.iter_batches(BATCH_ROWS):
                seen += batch.num_rows
                yield batch, min(1.0, seen / rows)
    elif start == b"ARROW1":
        with pa.ipc.open_file(path) as reader:
            for place in range(reader.num_record_batches):
                yield from _pieces(reader.get_batch(place), place / reader.num_record_batches)
    else:
        with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as stream:
            size = max(source.size(), 1)
            for batch in stream:
                yield from _pieces(batch, min(1.0, source.tell() / size))


def _pieces(batch: pa.RecordBatch, done: float) -> Iterator[tuple[pa.RecordBatch, float]]:
    batch.validate(full=True)
    for first in range(0, batch.num_rows, BATCH_ROWS):
        yield batch.slice(first, BATCH_ROWS), done


def as_text(values: pa.Array) -> pa.Array:
    """Answers the values as strings, an empty one for each that is missing."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type) or pa.types.is_integer(values.type):
        return pc.fill_null(values.cast(pa.string()), "")
    return pa.array([_said(value) for value in values.to_pylist()], pa.string())


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.timedelta):
        return as_read(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, list) and all(isinstance(item, str) or item is None for item in value):
        return "\n".join(_said(item) for item in value)
    return json.dumps(value, ensure_ascii=False, default=_said).encode("utf-8", "replace").decode()
