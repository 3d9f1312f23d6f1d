"""Rows on disk as Arrow: written by `datasets`, read by pyarrow alone, so that opening a page stays light."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa


@dataclass(frozen=True)
class Table:
    """What a reader found: column names in their order, rows as text, and codes of what it had to do."""

    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    notes: tuple[str, ...] = ()


def save(rows: Sequence[Mapping], folder: Path, columns: Iterable[str]) -> None:
    """Writes rows as a data set that `datasets.load_from_disk(folder)` opens."""
    from datasets import Dataset
    from datasets.utils.logging import disable_progress_bar

    disable_progress_bar()
    Dataset.from_dict({column: [row[column] for row in rows] for column in columns}).save_to_disk(folder)


def read(folder: Path) -> pa.Table:
    """Opens a saved data set as an Arrow table, from memory-mapped files."""
    pieces = [pa.ipc.open_stream(pa.memory_map(str(path))).read_all() for path in sorted(folder.glob("data-*.arrow"))]
    return pa.concat_tables(pieces)


def rows(folder: Path) -> list[dict]:
    """Reads a saved data set as a list of rows."""
    return read(folder).to_pylist()
