"""From prepared rows to ids and labels: what is scored, what is only read, and what the maximum length cuts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from core import project as projects
from core import storage
from core.data import table
from core.data.split import SHARES
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.tasks import TASKS, Task
from core.tokens import tokenizer as tokenizers
from core.tokens.tokenizer import Tokenizer

IGNORED = -100  # the label that torch's cross entropy leaves out by default
COLUMNS = ("row", "input_ids", "labels", "length", "characters")
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
        examples.append(
            Example(
                row=row["row"],
                input_ids=context + scored,
                labels=[IGNORED] * len(context) + scored,
                characters=len(tokenizer.decode(scored[: len(completion)])),
                truncated=len(read) + len(scored) < len(source) + len(completion) + len(end),
            )
        )
    return examples


def ends(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Answers what begins and what ends a text: one id each, or none where the model has none."""
    begin, end = ([] if id is None else [id] for id in (tokenizer.bos_id, tokenizer.eos_id))
    return begin, end


def fit(source: list[int], scored: list[int], room: int) -> tuple[list[int], list[int]]:
    """Cuts to `room` tokens: first the end of the source, which keeps half the room; then the end of the rest."""
    room = max(0, room)
    kept = source[: max(room - len(scored), room // 2)]
    return kept, scored[: room - len(kept)]


def prompt_ids(text: str, task: Task, tokenizer: Tokenizer, language: str, max_length: int) -> list[int]:
    """Encodes what a person gives a model to go on from, in the form that `encode_rows` gave it in training.

    What is too long loses its end where it is to be summarised, its beginning where it is to be continued.
    """
    begin, _ = ends(tokenizer)
    cue = tokenizer.encode(task.cue(language))
    room = max(1, max_length - len(begin) - len(cue))
    read = tokenizer.encode(text)
    return begin + (read[:room] if cue else read[-room:]) + cue


def measure(project: Project) -> list[int]:
    """Answers the whole length in tokens of every row, as the project's model would read it; training rows first."""
    record, tokenizer = _opened(project)
    rows = [row for name in SHARES for row in table.rows(project.prepared / name)]
    examples = encode_rows(rows, TASKS[project.task], tokenizer, record["language"], max_length=10**9)
    return [len(example.input_ids) for example in examples]


def encode(project: Project, max_length: int | None = None) -> dict:
    """Writes `tokens/`: the three parts as ids and labels. Answers its record.

    `max_length` is in tokens, at most the model's context; None takes the suggestion of `core.tokens.lengths`.
    Raises LessonError `settings_out_of_range`.
    """
    from core.tokens.lengths import suggest_length

    record, tokenizer = _opened(project)
    context = models.describe(project.model, models.find(project.model)).context
    if max_length is None:
        max_length = suggest_length(measure(project), context).value
    shortest = shortest_length(project)
    if not shortest <= max_length <= context:
        raise LessonError("settings_out_of_range", problems=f"max_length = {max_length} ({shortest}–{context})")
    parts = {
        name: encode_rows(
            table.rows(project.prepared / name),
            TASKS[project.task],
            tokenizer,
            record["language"],
            max_length,
        )
        for name in SHARES
    }
    written = {
        "made_from": record["fingerprint"],
        "task": project.task,
        "language": record["language"],
        "model": project.model,
        "max_length": max_length,
        "rows": {name: len(examples) for name, examples in parts.items()},
        "tokens": {name: sum(len(e.input_ids) for e in examples) for name, examples in parts.items()},
        "truncated_rows": sum(example.truncated for examples in parts.values() for example in examples),
        "fingerprint": storage.fingerprint(record["fingerprint"], project.model, max_length),
        "written": time.time(),
    }
    with storage.new_folder(project.tokens) as folder:
        for name, examples in parts.items():
            rows = [{**vars(example), "length": len(example.input_ids)} for example in examples]
            table.save(rows, folder / name, COLUMNS)
        storage.write_json(folder / "record.json", written)
    projects.update(project, "08_lengths", {"max_length": max_length})
    return written


def _opened(project: Project) -> tuple[dict, Tokenizer]:
    record = storage.read_json(project.prepared / "record.json")
    if record is None:
        raise LessonError("not_prepared")
    return record, tokenizers.load(models.find(project.model))


def shortest_length(project: Project) -> int:
    """Answers the least maximum length, in tokens, that leaves room for something of hers beside the task's cue."""
    record, tokenizer = _opened(project)
    begin, _ = ends(tokenizer)
    cue = tokenizer.encode(TASKS[project.task].cue(record["language"]))
    return -(-max(SHORTEST, len(begin + cue) + 2) // SHORTEST) * SHORTEST


def cut_text(project: Project, row: dict, max_length: int) -> str:
    """Answers what the model would still read of a row under `max_length`, special tokens left out."""
    record, tokenizer = _opened(project)
    (example,) = encode_rows([row], TASKS[project.task], tokenizer, record["language"], max_length)
    return tokenizer.backend.decode(example.input_ids, skip_special_tokens=True)
