"""A capsule that arrives: looked at whole, and only then a project of this workshop. Nothing of a bad one stays."""

import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from core import classroom, limits, storage
from core import project as projects
from core.data import table
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.evaluation import evaluate
from core.models.folder import CLASSROOM
from core.models.weights import tensors
from core.project import Project
from core.sharing import sealed
from core.sharing.capsule import KIND
from core.tasks import TASKS
from core.texts import LANGUAGES
from core.training import runs
from core.training.runs import Run
from core.training.settings import Settings

_LARGEST_JSON = 200_000_000  # bytes: an evaluation's record quotes the whole test set
# What the pages take for granted in a file, by the end of its name; the longest ending that fits counts.
_EXPECTED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "project.json": {"name": str, "language": str, "task": str, "model": str, "created": (int, float), "choices": dict},
    "texts/record.json": {
        "source": str, "task": str, "columns": dict, "rows": int, "language": str, "fingerprint": str,
    },
    "texts/overview.json": {"rows": int, "characters": dict, "words": dict, "languages": dict},
    "prepared/record.json": {
        "made_from": str, "task": str, "language": str, "recipe": dict, "rows_read": int, "rows_kept": int,
        "rows_mended": int, "dropped": dict, "rows": dict, "leak": dict, "fingerprint": str,
    },
    "tokens/record.json": {
        "made_from": str, "task": str, "language": str, "model": str, "max_length": int, "rows": dict, "tokens": dict,
        "truncated_rows": int, "fingerprint": str,
    },
    "evaluation/record.json": {
        "task": str, "language": str, "rows": int, "written_rows": int, "opened": int, "openings": list, "sides": dict,
        "against": dict, "wins": dict, "distributions": dict, "examples": list, "empty": dict, "unended": dict,
        "left_out": dict,
    },
    "settings.json": {
        "settings": dict, "model": str, "task": str, "language": str, "prompt": str, "made_from": str,
        "created": (int, float),
    },
    "adapter_config.json": {"base_model_name_or_path": str, "peft_type": str},
}  # fmt: skip


def open_capsule(
    root: Path, path: Path, owner: str = "", progress: Progress = no_progress, hosted: bool = False
) -> Project:
    """Makes a project of a capsule, as new as any other and `owner`'s; `hosted` as in `Project`. Answers it.

    Raises LessonError `not_a_capsule`, `capsule_newer`, `capsule_damaged`, `capsule_does_not_fit`, `disk_full`, and
    what `limits` says of a hosted one.
    """
    try:
        return _opened(root, path, {"owner": owner, "hosted": hosted}, progress)
    except LessonError as error:
        if error.code in ("broken_file", "encrypted_file"):
            raise LessonError("not_a_capsule", name=path.name) from error
        raise


def _opened(root: Path, path: Path, whose: dict[str, Any], progress: Progress) -> Project:
    root.mkdir(parents=True, exist_ok=True)
    storage.recover(root)
    if whose["hosted"]:
        limits.may_begin(root, whose["owner"])
    id = projects.new_id()
    with sealed.opened(path, KIND) as (packed, manifest):
        if "project.json" not in manifest["files"]:
            raise LessonError("not_a_capsule", name=path.name)
        sealed.check_room(path, manifest, root, KIND)
        if whose["hosted"]:
            limits.may_unpack(root, whose["owner"], sealed.size(manifest))
        with storage.new_folder(root / id) as fresh:
            sealed.lay_out(packed, manifest, fresh, path, KIND, progress)
            for name in manifest["files"]:
                if not _is_well(fresh / name, name):
                    raise LessonError("capsule_damaged", name=path.name, file=name)
            content = storage.load_json(fresh / "project.json")
            for run in sorted((fresh / "runs").glob("*")):
                if not (run / "settings.json").is_file() or Run(run).weights is None:
                    raise LessonError("capsule_damaged", name=path.name, file=f"runs/{run.name}")
                _settle(Run(run))
            ours = {"id": id, **whose, "created": time.time(), "name": content["name"].strip()[:60] or path.stem}
            kept = {name: content[name] for name in ("language", "task", "model", "choices")}
            storage.write_json(fresh / "project.json", ours | kept)
    return projects.open_project(root, id)


def misses_its_base(project: Project) -> bool:
    """Says whether a run of the project waits for a base model that this machine does not have."""
    return any(not Path(run.record()["model_folder"]).is_dir() for run in runs.list_runs(project))


def _settle(run: Run) -> None:
    """Makes a run at home here: its process is none of this machine's, its base is where this machine has it."""
    record = run.record()
    runs.base_is_at(run, _base(record["model"]) or Path(record["model"]))
    state = storage.read_json(run.folder / "state.json") or {}
    storage.write_json(run.folder / "state.json", state | {"status": "finished", "pid": 0, "born": "", "error": None})
    evaluate.adopt(run)


def _base(reference: str) -> Path | None:
    """Answers where this machine has a base model, by a name that is never a path; None where it has it not."""
    if reference == CLASSROOM:
        return classroom.MODEL
    from core.models import hub

    return hub.on_disk(reference) if hub.is_hub_id(reference) else None


# ---------------------------------------------------------------- what is looked at


def _is_well(path: Path, name: str) -> bool:
    """Says whether a file holds what its name says: what is drawn from it later is never a surprise."""
    try:
        _look_at(path, name)
    except (LessonError, ValueError, TypeError, KeyError, RecursionError, OSError, pa.ArrowException):
        return False
    return True


def _look_at(path: Path, name: str) -> None:
    if path.suffix == ".safetensors":
        tensors(path)
    elif path.suffix == ".arrow":
        table.read(path.parent).validate(full=True)  # offsets too: they are followed without a second look
    elif path.suffix in (".json", ".jsonl") and path.stat().st_size > _LARGEST_JSON:
        raise ValueError(name)
    elif path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            _expect(isinstance(json.loads(line), dict))
    elif path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        _expect(isinstance(content, dict))
        ending = max((end for end in _EXPECTED if f"/{name}".endswith(f"/{end}")), key=len, default="")
        for key, kind in _EXPECTED.get(ending, {}).items():
            _expect(isinstance(content[key], kind))
        if ending == "project.json":
            _look_at_project(content)
        if ending == "settings.json":
            _expect(content["task"] in TASKS and content["language"] in LANGUAGES)
            Settings().changed(content["settings"])


def _look_at_project(content: dict[str, Any]) -> None:
    _expect(content["language"] in LANGUAGES and content["task"] in TASKS)
    _expect(all(isinstance(kept, dict) for kept in content["choices"].values()))
    reference = Path(content["model"]).expanduser()
    _expect(len(content["model"]) <= 200 and not reference.is_absolute() and ".." not in reference.parts)


def _expect(true: bool) -> None:
    if not true:
        raise ValueError
