"""One training at a time on one machine: the others wait in line and say their place."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from core import processes
from core.processes import State
from core.training.runs import PAUSE, Run, requested


@contextmanager
def slot(run: Run, state: State) -> Iterator[bool]:
    """Waits for the workspace's one place to train; gives False where a pause was asked for while waiting."""
    lock = FileLock(run.workspace / "training.lock")
    since = time.time()
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            state.write(status="waiting", waiting_since=since, ahead=_ahead(run, since))
            if requested(run) == PAUSE:
                yield False
                return
            time.sleep(1)
    try:
        yield True
    finally:
        lock.release()


def _ahead(run: Run, since: float) -> int:
    """Counts the runs that train now or began to wait before `since` (s since 1970)."""
    states = [
        processes.read_state(p.parent) for p in run.workspace.glob("*/runs/*/state.json") if p.parent != run.folder
    ]
    at_work = sum(state["status"] in ("loading", "running", "stopping") and not state.get("away") for state in states)
    before = sum(state["status"] == "waiting" and state.get("waiting_since", 0) < since for state in states)
    return at_work + before
