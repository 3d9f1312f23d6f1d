"""Old work on a shared server goes after some weeks without a visit. On her own computer nothing is ever cleared:
only what is marked as `hosted` (see `limits`) is looked at.

To clear again, or in two processes at once, does no harm; a project whose process lives is left alone.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core import limits, line, processes, storage
from core.errors import LessonError

EVERY_SECONDS = 3600.0
SOON_DAYS = 5  # before a project goes, it is said
_DAY = 86_400.0
_VISITED = "visited"
_AWAY = ".cleared"  # a folder beside the projects: what lies in it is being taken away


@dataclass(frozen=True)
class Cleared:
    """What went: projects, browsers' records and classes, and leftovers of work that was cut off; MB of projects."""

    projects: int
    records: int
    leftovers: int
    mb: float


def visited(folder: Path) -> None:
    """Notes that somebody opened the project in `folder` now; once an hour is enough."""
    with suppress(OSError):  # it has just been cleared, or the disk is full
        if time.time() - last_visit(folder) > EVERY_SECONDS or not (folder / _VISITED).exists():
            (folder / _VISITED).touch()


def last_visit(folder: Path) -> float:
    """Answers when a project was last visited, in seconds since 1970; 0 where there is none."""
    found = (folder / _VISITED, folder / "project.json")
    return max((path.stat().st_mtime for path in found if path.exists()), default=0.0)


def goes_at(folder: Path) -> float | None:
    """Answers when a project will be cleared unless it is visited before; None where it never is."""
    limited = limits.of(folder)
    return last_visit(folder) + limited.keep_days * _DAY if limited else None


def is_soon(moment: float) -> bool:
    """Says whether what goes at `moment` goes within days."""
    return moment - time.time() < SOON_DAYS * _DAY


def erase(folder: Path) -> None:
    """Takes a hosted project away because its person asks. Raises LessonError `project_is_busy`."""
    if limits.of(folder) is None:
        return
    if _is_at_work(folder):
        name = (storage.read_json(folder / "project.json") or {}).get("name")
        raise LessonError("project_is_busy", project=name)
    _put_away(folder.parent, folder)
    shutil.rmtree(folder.parent / _AWAY, ignore_errors=True)


def is_due(root: Path) -> bool:
    """Says whether the workspace was not looked at for an hour."""
    told = root / "cleared.json"
    return not told.exists() or time.time() - told.stat().st_mtime > EVERY_SECONDS


def clear(root: Path) -> Cleared | None:
    """Clears what is old in a workspace; None where another process is at it."""
    if not root.is_dir():
        return Cleared(0, 0, 0, 0.0)
    lock = FileLock(root / "clearing.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return None
    try:
        leftovers = _clear_leftovers(root)
        old = [folder for folder in limits.hosted(root) if _is_old(folder)]
        mb = limits.used_mb(old)
        projects = sum(_put_away(root, folder) for folder in old if _is_old(folder))  # she may just have come back
        records = sum(_put_away(root, path) for path in _old_records(root))
        shutil.rmtree(root / _AWAY, ignore_errors=True)
        cleared = Cleared(projects, records, leftovers, mb)
        storage.write_json(root / "cleared.json", vars(cleared) | {"at": time.time()})
        return cleared
    finally:
        lock.release()


def _is_old(folder: Path) -> bool:
    """Says whether the time of a hosted project has come, and nothing works in it."""
    goes = goes_at(folder)
    return goes is not None and goes < time.time() and not _is_at_work(folder)


def _is_at_work(folder: Path) -> bool:
    return any(processes.read_state(path.parent)["status"] in processes.ACTIVE for path in folder.rglob("state.json"))


def _put_away(root: Path, path: Path) -> bool:
    """Takes a folder or a file out of the workspace at one stroke: nobody finds half of it."""
    away = root / _AWAY
    away.mkdir(exist_ok=True)
    try:
        path.rename(away / f"{path.name}.{time.time_ns()}")
    except OSError:
        return False
    return True


def _old_records(root: Path) -> Iterator[Path]:
    """Yields the records of browsers that have no project here any more, and the classes that nobody writes to."""
    before = time.time() - limits.read().keep_days * _DAY
    owners = {(storage.read_json(folder / "project.json") or {}).get("owner") for folder in limits.hosted(root)}
    for path in root.glob("browsers/*.json"):
        is_hosted = (storage.read_json(path) or {}).get("hosted")
        if is_hosted and path.stem not in owners and path.stat().st_mtime < before:
            yield path
    for path in root.glob("classes/*/class.json"):
        written = max(one.stat().st_mtime for one in path.parent.rglob("*.json"))
        if (storage.read_json(path) or {}).get("hosted") and written < before:
            yield path.parent


def _clear_leftovers(root: Path) -> int:
    """Takes away what processes that were killed left: half uploads, half-made projects, places in line."""
    before = {path.name for path in root.iterdir()}
    if limits.hosted(root):
        for path in root.glob("tmp*"):  # capsules on their way in
            if path.is_dir() and time.time() - path.stat().st_mtime > _DAY:
                shutil.rmtree(path, ignore_errors=True)
    storage.recover(root)
    for queue in root.glob("lines/*"):
        line.standing(queue)
    return len(before - {path.name for path in root.iterdir()})
