"""From prepared rows to ids and labels: what is scored, what is only read, and what the maximum length cuts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from core import project as projects
from core import storage
from core.data import table
from core.data.split import PARTS
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.tasks import TASKS, Task
from core.tokens import form as forms
from core.tokens.cut import IGNORED, SCHEMA, Cut
from core.tokens.form import Form
from core.tokens.lengths import longest_sequences, suggest_length
from core.tokens.tokenise import Tokenised, form_of, opened, tokenised
from core.tokens.tokenizer import Tokenizer

SHORTEST = 8


@dataclass(frozen=True)
class Example:
    """One row as a model reads it. `characters` counts the text whose tokens are scored.

    A causal model's labels stand beside its ids, -100 where nothing is scored; a seq2seq model's are what it writes.
    """

    row: int
    input_ids: list[int]
    labels: list[int]
    characters: int
    truncated: bool


def encode_rows(
    rows: Sequence[dict], task: Task, tokenizer: Tokenizer, language: str, max_length: int
) -> list[Example]:
    """Encodes rows in the form that the tokenizer's model has for a task; see `core.tokens.form`."""
    form = forms.of(tokenizer, task, language)
    sources = tokenizer.encode_all([task.source(row) for row in rows])
    texts = [form.completion(task.completion(row)) for row in rows]
    examples = []
    for row, source, text, completion in zip(rows, sources, texts, tokenizer.encode_all(texts), strict=True):
        read, scored = _cut(form, source, completion, max_length)
        context = form.begin + read + form.cue
        is_whole = len(scored) >= len(completion)
        examples.append(
            Example(
                row=row["row"],
                input_ids=context if form.is_apart else context + scored,
                labels=form.lead + scored if form.is_apart else [IGNORED] * len(context) + scored,
                characters=len(text if is_whole else tokenizer.decode(scored)),
                truncated=len(read) + len(scored) < len(source) + len(completion) + len(form.end),
            )
        )
    return examples


def _cut(form: Form, source: list[int], completion: list[int], max_length: int) -> tuple[list[int], list[int]]:
    """Answers what is read of a source and what is scored, its end included."""
    read, scored = form.kept(np.array(len(source)), np.array(len(completion)), max_length)
    return source[: int(read)], (completion + form.end)[: int(scored)]


def prompt_ids(text: str, task: Task, tokenizer: Tokenizer, language: str, max_length: int) -> list[int]:
    """Encodes what a person gives a model to go on from, in the form that `encode_rows` gave it in training.

    What is too long loses its end where it is to be summarised, its beginning where it is to be continued.
    """
    return _dressed(text, forms.of(tokenizer, task, language), tokenizer, max_length)


def request_ids(text: str, tokenizer: Tokenizer, language: str, max_length: int) -> list[int]:
    """Encodes a request in a person's own words; what is too long loses its beginning, or in a chat its end."""
    return _dressed(text, forms.request(tokenizer, language), tokenizer, max_length)


def _dressed(text: str, form: Form, tokenizer: Tokenizer, max_length: int) -> list[int]:
    room = max(1, form.room(max_length))
    read = tokenizer.encode(text)
    return form.begin + (read[:room] if form.cue else read[-room:]) + form.cue


def measure(project: Project, progress: Progress = no_progress) -> np.ndarray:
    """Answers every row's whole length in tokens, as the project's model would read it, training rows first.

    int32 [rows], or, for a seq2seq model, [rows, 2]: of what it reads and what it writes, each with its own maximum.

    The first call tokenises every row and writes `lengths/`; the next ones read it, until texts or model change.
    """
    return tokenised(project, progress).lengths


def encode(project: Project, max_length: int | None = None, progress: Progress = no_progress) -> dict:
    """Writes `tokens/`: the three parts as ids and labels. Answers its record.

    `max_length` is in tokens, at most the model's context; None takes the suggestion of `core.tokens.lengths`.
    Raises LessonError `settings_out_of_range`.
    """
    if max_length is not None and (problems := length_problems(project, max_length)):
        raise LessonError("settings_out_of_range", problems="; ".join(problems))
    if max_length is None:
        lengths = measure(project, lambda done: progress(0.8 * done))  # tokenising is most of the time
        context = models.describe(project.model, models.find(project.model)).context
        max_length = max(shortest_length(project), suggest_length(lengths, context).value)
    content = cut_into(project, project.tokens, max_length, progress)
    projects.update(project, "08_lengths", {"max_length": max_length})
    return content


def length_problems(project: Project, max_length: int) -> list[str]:
    """Answers what is wrong with a maximum length: no room for a text, or over the model's context."""
    context = models.describe(project.model, models.find(project.model)).context
    shortest = shortest_length(project)
    return [] if shortest <= max_length <= context else [f"max_length = {max_length} ({shortest}–{context})"]


def cut_into(project: Project, target: Path, max_length: int, progress: Progress = no_progress) -> dict:
    """Writes the three parts, cut to `max_length` tokens a text, into the folder `target`. Answers their record."""
    record, tokenizer = opened(project)
    rows = tokenised(project, lambda done: progress(0.8 * done))
    cut = Cut(tokenizer, form_of(project), max_length)
    with storage.new_folder(target) as folder:
        tokens, done = {}, 0
        for name in PARTS:
            tokens[name] = 0
            with table.writing(folder / name, SCHEMA) as writer:
                for batch in table.read(rows.folder / name).to_batches(max_chunksize=table.BATCH_ROWS):
                    written = cut(batch)
                    writer.write_batch(written)
                    tokens[name] += pc.sum(written["length"]).as_py() or 0
                    done += batch.num_rows
                    progress(0.8 + 0.2 * done / len(rows.lengths))
        content = _record(project, record, rows, max_length) | {"tokens": tokens, "form": cut.form.code}
        storage.write_json(folder / "record.json", content)
    return content


def _record(project: Project, prepared: dict, rows: Tokenised, max_length: int) -> dict:
    return {
        "made_from": prepared["fingerprint"],
        "task": project.task,
        "language": prepared["language"],
        "model": project.model,
        "max_length": max_length,
        "rows": {name: table.read(rows.folder / name).num_rows for name in PARTS},
        "truncated_rows": int((longest_sequences(rows.lengths) > max_length).sum()),
        "fingerprint": storage.fingerprint(prepared["fingerprint"], project.model, max_length),
        "written": time.time(),
    }


def shortest_length(project: Project) -> int:
    """Answers the least maximum length, in tokens, that leaves room for something of hers beside what is put around."""
    form = form_of(project)
    return -(-max(SHORTEST, len(form.begin + form.cue) + 2) // SHORTEST) * SHORTEST


def cut_parts(project: Project, row: dict, max_length: int) -> list[tuple[str, str]]:
    """Answers what `max_length` keeps and what it loses of a row: of its source, where it has one, and its completion.

    What stands after a cut in the middle of a letter counts as lost, with its letter.
    """
    tokenizer, form, task = opened(project)[1], form_of(project), TASKS[project.task]
    source = tokenizer.encode(task.source(row))
    completion = tokenizer.encode(form.completion(task.completion(row)))
    read, scored = _cut(form, source, completion, max_length)
    parts = [(source, len(read)), (completion, len(scored))]
    return [_divided(tokenizer, ids, kept) for ids, kept in parts if ids]


def _divided(tokenizer: Tokenizer, ids: list[int], kept: int) -> tuple[str, str]:
    whole = tokenizer.decode(ids)
    if kept >= len(ids):
        return whole, ""
    begins = tokenizer.decode(ids[:kept]).rstrip("\ufffd")
    return begins, whole[len(begins) :]


def place_of(project: Project, place: int) -> tuple[str, int]:
    """Answers the part, and the place in it from 0, of the text that has this place in what `measure` answers."""
    for part in PARTS:
        count = table.read(project.prepared / part).num_rows
        if place < count:
            return part, place
        place -= count
    raise IndexError(place)
