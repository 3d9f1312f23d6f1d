"""A worker that waits for its run: it has loaded the libraries, which is most of what a short run makes her wait.

One a server, where there is memory to spare. It is gone once it is given a run, after ten minutes, or with its server.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from core import processes, storage
from core.machine import free_memory_mb

_IDLE_SECONDS = 600
_ANSWER_SECONDS = 20  # it may still be loading
_SPARE_MB = 3000  # it holds about 450 MB; what she has open matters more


class Ready:
    """The waiting worker, seen from the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen | None = None

    def warm(self) -> None:
        """Starts a worker that waits, if there is none and memory to spare; returns at once."""
        with self._lock:
            if self._lives() or free_memory_mb() < _SPARE_MB:
                return
            self._child = subprocess.Popen(
                [sys.executable, "-m", "core", "ready"],
                cwd=processes.ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env=processes.environment(),
                **processes.APART,
            )

    def take(self, folder: Path) -> bool:
        """Gives the waiting worker the run in `folder`, and waits until it is at work. False where none takes it."""
        with self._lock:
            child, lives = self._child, self._lives()
            self._child = None
        if child is None or not lives:
            return False
        before = storage.read_json(folder / "state.json")
        with suppress(OSError):
            pipe = cast(IO[str], child.stdin)
            pipe.write(f"{folder}\n")
            pipe.close()
        if processes.wait_for_state(folder, before, child, _ANSWER_SECONDS):
            return True
        child.kill()  # so that it does not begin after the one that takes its place
        child.wait()
        return False

    def _lives(self) -> bool:
        return self._child is not None and self._child.poll() is None


READY = Ready()


def wait() -> Path | None:
    """The waiting worker itself: loads the libraries and answers the folder of its run; None where none came."""
    giving_up = threading.Timer(_IDLE_SECONDS, os._exit, [0])
    giving_up.daemon = True
    giving_up.start()
    leave_out_bitsandbytes()
    import peft  # noqa: F401
    import torch  # noqa: F401
    from datasets import load_from_disk  # noqa: F401
    from transformers import AutoModelForCausalLM, Trainer  # noqa: F401

    given = sys.stdin.readline().strip()
    giving_up.cancel()
    if not given:
        return None
    log = os.open(Path(given) / "log.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    processes.begin(time.monotonic())
    return Path(given)


def leave_out_bitsandbytes() -> None:
    """Lets PEFT and transformers find no bitsandbytes: loading it takes over a second, and only 4 bits need it.

    For a process that trains one run; where it is loaded already, nothing changes.
    """
    hidden: Any = None  # Python's own sign for what is not to be found
    sys.modules.setdefault("bitsandbytes", hidden)
