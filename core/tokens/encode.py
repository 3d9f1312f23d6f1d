"""From prepared rows to ids and labels: what is scored, what is only read, and what the maximum length cuts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import project as projects
from core import storage
from core.data import table
from core.data.split import PARTS
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.tasks import TASKS, Task
from core.tokens.cut import IGNORED, SCHEMA, Cut, fit
from core.tokens.lengths import suggest_length
from core.tokens.tokenise import Tokenised, ends, opened, tokenised
from core.tokens.tokenizer import Tokenizer

SHORTEST = 8


@dataclass(frozen=True)
class Example:
    """One row as a model reads it. `characters` counts the text whose tokens are scored."""

    row: int
    input_ids: list[int]
    labels: list[int]
    characters: int
    truncated: bool


def encode_rows(
    rows: Sequence[dict], task: Task, tokenizer: Tokenizer, language: str, max_length: int
) -> list[Example]:
    """Encodes rows as `begin + source + cue + completion + end`, with labels on completion and end only."""
    begin, end = ends(tokenizer)
    cue = tokenizer.encode(task.cue(language))
    sources = tokenizer.encode_all([task.source(row) for row in rows])
    completions = tokenizer.encode_all([task.completion(row) for row in rows])
    examples = []
    for row, source, completion in zip(rows, sources, completions, strict=True):
        read, scored = fit(source, completion + end, max_length - len(begin) - len(cue))
        context = begin + read + cue
        is_whole = len(scored) >= len(completion)
        examples.append(
            Example(
                row=row["row"],
                input_ids=context + scored,
                labels=[IGNORED] * len(context) + scored,
                characters=len(task.completion(row) if is_whole else tokenizer.decode(scored)),
                truncated=len(read) + len(scored) < len(source) + len(completion) + len(end),
            )
        )
    return examples


def prompt_ids(text: str, task: Task, tokenizer: Tokenizer, language: str, max_length: int) -> list[int]:
    """Encodes what a person gives a model to go on from, in the form that `encode_rows` gave it in training.

    What is too long loses its end where it is to be summarised, its beginning where it is to be continued.
    """
    begin, _ = ends(tokenizer)
    cue = tokenizer.encode(task.cue(language))
    room = max(1, max_length - len(begin) - len(cue))
    read = tokenizer.encode(text)
    return begin + (read[:room] if cue else read[-room:]) + cue


def measure(project: Project, progress: Progress = no_progress) -> np.ndarray:
    """Answers every row's whole length in tokens, as the project's model would read it: int32, training rows first.

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
    cut = Cut(tokenizer, tokenizer.encode(TASKS[project.task].cue(record["language"])), max_length)
    with storage.new_folder(target) as folder:
        tokens, done = {}, 0
        for name in PARTS:
            tokens[name] = 0
            with table.writing(folder / name, SCHEMA) as writer:
                for batch in table.read(rows.folder / name).to_batches(max_chunksize=table.BATCH_ROWS):
                    written = cut(batch)
                    writer.write_batch(written)
                    tokens[name] += len(written["input_ids"].flatten())
                    done += batch.num_rows
                    progress(0.8 + 0.2 * done / len(rows.lengths))
        content = _record(project, record, rows, max_length) | {"tokens": tokens}
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
        "truncated_rows": int((rows.lengths > max_length).sum()),
        "fingerprint": storage.fingerprint(prepared["fingerprint"], project.model, max_length),
        "written": time.time(),
    }


def shortest_length(project: Project) -> int:
    """Answers the least maximum length, in tokens, that leaves room for something of hers beside the task's cue."""
    record, tokenizer = opened(project)
    begin, _ = ends(tokenizer)
    cue = tokenizer.encode(TASKS[project.task].cue(record["language"]))
    return -(-max(SHORTEST, len(begin + cue) + 2) // SHORTEST) * SHORTEST


def cut_text(project: Project, row: dict, max_length: int) -> str:
    """Answers what the model would still read of a row under `max_length`, special tokens left out."""
    record, tokenizer = opened(project)
    (example,) = encode_rows([row], TASKS[project.task], tokenizer, record["language"], max_length)
    return tokenizer.backend.decode(example.input_ids, skip_special_tokens=True)


def cut_parts(project: Project, row: dict, max_length: int) -> list[tuple[str, str]]:
    """Answers what `max_length` keeps and what it loses of a row: of its source, where it has one, and its completion.

    What stands after a cut in the middle of a letter counts as lost, with its letter.
    """
    record, tokenizer = opened(project)
    task = TASKS[project.task]
    begin, end = ends(tokenizer)
    source, completion = tokenizer.encode(task.source(row)), tokenizer.encode(task.completion(row))
    room = max_length - len(begin) - len(tokenizer.encode(task.cue(record["language"])))
    read, scored = fit(source, completion + end, room)
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
