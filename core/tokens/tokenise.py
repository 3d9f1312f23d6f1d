"""Every prepared row as ids at its whole length, made once: what both measuring and cutting start from."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from core import storage
from core.data import table
from core.data.split import PARTS
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.tasks import TASKS
from core.tokens import form as forms
from core.tokens import tokenizer as tokenizers
from core.tokens.form import Form
from core.tokens.tokenizer import Tokenizer

_IDS = pa.list_(pa.int32())
# `characters` counts the completion's text; `completion` holds no end, since that is the model's and not the row's.
_SCHEMA = pa.schema([("row", pa.int64()), ("source", _IDS), ("completion", _IDS), ("characters", pa.int32())])
# What is tokenised at a time: the library keeps some hundred bytes a token while it works, and rows may be books.
_BATCH_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Tokenised:
    """A project's rows as ids: one data set a part in `folder`, and the whole length of every row, training first.

    `lengths` is int32 [rows], or, for a seq2seq model, [rows, 2]: of what it reads, and of what it writes.
    """

    folder: Path
    lengths: np.ndarray


def opened(project: Project) -> tuple[dict, Tokenizer]:
    """Answers the record of the prepared texts and the project's tokenizer.

    Raises LessonError: `not_prepared`, and see `tokenizer.of_model`.
    """
    record = storage.read_json(project.prepared / "record.json")
    if record is None:
        raise LessonError("not_prepared")
    return record, tokenizers.of_model(models.find(project.model))


def form_of(project: Project) -> Form:
    """Answers the form in which the project's model meets its texts. Raises LessonError, see `opened`, `form.of`."""
    record, tokenizer = opened(project)
    return forms.of(tokenizer, TASKS[project.task], record["language"])


def is_tokenised(project: Project) -> bool:
    """Says whether `tokenised` would answer at once."""
    kept = storage.read_json(_folder(project) / "record.json") or {}
    return kept.get("made_from") == _made_from(project, opened(project)[0], form_of(project))


def tokenised(project: Project, progress: Progress = no_progress) -> Tokenised:
    """Answers every row's ids, uncut: read from `lengths/`, or made and written there where texts or model are new."""
    record, tokenizer = opened(project)
    form = form_of(project)
    folder, made_from = _folder(project), _made_from(project, record, form)
    if (storage.read_json(folder / "record.json") or {}).get("made_from") != made_from:
        _write(project, made_from, form, tokenizer, progress)
    # Read whole, not mapped: it is 4 bytes a row, and a mapped file cannot be replaced on Windows.
    return Tokenised(folder, np.load(folder / "lengths.npy"))


def _folder(project: Project) -> Path:
    return project.folder / "lengths"


def _made_from(project: Project, record: dict, form: Form) -> str:
    dressed = [form.code, form.begin, form.cue, form.end, form.lead]
    return storage.fingerprint(record["fingerprint"], record["language"], project.model, project.task, dressed)


def _write(project: Project, made_from: str, form: Form, tokenizer: Tokenizer, progress: Progress) -> None:
    task = TASKS[project.task]
    parts = {name: table.read(project.prepared / name) for name in PARTS}
    count, done = sum(map(len, parts.values())), 0
    lengths = np.empty((count, 2) if form.is_apart else count, np.int32)
    with storage.new_folder(_folder(project)) as folder:
        for name, data in parts.items():
            with table.writing(folder / name, _SCHEMA) as writer:
                for rows in _batches(data):
                    sources = [task.source(r) for r in rows]
                    completions = [form.completion(task.completion(r)) for r in rows]
                    batch = pa.record_batch(
                        [
                            pa.array([r["row"] for r in rows], pa.int64()),
                            _encode(tokenizer, sources),
                            _encode(tokenizer, completions),
                            pa.array([len(text) for text in completions], pa.int32()),
                        ],
                        schema=_SCHEMA,
                    )
                    writer.write_batch(batch)
                    lengths[done : done + len(rows)] = form.lengths(
                        counts(batch["source"]), counts(batch["completion"])
                    )
                    done += len(rows)
                    progress(done / count)
        np.save(folder / "lengths.npy", lengths)
        storage.write_json(folder / "record.json", {"made_from": made_from, "rows": count, "written": time.time()})


def _batches(data: pa.Table) -> Iterator[list[dict]]:
    """Answers rows some thousands at a time, fewer where they are long."""
    for batch in data.to_batches(max_chunksize=table.BATCH_ROWS):
        step = max(1, int(batch.num_rows * _BATCH_CHARACTERS / max(1, batch.nbytes)))
        for start in range(0, batch.num_rows, step):
            yield batch.slice(start, step).to_pylist()


def _encode(tokenizer: Tokenizer, texts: list[str]) -> pa.ListArray:
    """Answers the ids of each text; where none has anything to say, as a task's empty source, one is enough."""
    if not any(texts):
        return pa.array([tokenizer.encode("")] * len(texts), _IDS)
    return pa.array(tokenizer.encode_all(texts), _IDS)


def counts(lists: pa.ListArray) -> np.ndarray:
    """Answers how many values each list has: int64 [rows]."""
    return np.diff(lists.offsets.to_numpy()).astype(np.int64)
