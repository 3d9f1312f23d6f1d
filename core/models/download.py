"""A download that lives on its own: `python -m core download MODEL FOLDER`, told and cancelled through files."""

import os
import shutil
import threading
import time
from pathlib import Path

from core import processes, storage
from core import project as projects
from core.errors import LessonError
from core.models import fetch
from core.processes import ACTIVE, State

CANCELLED = "cancelled"
_TICK_SECONDS = 0.25
_RATE_SECONDS = 5.0  # over how long the speed is looked at: long enough to be calm, short enough to be true


def folder_of(id: str) -> Path:
    """Answers where the download of a model says how it is: one for all who ask this machine for it."""
    return projects.workspace() / "downloads" / id.replace("/", "--")


def state(id: str) -> dict:
    """Answers how a download is; see `processes.read_state`.

    `done` and `total` are bytes, `rate` bytes a second, `seconds_left` None as long as nobody can know; `heard` is
    when (seconds since 1970) something last came.
    """
    return processes.read_state(folder_of(id))


def start(id: str, token: str | None = None, most_mb: int = 0) -> None:
    """Starts, or takes up again, the download of a model; does nothing where it is already under way.

    `most_mb` is the largest that may come, 0 any.
    """
    folder = folder_of(id)
    if state(id)["status"] in ACTIVE:
        return
    (folder / "request").unlink(missing_ok=True)
    (folder / "log.txt").unlink(missing_ok=True)
    arguments = ["download", id, str(folder), "--most-mb", str(most_mb)]
    processes.launch(arguments, folder, secret=token or "")


def cancel(id: str) -> None:
    """Asks a download to stop; what came down stays, and `start` goes on from there."""
    storage.write_text(folder_of(id) / "request", CANCELLED)


def forget(id: str) -> None:
    """Takes what was half downloaded off the disk, and that it was begun."""
    if state(id)["status"] in ACTIVE:
        return
    for half in fetch.blobs(id).glob("*.incomplete"):
        half.unlink(missing_ok=True)
    shutil.rmtree(folder_of(id), ignore_errors=True)


# ---------------------------------------------------------------- the process that downloads


def run(id: str, folder: Path, token: str, most_mb: int = 0) -> None:
    """Brings the model, telling in `folder/state.json` how it goes; ends at once when it is asked to."""
    teller = _Teller(folder)
    threading.Thread(target=teller.watch, daemon=True).start()
    try:
        fetch.fetch(id, token or None, teller.heard, most_mb)
    except LessonError as error:
        facts = {name: fact if isinstance(fact, int | float) else str(fact) for name, fact in error.facts.items()}
        teller.end(status="failed", error={"code": error.code, "facts": facts})
        return
    except Exception:
        teller.end(status="failed", error={"code": "our_fault", "facts": {}})
        raise
    teller.end(status="finished")


class _Teller:
    """Writes the state from a thread of its own, so that a silent Hub keeps nobody from cancelling."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = State(folder, done=0, total=0, rate=0.0, seconds_left=None, heard=time.time())
        self.done = self.total = 0
        self.at = time.time()
        self.points: list[tuple[float, int]] = []
        self.lock = threading.Lock()
        self.ended = False

    def heard(self, done: int, total: int) -> None:
        self.done, self.total, self.at = done, total, time.time()

    def watch(self) -> None:
        while not self.ended:
            self._tell()
            if (self.folder / "request").exists():
                self.end(status=CANCELLED)
                os._exit(0)  # wherever it is: each byte is on disk as soon as it is here
            time.sleep(_TICK_SECONDS)

    def _tell(self) -> None:
        now = time.monotonic()
        done = self.done
        if self.total:  # until it is known, nothing has been heard of, not even what was here before
            self.points = [point for point in self.points if now - point[0] < _RATE_SECONDS] + [(now, done)]
        began, before = self.points[0] if self.points else (now, done)
        rate = (done - before) / (now - began) if now > began else 0.0
        left = (self.total - done) / rate if rate > 0 else None
        with self.lock:
            if not self.ended:
                facts = {"done": done, "total": self.total, "rate": rate, "seconds_left": left, "heard": self.at}
                self.state.write(status="running", **facts)

    def end(self, **facts: object) -> None:
        with self.lock:
            if not self.ended:
                self.ended = True
                self.state.write(**facts, done=self.done, total=self.total, seconds_left=None)
