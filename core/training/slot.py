"""One training at a time on one machine: the others wait in line, say their place and when it will be their turn."""

from contextlib import AbstractContextManager

from core import line, storage
from core.processes import State
from core.training import promise
from core.training.runs import PAUSE, Run, requested


def slot(run: Run, state: State) -> AbstractContextManager[bool]:
    """Waits for the workspace's one place to train; gives False where a pause was asked for while waiting."""
    project = storage.read_json(run.folder.parent.parent / "project.json") or {}
    promised = promise.kept(run)
    queue = line.folder(run.workspace, line.TRAINING)
    seconds = promised.seconds if promised else None
    return line.turn(queue, str(project.get("owner")), state, seconds, lambda: requested(run) == PAUSE)
