"""Runs on disk: creating one, starting it, asking it to pause or to finish, and knowing how it is."""

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core import limits, processes, storage
from core.errors import LessonError
from core.models import folder as models
from core.processes import ACTIVE
from core.project import Project
from core.tokens import encode
from core.training import subset
from core.training.ready import READY
from core.training.settings import Settings

# What a run was made for: her own model, a comparison of how many texts help (`dose.py`), a fault to watch (`lab.py`).
OWN, DOSE, LAB = "own", "dose", "lab"
PAUSE, FINISH = "pause", "finish"
_DISCARDED = ".discarded"  # a folder beside the runs
_KEPT_DAYS = 7  # how long a discarded run can come back
CAN_CONTINUE = ("none", "paused", "died", "failed")
RESERVED_BYTES = 65_536  # set aside, so that a disk that fills up still has room for saying so


@dataclass(frozen=True)
class Run:
    """A run's folder. It carries its own copy of the data it was made from, so that nothing can change under it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def workspace(self) -> Path:
        return self.folder.parent.parent.parent

    @property
    def tokens(self) -> Path:
        return self.folder / "data" / "tokens"

    @property
    def prepared(self) -> Path:
        return self.folder / "data" / "prepared"

    @property
    def adapter(self) -> Path:
        """The folder of what it learned: an adapter, or a whole model where the method is `full`."""
        return self.folder / "adapter"

    @property
    def weights(self) -> Path | None:
        """The file of what it learned; None as long as the run has not ended."""
        return models.weights_of(self.adapter)

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        return self.folder / "samples.jsonl"

    def record(self) -> dict:
        """Answers `settings.json`: the settings, the model, the task and what the data was."""
        record = storage.read_json(self.folder / "settings.json")
        if record is None:
            raise LessonError("run_not_found", run=self.name)
        return record

    @property
    def purpose(self) -> str:
        """OWN, DOSE or LAB; only her OWN runs are evaluated, compared and shared."""
        return (storage.read_json(self.folder / "settings.json") or {}).get("purpose", OWN)

    def settings(self) -> Settings:
        """Answers the settings it was made with, but for what had to change so that it fits in memory."""
        return Settings(**self.record()["settings"] | self.reshaped())

    def reshaped(self) -> dict[str, Any]:
        """Answers the settings that had to change, with their new values; empty where none had to."""
        return storage.read_json(self.folder / "reshaped.json") or {}

    def label(self) -> "Label":
        return Label(**(storage.read_json(self.folder / "label.json") or {}))


@dataclass(frozen=True)
class Label:
    """How a person calls a run, and what she noted about it; both may be empty."""

    name: str = ""
    note: str = ""


def open_run(folder: Path) -> Run:
    """Raises LessonError `run_not_found` unless `folder` is a run's."""
    run = Run(Path(folder).absolute())
    run.record()
    return run


def is_in_four_bits(run: Run) -> bool:
    """Says whether bitsandbytes has to read the run's model: for QLoRA, or because its makers kept it that way."""
    config = storage.read_json(Path(run.record()["model_folder"]) / "config.json") or {}
    return run.settings().method == "qlora" or "quantization_config" in config


def list_runs(project: Project, purpose: str | None = OWN) -> list[Run]:
    """Answers a project's runs that were made for this purpose (None: for any), the newest first.

    Those whose settings the disk has lost are left out.
    """
    folders = [path.parent for path in project.runs.glob("run-*/settings.json") if storage.read_json(path)]
    made = [Run(folder) for folder in sorted(folders, key=lambda f: -int(f.name.removeprefix("run-")))]
    return [run for run in made if purpose is None or run.purpose == purpose]


def create(
    project: Project,
    settings: Settings,
    prompt: str = "",
    folder: Path | None = None,
    *,
    keep: Mapping[str, Sequence[int]] | None = None,
    marks: Mapping[str, object] | None = None,
) -> Run:
    """Makes a run: its settings and its own copy of tokens and prepared texts (hard links where the disk can).

    `prompt` begins the sample that the model writes at each evaluation. It gets the next number among the project's
    runs, unless it is to be made in another, new `folder`. `keep` names, by part, the places of the only rows that
    its copy has. `marks` stand in its record: a run that is not her own says its `purpose` there. Raises LessonError:
    `not_tokenised`, `stale_tokens`, `settings_out_of_range`, and on a shared server what `limits.may_run` does.
    """
    tokens = storage.read_json(project.tokens / "record.json")
    prepared = storage.read_json(project.prepared / "record.json")
    if tokens is None or prepared is None:
        raise LessonError("not_tokenised")
    if tokens["made_from"] != prepared["fingerprint"] or tokens["model"] != project.model:
        raise LessonError("stale_tokens")
    problems = settings.problems()
    if settings.max_length:
        problems += encode.length_problems(project, settings.max_length)
    if problems:
        raise LessonError("settings_out_of_range", problems="; ".join(problems))
    kept_rows = (keep or {}).get("train")
    rows = tokens["rows"]["train"] if kept_rows is None else len(kept_rows)
    limits.may_run(project.folder, settings.steps(rows))
    limited = limits.of(project.folder)
    run = Run(folder or new_folder(project))
    for source, copy in ((project.tokens, run.tokens), (project.prepared, run.prepared)):
        with storage.disk_errors(copy):
            shutil.copytree(source, copy, copy_function=_link)
    if settings.max_length not in (0, tokens["max_length"]):
        encode.cut_into(project, run.tokens, settings.max_length)
    subset.keep_all(run.tokens, run.prepared, keep or {})
    record = {
        "settings": asdict(settings),
        "model": project.model,
        "model_folder": str(models.find(project.model)),
        "task": project.task,
        "language": tokens["language"],
        "prompt": prompt,
        "made_from": tokens["fingerprint"],
        "created": time.time(),
        "most_minutes": limited.run_minutes if limited else 0,
        **(marks or {}),
    }
    storage.write_json(run.folder / "settings.json", record)
    return run


def base_is_at(run: Run, folder: Path) -> None:
    """Notes where this machine keeps the run's base model: it was trained on another, or the folder was moved."""
    storage.write_json(run.folder / "settings.json", run.record() | {"model_folder": str(folder)})


def set_label(run: Run, label: Label) -> None:
    storage.write_json(run.folder / "label.json", asdict(label))


def halve_batch(run: Run) -> bool:
    """Reads fewer texts at a time, see `Settings.halved`. Answers whether there was anything left to divide."""
    settings = run.settings()
    reshape(run, settings.halved())
    return settings.batch_size > 1


def reshape(run: Run, changes: Mapping[str, object]) -> None:
    """Notes what has to be otherwise than the settings say, so that the run fits in memory."""
    if changes:
        storage.write_json(run.folder / "reshaped.json", {**run.reshaped(), **changes})


def discard(run: Run) -> None:
    """Takes a run out of the project; for a week `restore` brings it back.

    Raises LessonError `run_is_busy`, `run_is_away`.
    """
    status = processes.read_state(run.folder)["status"]
    if status in ACTIVE:
        raise LessonError("run_is_busy", run=run.name)
    if status == "away":
        raise LessonError("run_is_away", run=run.folder)
    away = run.folder.parent / _DISCARDED
    away.mkdir(exist_ok=True)
    for old in away.iterdir():
        if time.time() - old.stat().st_mtime > _KEPT_DAYS * 86_400:
            shutil.rmtree(old, ignore_errors=True)
    os.utime(run.folder)  # its week begins now
    run.folder.rename(away / run.name)


def discarded(project: Project) -> list[Run]:
    """Answers the runs that `restore` can bring back, the last discarded first."""
    folders = [path.parent for path in (project.runs / _DISCARDED).glob("run-*/settings.json")]
    return [Run(folder) for folder in sorted(folders, key=lambda folder: -folder.stat().st_mtime)]


def restore(run: Run) -> None:
    """Brings a discarded run back under its old number, which no other was given."""
    run.folder.rename(run.folder.parent.parent / run.name)


def start(run: Run, finish: bool = False) -> None:
    """Starts, or continues, a run in its own process; does nothing where it is already at work.

    With `finish` it only ends it, with the best that its checkpoints hold. Raises LessonError `run_is_finished`,
    `run_is_away`, `disk_full` and, on a shared server, `run_in_line`.
    """
    state = processes.read_state(run.folder)
    if state["status"] in ACTIVE:
        return
    if state["status"] == "finished":
        raise LessonError("run_is_finished", run=run.name)
    if state["status"] == "away":
        raise LessonError("run_is_away", run=run.folder)
    if shutil.disk_usage(run.folder).free < 2 * RESERVED_BYTES:  # its process could not even say so
        raise LessonError("disk_full", folder=run.folder)
    limits.may_start(run.folder.parent.parent, _of_one_work(run))
    (run.folder / "request").unlink(missing_ok=True)
    if finish or is_in_four_bits(run) or not READY.take(run.folder):
        processes.launch(["train", str(run.folder), *(["--finish"] if finish else [])], run.folder)


def _of_one_work(run: Run) -> list[Path]:
    """Answers the folders of the runs that are one work with `run`: itself, and those of its comparison."""
    group = run.record().get("dose_group")
    records = run.folder.parent.glob("run-*/settings.json") if group else ()
    together = [path.parent for path in records if (storage.read_json(path) or {}).get("dose_group") == group]
    return [run.folder, *together]


def ask(run: Run, request: str) -> None:
    """Asks a run's process to PAUSE (keep the checkpoint, continue later) or to FINISH now with the best so far."""
    storage.write_text(run.folder / "request", request)


def requested(run: Run) -> str | None:
    """Answers what was asked of the run, if anything."""
    try:
        return (run.folder / "request").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def new_folder(project: Project) -> Path:
    """Makes the folder of the next free number; two tabs at once get two runs."""
    taken = [*list_runs(project, purpose=None), *discarded(project)]
    number = 1 + max((int(run.name.removeprefix("run-")) for run in taken), default=0)
    while True:
        folder = project.runs / f"run-{number}"
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy)
    except OSError:
        shutil.copy2(source, copy)
