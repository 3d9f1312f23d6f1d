"""The project's capsule: one sealed ZIP with what she made, which opens in any other copy of the workshop.

Recipe, settings, curves, evaluation, answers and adapters go along; texts too, unless she says no. Checkpoints,
the base model and the workshop's own notes do not.
"""

import json
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from core import storage
from core.data.split import PARTS
from core.data.table import Progress, no_progress
from core.evaluation import evaluate
from core.models.folder import public_name
from core.project import Project
from core.sharing import making, sealed
from core.training import runs
from core.training.runs import Run

_TABLE = r"(state\.json|dataset_info\.json|data-\d{5}-of-\d{5}\.arrow)"
_PARTS = rf"({'|'.join((*PARTS, 'left_out'))})/{_TABLE}"
_OF_RUNS = (
    r"(settings|state|label|reshaped|verdict|before|after)\.json", r"(metrics|samples)\.jsonl",
    r"evaluation/record\.json", r"adapter/\w[\w.-]{0,120}\.(safetensors|json|txt|model|jinja)",
    rf"data/(prepared|tokens)/(record\.json|{_PARTS})",
)  # fmt: skip
_KNOWN = re.compile(
    rf"project\.json|texts/(record\.json|overview\.json|rows/{_TABLE})|(prepared|tokens)/(record\.json|{_PARTS})"
    rf"|runs/run-\d{{1,6}}/({'|'.join(_OF_RUNS)})"
)
# Where her texts are, as words or as tokens, and what quotes them.
_WITH_TEXTS = re.compile(rf"(texts|prepared|tokens)/.*|runs/run-\d+/data/(prepared|tokens)/{_PARTS}")
_OURS = ("class", "path")  # of her choices, what means nothing elsewhere: a class of this server, a place on this disk

KIND = sealed.Kind(
    "llms-para-poetas capsule", "capsule.json", 1, lambda name: bool(_KNOWN.fullmatch(name)), most_files=20_000,
    largest_manifest=10_000_000, another="not_a_capsule", newer="capsule_newer", damaged="capsule_damaged",
    too_big="capsule_does_not_fit",
)  # fmt: skip


def make(project: Project, with_texts: bool = True, progress: Progress = no_progress) -> Path:
    """Writes the project's capsule to `share/capsule/`. Answers the file. Raises LessonError `disk_full`."""
    folder = told(project)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{storage.safe_name(project.name)}.zip"
    print_before = _print(project, with_texts)
    with storage.disk_errors(target), tempfile.TemporaryDirectory(dir=folder) as work:
        fresh = Path(work) / target.name
        facts = {"name": project.name, "created": time.time(), "with_texts": with_texts}
        sealed.write(fresh, KIND, dict(_files(project, with_texts)), facts, progress)
        for old in folder.glob("*.zip"):
            old.unlink()
        fresh.replace(target)
    storage.write_json(folder / "made.json", {"file": target.name, "of": print_before})
    return target


def made(project: Project, with_texts: bool) -> Path | None:
    """Answers the capsule that holds the project as it is now, with or without its texts; None where there is none."""
    record = storage.read_json(told(project) / "made.json") or {}
    path = told(project) / storage.safe_name(str(record.get("file")))
    return path if path.is_file() and record.get("of") == _print(project, with_texts) else None


def told(project: Project) -> Path:
    """The folder of the capsule, where the process that makes it says how far it is."""
    return project.folder / "share" / "capsule"


def start(project: Project, with_texts: bool) -> None:
    """Makes the capsule in a process of its own, unless one is at it."""
    making.start(["capsule", str(project.folder), *([] if with_texts else ["--without-texts"])], told(project))


def _print(project: Project, with_texts: bool) -> str:
    """Answers what changes when anything that would go along does."""
    stats = [(name, path.stat()) for name, path in _paths(project, with_texts)]
    return storage.fingerprint(with_texts, [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])


def _paths(project: Project, with_texts: bool) -> Iterator[tuple[str, Path]]:
    """Yields the files that go along, with their names: of her finished runs, not of others."""
    finished = {run.name for run in runs.list_runs(project) if run.weights}
    for path in sorted(project.folder.rglob("*")):
        name = path.relative_to(project.folder).as_posix()
        is_of_a_run = name.startswith("runs/")
        if not _KNOWN.fullmatch(name) or path.is_symlink() or not path.is_file():
            continue
        if (with_texts or not _WITH_TEXTS.fullmatch(name)) and (not is_of_a_run or name.split("/")[1] in finished):
            yield name, path


def _files(project: Project, with_texts: bool) -> Iterator[tuple[str, Path | bytes]]:
    """Yields names with files, or with content where something has to stay at home."""
    for name, path in _paths(project, with_texts):
        if name == "project.json":
            yield name, _json(_told_of(project))
        elif name.endswith("/settings.json"):
            yield name, _json(_record(Run(path.parent), with_texts))
        elif re.fullmatch(r"runs/run-\d+/state\.json", name):
            yield name, _json(_ended(storage.load_json(path)))
        elif name.endswith("/evaluation/record.json"):
            evaluation = evaluate.result(Run(path.parent.parent))
            if evaluation:  # one of another adapter stays here
                yield name, _json(evaluation if with_texts else evaluation | {"examples": []})
        else:
            yield name, path


def _told_of(project: Project) -> dict:
    """Answers a project as others may see it: not who may open it here, nor where a model lies on this machine."""
    content = asdict(project)
    for ours in ("folder", "id", "owner", "hosted"):
        del content[ours]
    choices = {step: {k: v for k, v in kept.items() if k not in _OURS} for step, kept in project.choices.items()}
    return content | {"model": public_name(project.model), "choices": choices}


def _record(run: Run, with_texts: bool) -> dict:
    """Answers a run's record without a path of this machine; its prompt may be one of her texts."""
    record = run.record()
    prompt = record["prompt"] if with_texts or record["task"] == "write" else ""
    return record | {"model": public_name(record["model"]), "model_folder": "", "prompt": prompt}


def _ended(state: dict) -> dict:
    """Answers the state of a run that ended, whose process is none of this machine's."""
    return state | {"status": "finished", "pid": 0, "born": ""}


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2).encode()
