"""The first two arrows of the data's way: a file becomes texts, texts become prepared texts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import project as projects
from core import storage
from core.classroom import sample_path
from core.data import table
from core.data.clean import STEPS, Cleaned, clean
from core.data.columns import check_columns, guess_columns
from core.data.language import text_language
from core.data.read import read, read_content
from core.data.split import SHARES, split
from core.errors import LessonError
from core.project import Project
from core.tasks import TASKS


@dataclass(frozen=True)
class Source:
    """Where texts came from: the file's name and, while they are being chosen, its table."""

    name: str
    table: table.Table


def open_source(reference: str, language: str) -> Source:
    """Reads `sample:poems`, `sample:notes` or a file's path. Raises LessonError, see `core.data.read`."""
    if reference.startswith("sample:"):
        path = sample_path(reference.removeprefix("sample:"), language)
        if not path.is_file():
            raise LessonError("unknown_sample", name=reference, samples="sample:poems, sample:notes")
        return Source(reference, read(path))
    path = Path(reference).expanduser()
    return Source(path.name, read(path))


def keep_upload(project: Project, content: bytes, name: str) -> Source:
    """Reads what she uploaded or pasted and, if it can be read, keeps the file in the project's `source/`."""
    source = Source(name, read_content(content, name))
    with storage.new_folder(project.folder / "source") as folder:
        (folder / storage.safe_name(name)).write_bytes(content)
    return source


def kept_source(project: Project) -> Source | None:
    """Answers the file kept by `keep_upload`; None where there is none."""
    folder = project.folder / "source"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return Source(files[0].name, read(files[0])) if files else None


def load_texts(project: Project, source: Source, columns: dict[str, str] | None = None) -> dict:
    """Writes `texts/`: the task's columns of every row of the source, none left out. Answers its record."""
    task = TASKS[project.task]
    chosen = {wanted: choice.value for wanted, choice in guess_columns(source.table, task).items()} | (columns or {})
    check_columns(source.table, chosen, task)
    rows: list[dict] = [
        {"row": number, **{wanted: row[chosen[wanted]] for wanted in task.columns}}
        for number, row in enumerate(source.table.rows, start=1)
    ]
    if not any(row["text"].strip() for row in rows):
        raise LessonError("only_blank_texts", name=source.name, rows=len(rows))
    record = {
        "source": source.name,
        "task": task.code,
        "columns": chosen,
        "rows": len(rows),
        "language": text_language(row["text"] for row in rows),
        "fingerprint": storage.fingerprint(rows),
        "written": time.time(),
    }
    with storage.new_folder(project.texts) as folder:
        table.save(rows, folder / "rows", ("row", *task.columns))
        storage.write_json(folder / "record.json", record)
    return record


def look_clean(project: Project, steps: Sequence[str] = STEPS) -> Cleaned:
    """Answers what cleaning would do, writing nothing."""
    return clean(table.rows(project.texts / "rows"), TASKS[project.task], steps)


def prepare(project: Project, steps: Sequence[str] = STEPS, seed: int = 7) -> dict:
    """Writes `prepared/`: train, validation, test, and the rows left out with their reasons. Answers its record.

    Raises LessonError `too_few_texts`.
    """
    task = TASKS[project.task]
    cleaned = look_clean(project, steps)
    parts = split(cleaned.kept, seed)
    made_from = storage.load_json(project.texts / "record.json")
    record = {
        "made_from": made_from["fingerprint"],
        "source": made_from["source"],
        "task": task.code,
        "language": made_from["language"],
        "steps": list(steps),
        "seed": seed,
        "rows_read": made_from["rows"],
        "rows_kept": len(cleaned.kept),
        "rows_tidied": cleaned.tidied,
        "dropped": cleaned.reasons,
        "rows": {name: len(parts[name]) for name in SHARES},
        "fingerprint": storage.fingerprint(parts),
        "written": time.time(),
    }
    with storage.new_folder(project.prepared) as folder:
        for name, rows in parts.items():
            table.save(rows, folder / name, ("row", *task.columns))
        table.save(cleaned.dropped, folder / "left_out", ("row", *task.columns, "reason"))
        storage.write_json(folder / "record.json", record)
    projects.update(project, "06_clean_texts", {"steps": list(steps), "seed": seed})
    return record
