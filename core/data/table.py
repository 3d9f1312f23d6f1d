"""Rows in memory and on disk as Arrow, in the folder that `datasets.load_from_disk` opens; pyarrow alone is needed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from core import storage
from core.errors import LessonError

Progress = Callable[[float], None]  # told how much is done, 0 to 1
MOST_COLUMNS = 1_000  # a table of texts has a few; more is a sheet turned on its side
BATCH_ROWS = 10_000  # rows handled at a time: enough to be quick, few enough to stay small in memory
_ONE_FILE = "data-00000-of-00001.arrow"


@dataclass(frozen=True)
class Note:
    """Something a reader had to do, or saw, that she should know: a code of the texts and the facts that fill it."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


# How running text may be divided.
PIECES = ("blank_line", "line", "heading", "separator", "page", "whole")


@dataclass(frozen=True)
class Options:
    """What she chose where a file gives a choice; empty lets the reader choose.

    `sheet` of a workbook by its name; `pieces`, one of PIECES, is how running text is divided, and `separator`
    the line that divides it.
    """

    sheet: str = ""
    pieces: str = ""
    separator: str = ""


@dataclass(frozen=True)
class Table:
    """What a reader found.

    `data` has only text columns, in the file's order, with no missing value. `offers` holds, for each option
    that this file gives a choice in, how many rows each of its values would give; the one taken stands in `taken`.
    """

    data: pa.Table
    notes: tuple[Note, ...] = ()
    offers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    taken: Options = Options()

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.data.column_names)

    def __len__(self) -> int:
        return self.data.num_rows


def from_rows(rows: Sequence[Mapping[str, str]], columns: Iterable[str], notes: tuple[Note, ...] = ()) -> Table:
    """Makes a table of rows held as dictionaries; what a row lacks is empty."""
    names = tuple(columns)
    arrays = [pa.array([row.get(name, "") for row in rows], pa.string()) for name in names]
    return Table(pa.table(arrays, names=list(names)), notes)


# A reader takes the file's path, what she chose and whom to tell how far it is.
Reader = Callable[[Path, Options, Progress], Table]


def no_progress(done: float) -> None:
    """For who does not want to know."""


@contextmanager
def writing(folder: Path, schema: pa.Schema) -> Iterator[pa.ipc.RecordBatchStreamWriter]:
    """Gives a writer that takes batches one after the other, so that no more than one is in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    with storage.disk_errors(folder / _ONE_FILE):
        with pa.OSFile(str(folder / _ONE_FILE), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
            yield writer
        # What `datasets.load_from_disk` asks for; the columns' types stand in the Arrow file itself.
        state = {"_data_files": [{"filename": _ONE_FILE}], "_fingerprint": file_fingerprint(folder), "_split": None}
        formats: dict = {
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
        }
        storage.write_json(folder / "state.json", state | formats)
        storage.write_json(folder / "dataset_info.json", {})


def save(data: pa.Table | Sequence[Mapping], folder: Path, columns: Iterable[str] | None = None) -> None:
    """Writes an Arrow table, or rows held as dictionaries with these `columns`."""
    if not isinstance(data, pa.Table):
        names = list(columns or ())
        data = pa.table({name: pa.array([row[name] for row in data]) for name in names})
    with writing(folder, data.schema) as writer:
        writer.write_table(data, max_chunksize=BATCH_ROWS)


def read(folder: Path) -> pa.Table:
    """Opens a saved data set as an Arrow table, from memory-mapped files: nothing is loaded until it is looked at.

    Raises LessonError `texts_not_here` where a project came without its texts.
    """
    if not any(folder.glob("data-*.arrow")):
        raise LessonError("texts_not_here", folder=folder.name)
    pieces = [pa.ipc.open_stream(pa.memory_map(str(path))).read_all() for path in sorted(folder.glob("data-*.arrow"))]
    return pa.concat_tables(pieces)


def rows(folder: Path) -> list[dict]:
    """Reads a saved data set as a list of rows: for few rows, or for who needs them all."""
    return read(folder).to_pylist()


def row(data: pa.Table, place: int) -> dict:
    """Answers one row, by its place from 0."""
    return data.slice(place, 1).to_pylist()[0]


def file_fingerprint(folder: Path) -> str:
    """Answers 16 hexadecimal digits that change when any byte of a saved data set does (SHA-256)."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("data-*.arrow")):
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]
