"""A transfer in a process of its own, which says in a folder how far it is, and is cancelled there."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core import errors, storage
from core.errors import LessonError
from core.processes import State

CANCELLED = "cancelled"
_TICK_SECONDS = 0.25
_HELD_SECONDS = 60.0
_RATE_SECONDS = 5.0  # over how long the speed is looked at: long enough to be calm, short enough to be true


def cancel(folder: Path) -> None:
    """Asks the transfer that is told in `folder` to stop."""
    storage.write_text(folder / "request", CANCELLED)


def nothing() -> dict:
    """What a transfer with nothing to tidy up does when it is cancelled."""
    return {}


class Teller:
    """Writes `state.json` from a thread of its own, so that a silent Hub keeps nobody from cancelling.

    `done` and `total` are bytes, `rate` bytes a second, `seconds_left` None as long as nobody can know; `heard` is
    when (seconds since 1970) something was last heard of.
    """

    def __init__(self, folder: Path, tidy: Callable[[], dict] = nothing, **facts: object) -> None:
        self.folder = folder
        self.tidy = tidy  # what is done when she cancels; answers what of it stands in the state
        self.state = State(folder, done=0, total=0, rate=0.0, seconds_left=None, heard=time.time(), **facts)
        self.done = self.total = 0
        self.at = time.time()
        self.points: list[tuple[float, int]] = []
        self.lock = threading.RLock()
        self.ended = False
        self.held = 0.0  # until when it cannot be cancelled, on the monotonic clock

    def heard(self, done: int, total: int) -> None:
        self.done, self.total, self.at = done, total, time.time()

    def note(self, **facts: object) -> None:
        """Writes facts that have to be on disk before what comes next."""
        with self.lock:
            if not self.ended:
                self.state.write(**facts)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """While the block is done she cannot cancel: cut off in the middle, nobody would know which way it went.

        One that is still not done after a minute waits for a Hub that is silent, and may be cancelled all the same.
        """
        with self.lock:
            self.held = time.monotonic() + _HELD_SECONDS
        try:
            yield
        finally:
            self.held = 0.0

    def watch(self) -> None:
        while not self.ended:
            self._tell()
            if (self.folder / "request").exists():
                with self.lock:  # an end that is being written comes first
                    if not self.ended and time.monotonic() > self.held:
                        left = self.tidy()
                        (self.folder / "request").unlink(missing_ok=True)  # it was asked of this one, not of the next
                        self.end(status=CANCELLED, **left)
                        os._exit(130)  # wherever it is; as one that was interrupted
            time.sleep(_TICK_SECONDS)

    def _tell(self) -> None:
        now = time.monotonic()
        done = self.done
        if self.total:  # until it is known, nothing has been heard of, not even what was here before
            self.points = [point for point in self.points if now - point[0] < _RATE_SECONDS] + [(now, done)]
        began, before = self.points[0] if self.points else (now, done)
        rate = (done - before) / (now - began) if now > began else 0.0
        left = (self.total - done) / rate if rate > 0 else None
        facts = {"done": done, "total": self.total, "rate": rate, "seconds_left": left, "heard": self.at}
        self.note(status="running", **facts)

    def end(self, **facts: object) -> None:
        with self.lock:
            if not self.ended:
                self.ended = True
                self.state.write(**facts, done=self.done, total=self.total, seconds_left=None)


def tell(teller: Teller, work: Callable[[], dict]) -> None:
    """Does the work, and writes how it ended: `finished` with what it answers, or `failed` with its error."""
    threading.Thread(target=teller.watch, daemon=True).start()
    try:
        facts = work()
    except KeyboardInterrupt:
        teller.end(status=CANCELLED, **teller.tidy())
        raise
    except Exception as error:
        teller.end(status="failed", error=errors.told(error))
        if isinstance(error, LessonError):
            return
        raise
    teller.end(status="finished", **facts)
