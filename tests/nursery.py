"""Workers for the tests, forked from a process that has loaded the libraries once.

What runs is the real command in a process of its own, apart from the test's; only the five seconds of imports that
each would begin with are spared. A run that needs other surroundings than the nursery's is launched as ever, and so
is every run of a browser's story or of the command line.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import psutil

ROOT = Path(__file__).parent.parent
WORK = ("train", "evaluate", "tasting", "promise", "copies", "chapbook")
OWN = ("LLMS_", "PYTEST_", "OMP_")  # of the environment, what a worker may find otherwise than its nursery


class Nursery:
    """The process that forks, seen from the tests: one for each process of theirs, begun when first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._surroundings = _surroundings()  # now, before any test changes them

    def can(self, arguments: list[str]) -> bool:
        """Says whether a worker of the nursery would do what `python -m core ARGUMENTS` does."""
        if os.name == "nt" or arguments[0] not in WORK:
            return False
        settings = Path(arguments[1]) / "settings.json"
        in_four_bits = settings.exists() and "qlora" in settings.read_text(encoding="utf-8")
        return not in_four_bits and self._surroundings == _surroundings()

    def fork(self, arguments: list[str], log: Path) -> "Forked":
        """Begins `python -m core ARGUMENTS`, which prints to `log`."""
        process = self._begin()
        asked = {"arguments": arguments, "log": str(log), "environment": dict(os.environ)}
        given, told = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        given.write(json.dumps(asked) + "\n")
        given.flush()
        return Forked(int(told.readline()))

    def close(self) -> None:
        if self._process:
            cast(IO[str], self._process.stdin).close()
            self._process.wait()

    def _begin(self) -> subprocess.Popen:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        return self._process


class Forked:
    """A worker, with as much of a Popen as a launch asks of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        return None if psutil.pid_exists(self.pid) else 0


def _surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OWN)}


def main() -> None:
    """The nursery itself: forks a worker for each line of its stdin, and says its number."""
    from core.training import ready

    ready.leave_out_bitsandbytes()
    import evaluate  # noqa: F401
    import peft  # noqa: F401
    import torch  # noqa: F401
    from datasets import load_from_disk  # noqa: F401
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, Trainer  # noqa: F401

    from core.evaluation import evaluate as _evaluate  # noqa: F401
    from core.training import engine, worker  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ends is forgotten
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            _work(**asked)
        print(pid, flush=True)


def _work(arguments: list[str], log: str, environment: dict[str, str]) -> None:
    """In the worker: takes on what a launched one has from its birth, and does the command."""
    from core.__main__ import main as command

    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), *((n, log, os.O_WRONLY | os.O_APPEND) for n in (1, 2))):
        os.dup2(os.open(path, mode), number)
    sys.exit(command(arguments))


if __name__ == "__main__":
    main()
