"""What each learner may take of a server that she shares with others. On her own computer nothing of this holds.

A project that was begun on a shared server is `hosted`, for good: whoever works on it, from a page or a command, is
held to these. The person who runs the server sets them in `.streamlit/secrets.toml`, under `[limits]`, or as variables
of its environment (`LLMS_LIMIT_PROJECTS=3`).
"""

import math
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from core import processes, storage
from core.errors import LessonError

PREFIX = "LLMS_LIMIT_"
_MB = 1_000_000
_published: dict[str, str] = {}  # the variables that `publish` set, as it set them


@dataclass(frozen=True)
class Limits:
    """Each limit, with why it is that unless somebody sets it otherwise. Sizes in MB (10⁶ bytes)."""

    projects: int = 5  # hers at a time: one for each evening of a course
    disk_mb: int = 500  # of all her projects: a run of the classroom model takes about 20; twenty learners, 10 GB
    upload_mb: int = 20  # at once: ten novels, and little for the memory of a server that many upload to
    run_minutes: int = 20  # that a run may learn: at twenty learners, an afternoon for all
    run_steps: int = 3000  # what a small server takes in those minutes with the classroom model
    model_mb: int = 600  # of a model from the Hub: what two cores train in minutes, and three of which fit in memory
    keep_days: int = 30  # without a visit: a month's holiday, and no longer than what people remember to have left
    model_processes: int = 1  # that answer on the pages: each holds up to three models, and takes a core


def publish(given: Mapping[str, object]) -> None:
    """Lets this process, and those that it starts, know limits as they stand in a file of secrets.

    A variable that was set where the process was started counts more.
    """
    for name, value in given.items():
        key = PREFIX + str(name).upper()
        if os.environ.get(key) in (None, _published.get(key)):
            os.environ[key] = _published[key] = str(value)


def read(environment: Mapping[str, str] = os.environ) -> Limits:
    """Answers the limits of this server; what is set and cannot be understood is as if it were not."""
    given = {field.name: _number(environment.get(PREFIX + field.name.upper(), "")) for field in fields(Limits)}
    return Limits(**{name: value for name, value in given.items() if value})


def misread(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Answers the names of the limits that are set to what is no whole number above 0, and those that there are not."""
    known = {field.name for field in fields(Limits)}
    set_here = {key.removeprefix(PREFIX).lower(): value for key, value in environment.items() if key.startswith(PREFIX)}
    return sorted(name for name, value in set_here.items() if name not in known or not _number(value))


def _number(written: str) -> int:
    return int(written) if written.strip().isdecimal() else 0


def of(folder: Path) -> Limits | None:
    """Answers the limits of the project in `folder`; None where it was begun on her own computer."""
    record = storage.read_json(folder / "project.json") or {}
    return read() if record.get("hosted") else None


def hosted(root: Path, owner: str = "") -> list[Path]:
    """Answers the folders of the projects that were begun on this shared server, by `owner` or by anybody."""
    records = ((path.parent, storage.read_json(path) or {}) for path in root.glob("*/project.json"))
    return [folder for folder, record in records if record.get("hosted") and owner in ("", record.get("owner"))]


def may_begin(root: Path, owner: str) -> None:
    """Raises LessonError `too_many_projects` where `owner` has as many hosted projects as one may have."""
    most, now = read().projects, len(hosted(root, owner))
    if now >= most:
        raise LessonError("too_many_projects", most=most, now=now)
    _has_room(root, owner, 0)


def may_unpack(root: Path, owner: str, size: int) -> None:
    """Raises LessonError `disk_over_limit` where a capsule of `size` bytes is more than `owner` has room for."""
    _has_room(root, owner, size)


def may_keep(folder: Path, size: int) -> None:
    """Raises LessonError `upload_over_limit`, `disk_over_limit` where `size` bytes more are too many for a project."""
    if of(folder):
        may_send(size)
        may_make(folder, size)


def may_make(folder: Path, size: int) -> None:
    """Raises LessonError `disk_over_limit` where a project's learner has no room for `size` bytes that it would make.

    A capsule is not asked about: it is her way out of a full disk.
    """
    if of(folder):
        _has_room(folder.parent, storage.load_json(folder / "project.json")["owner"], size)


def may_send(size: int) -> None:
    """Raises LessonError `upload_over_limit` where that many bytes at once are more than this server takes."""
    most = read().upload_mb
    if size > most * _MB:
        raise LessonError("upload_over_limit", most=most, now=-(-size // _MB))


def may_run(folder: Path, steps: int, seconds: float = 0.0) -> None:
    """Raises LessonError `run_over_steps`, or `run_over_minutes` where it is promised to take too long.

    `disk_over_limit` where its learner has no room left for what it would keep.
    """
    limits = of(folder)
    if limits is None:
        return
    minutes = math.ceil(seconds / 60)
    if steps > limits.run_steps:
        raise LessonError("run_over_steps", steps=steps, most=limits.run_steps)
    if minutes > limits.run_minutes:
        raise LessonError("run_over_minutes", minutes=minutes, most=limits.run_minutes)
    may_make(folder, 0)


def may_start(folder: Path, together: list[Path]) -> None:
    """Raises LessonError `run_in_line` where the learner of a project has a run at work or in line already.

    Runs `together` with the one that is to start are one work, such as a comparison of three.
    """
    limits = of(folder)
    if limits is None:
        return
    owner = storage.load_json(folder / "project.json")["owner"]
    for other in hosted(folder.parent, owner):
        for state in other.glob("runs/run-*/state.json"):
            if state.parent not in together and processes.read_state(state.parent)["status"] in processes.ACTIVE:
                raise LessonError("run_in_line", run=state.parent.name)


def most_model_mb(root: Path) -> int:
    """Answers the largest model that may come to a workspace that others share; 0, any, where nobody does."""
    return read().model_mb if hosted(root) else 0


def may_fetch(model: str, size: int, most_mb: int) -> None:
    """Raises LessonError `model_over_limit` where a model of `size` bytes is more than `most_mb`; 0 sets no limit."""
    if most_mb and size > most_mb * _MB:
        raise LessonError("model_over_limit", model=model, now=-(-size // _MB), most=most_mb)


def used_mb(folders: list[Path]) -> float:
    """Answers what folders take of the disk, in MB; a file that several of them share is counted once."""
    seen: dict[tuple[int, int], int] = {}
    for path in (path for folder in folders for path in folder.rglob("*")):
        with suppress(OSError):  # it has just been taken away
            found = path.lstat()
            seen[found.st_dev, found.st_ino] = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return sum(seen.values()) / _MB


def _has_room(root: Path, owner: str, size: int) -> None:
    most, now = read().disk_mb, used_mb(hosted(root, owner))
    if now + size / _MB >= most:
        raise LessonError("disk_over_limit", most=most, now=round(now), wanted=-(-size // _MB))
