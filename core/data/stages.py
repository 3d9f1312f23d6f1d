"""The first two arrows of the data's way: what she brought becomes texts, texts become prepared texts."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core import project as projects
from core import storage
from core.data import recipe, split, table
from core.data.clean import GROUP, Cleaned, Finding, clean
from core.data.columns import check_columns, guess_columns
from core.data.language import main_language, text_language
from core.data.overview import overview
from core.data.recipe import Recipe
from core.data.sources import Source
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.machine import Choice
from core.project import Project
from core.tasks import TASKS, Task

ROOM = 1600  # characters: what the classroom model reads at once, 512 tokens of some three letters each

# ---------------------------------------------------------------- 1. texts


def load_texts(
    project: Project,
    source: Source,
    columns: Mapping[str, str] | None = None,
    progress: Progress = no_progress,
    task_code: str = "",
) -> dict:
    """Writes `texts/`: the task's columns of every row of the source, none left out. Answers its record.

    `columns` may also name a `group`: what tells which rows come from one book, author or document. A `task_code`
    other than the project's becomes the project's once the texts are there.
    """
    task = TASKS[task_code or project.task]
    guessed = {wanted: choice.value for wanted, choice in guess_columns(source.table, task).items()}
    chosen = guessed | {wanted: column for wanted, column in (columns or {}).items() if column}
    check_columns(source.table, chosen, task)
    data = source.table.data
    if (pc.max(pc.utf8_length(pc.utf8_trim_whitespace(data.column(chosen["text"])))).as_py() or 0) == 0:
        raise LessonError("only_blank_texts", name=source.name, rows=len(data))
    fields = [*task.columns, GROUP] if GROUP in chosen else [*task.columns]
    arrays = {wanted: data.column(chosen[wanted]).cast(pa.string()) for wanted in fields}
    loaded = pa.table({"row": pa.array(np.arange(1, len(data) + 1)), **arrays})
    language = text_language(loaded.column("text").slice(0, 200).to_pylist())
    seen = overview(loaded, task.columns, language, progress)
    with storage.new_folder(project.texts) as folder:
        table.save(loaded, folder / "rows")
        storage.write_json(folder / "overview.json", seen)
        record = {
            "source": source.name,
            "task": task.code,
            "columns": chosen,
            "rows": len(loaded),
            "language": language,
            "fingerprint": storage.fingerprint(chosen, task.code, table.file_fingerprint(folder / "rows")),
            "written": time.time(),
        }
        storage.write_json(folder / "record.json", record)
    if task.code != project.task:
        projects.update(project, task=task.code)
    return record


def loaded_columns(project: Project, source: Source, task: Task) -> dict[str, str]:
    """Answers the columns that `texts/` was made with; none where it came from another source or for another task."""
    record = storage.read_json(project.texts / "record.json") or {}
    if (record.get("source"), record.get("task")) != (source.name, task.code):
        return {}
    return record["columns"] if set(record["columns"].values()) <= set(source.table.columns) else {}


def is_shortest(project: Project, row: int) -> bool:
    """Says whether no text of `texts/` has fewer characters than that of `row` (its number in her file, from 1)."""
    loaded = table.read(project.texts / "rows")
    least = storage.load_json(project.texts / "overview.json")["characters"]["min"]
    return 1 <= row <= len(loaded) and len(table.row(loaded, row - 1)["text"]) == least


# ---------------------------------------------------------------- 2. prepared texts


def proposed(project: Project, room: int = ROOM) -> tuple[Recipe, dict[str, Choice]]:
    """Answers the recipe that we propose for the project's texts, and why; `room` in characters."""
    return recipe.propose(storage.load_json(project.texts / "overview.json"), TASKS[project.task], room)


def look_clean(project: Project, chosen: Recipe, progress: Progress = no_progress) -> Cleaned:
    """Answers what cleaning does, doing it once: it is kept in `cleaned/` until texts or recipe change."""
    record = storage.load_json(project.texts / "record.json")
    made_from = storage.fingerprint(record["fingerprint"], asdict(chosen))
    folder = project.folder / "cleaned"
    if (storage.read_json(folder / "record.json") or {}).get("made_from") == made_from:
        return _kept_clean(folder)
    most = main_language(storage.load_json(project.texts / "overview.json")["languages"]) or record["language"]
    rows = table.read(project.texts / "rows")
    cleaned = clean(rows, TASKS[project.task], chosen, record["language"], most, progress)
    with storage.new_folder(folder) as fresh:
        table.save(cleaned.kept, fresh / "kept")
        table.save(cleaned.left_out, fresh / "left_out")
        np.savez(fresh / "keys.npz", kept=cleaned.keys, naive=cleaned.naive_keys)
        findings = {code: asdict(finding) for code, finding in cleaned.findings.items()}
        content = {"made_from": made_from, "recipe": asdict(chosen), "findings": findings, "mended": cleaned.mended}
        storage.write_json(fresh / "record.json", content)
    return cleaned


def is_looked_at(project: Project, chosen: Recipe) -> bool:
    """Says whether `look_clean` would answer at once."""
    record = storage.load_json(project.texts / "record.json")
    seen = storage.read_json(project.folder / "cleaned" / "record.json") or {}
    return seen.get("made_from") == storage.fingerprint(record["fingerprint"], asdict(chosen))


def seen_recipe(project: Project) -> Recipe | None:
    """Answers the recipe that the texts, as they are now, were last looked at with; None where they never were."""
    seen = storage.read_json(project.folder / "cleaned" / "record.json")
    chosen = Recipe().changed(seen["recipe"]) if seen else None
    return chosen if chosen and is_looked_at(project, chosen) else None


def _kept_clean(folder: Path) -> Cleaned:
    record = storage.load_json(folder / "record.json")
    findings = {code: Finding(**finding) for code, finding in record["findings"].items()}
    with np.load(folder / "keys.npz") as keys:
        return Cleaned(
            table.read(folder / "kept"),
            table.read(folder / "left_out"),
            findings,
            record["mended"],
            keys["kept"],
            keys["naive"],
        )


def prepare(project: Project, chosen: Recipe | None = None, seed: int = 7, progress: Progress = no_progress) -> dict:
    """Writes `prepared/`: train, validation, test, and the rows left out with their reasons. Answers its record.

    Without a recipe, the proposed one. Raises LessonError `too_few_texts`, `too_few_groups`.
    """
    made_from = storage.load_json(project.texts / "record.json")  # first: others may be loaded while we work
    chosen = chosen or proposed(project)[0]
    cleaned = look_clean(project, chosen, progress)
    parts = split.assign(cleaned.keys, seed)
    leak = split.leak(split.naive(len(cleaned.naive_keys), seed), cleaned.naive_keys)
    with storage.new_folder(project.prepared) as folder:
        prints = []
        for code, name in enumerate(split.PARTS):
            table.save(cleaned.kept.filter(pa.array(parts == code)), folder / name)
            prints.append(table.file_fingerprint(folder / name))
        table.save(cleaned.left_out, folder / "left_out")
        record = {
            "made_from": made_from["fingerprint"],
            "source": made_from["source"],
            "task": project.task,
            "language": made_from["language"],
            "recipe": asdict(chosen),
            "seed": seed,
            "rows_read": made_from["rows"],
            "rows_kept": len(cleaned.kept),
            "rows_mended": cleaned.mended,
            "dropped": cleaned.reasons,
            "rows": {name: int((parts == code).sum()) for code, name in enumerate(split.PARTS)},
            "leak": leak,
            "fingerprint": storage.fingerprint(prints),
            "written": time.time(),
        }
        storage.write_json(folder / "record.json", record)
    keep_recipe(project, chosen, seed)
    return record


def keep_recipe(project: Project, chosen: Recipe, seed: int) -> None:
    """Notes what she chose, and for which texts: for others it may not fit."""
    texts = storage.load_json(project.texts / "record.json")["fingerprint"]
    projects.update(project, "06_clean_texts", {"recipe": asdict(chosen), "seed": seed, "recipe_for": texts})


def kept_recipe(project: Project) -> Recipe | None:
    """Answers the recipe that she chose for the texts as they are now, looked at again; None where there is none."""
    kept = project.choices.get("06_clean_texts", {})
    if kept.get("recipe_for") != storage.load_json(project.texts / "record.json")["fingerprint"]:
        return None
    return Recipe().changed(kept["recipe"])


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe written as JSON. Raises LessonError `recipe_unreadable`, `recipe_problems`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise LessonError("recipe_unreadable", name=path.name) from error
    if not isinstance(content, dict):
        raise LessonError("recipe_unreadable", name=path.name)
    return Recipe().changed(content)
