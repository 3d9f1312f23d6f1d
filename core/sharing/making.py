"""What takes long to make is made by a process of its own, which says in a folder how far it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import errors, line, processes
from core.data.table import Progress
from core.processes import State

_SAY_SECONDS = 0.3


def start(arguments: list[str], folder: Path) -> None:
    """Starts `python -m core ARGUMENTS`, whose work is `told` in `folder`, unless one is at it."""
    if processes.read_state(folder)["status"] not in processes.ACTIVE:
        processes.launch(arguments, folder)


@contextmanager
def told(folder: Path) -> Iterator[Progress]:
    """Writes in `folder` how the block goes and how it ended; give what it yields to whoever knows how far it is."""
    folder.mkdir(parents=True, exist_ok=True)
    state = State(folder, done=0.0)
    last = time.monotonic()

    def progress(done: float) -> None:
        nonlocal last
        if time.monotonic() - last > _SAY_SECONDS:
            state.write(done=done)
            last = time.monotonic()

    try:
        with line.helping(state):
            state.write(status="running")
            yield progress
    except Exception as error:
        state.write(status="failed", error=errors.told(error))
        raise
    state.write(status="finished", done=1.0, peak_memory_mb=round(processes.peak_memory_mb()))
