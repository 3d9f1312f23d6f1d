"""Long work runs in a process of its own, which alone writes its `state.json`; everyone else only reads it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from core import errors, storage
from core.errors import LessonError

ACTIVE = ("starting", "waiting", "loading", "running", "stopping")
ROOT = Path(__file__).parent.parent
# What makes a process outlive the one that started it.
APART: dict[str, Any] = {"creationflags": 0x00000200} if os.name == "nt" else {"start_new_session": True}
_START_SECONDS = 15
_NICENESS = 10  # where another wants the same processor, about a tenth of it is left to this process (Linux)
_BOOT = Path("/proc/sys/kernel/random/boot_id")  # Linux: another one each time the machine starts
_begun: float | None = None  # when a process that had waited for its work was given it, on the monotonic clock


def begin(moment: float) -> None:
    """Tells that this process's work begins at `moment`, on the monotonic clock, and not with its birth."""
    global _begun
    _begun = moment


class State:
    """The `state.json` of the process that holds it."""

    def __init__(self, folder: Path, **facts: object) -> None:
        process = psutil.Process()
        born = time.monotonic() - max(0.0, time.time() - process.create_time())
        self._began = born if _begun is None else _begun
        self.path = folder / "state.json"
        self.content = {**(storage.read_json(self.path) or {}), "error": None, **facts}
        self._before = self.content.get("seconds", 0.0)
        self.content |= {"status": "starting", "pid": process.pid, "born": birth(process.pid)}
        self.write()

    def seconds(self) -> float:
        """Answers how long this process has been at work, whatever was done to the clock, and those that it continues.

        Of these it knows what they wrote as `seconds`.
        """
        return self._before + time.monotonic() - self._began

    def leave_out(self, seconds: float) -> None:
        """Tells that so many seconds were no work: it waited."""
        self._began += seconds

    def write(self, **facts: object) -> None:
        self.content |= {**facts, "updated": time.time()}
        storage.write_json(self.path, self.content)


def launch(arguments: list[str], folder: Path, secret: str = "") -> None:
    """Starts `python -m core ARGUMENTS` so that it outlives this process; returns once it has said it began.

    What it prints goes to `folder/log.txt`. `secret` is given to its stdin, which leaves no trace: arguments and
    environments can be read by other programs as long as it runs, and are passed on to whatever it starts. A process
    that is given one does not see another that this machine's environment has.
    """
    before = storage.read_json(folder / "state.json")
    folder.mkdir(parents=True, exist_ok=True)
    with storage.disk_errors(folder / "log.txt"), (folder / "log.txt").open("ab") as log:
        child = spawn(arguments, log, secret)
    wait_for_state(folder, before, child, _START_SECONDS)


def spawn(arguments: list[str], log: BinaryIO, secret: str = "") -> subprocess.Popen:
    """Starts the process of a `launch`, apart from this one, and answers it without waiting."""
    surroundings = environment()
    if secret:
        surroundings.pop("HF_TOKEN", None)
    child = subprocess.Popen(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE if secret else subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=surroundings,
        **APART,
    )
    if child.stdin:
        with suppress(BrokenPipeError), open(child.stdin.fileno(), "wb", closefd=False) as given:
            given.write(secret.encode())
        child.stdin.close()
    return child


def wait_for_state(folder: Path, before: dict | None, child: subprocess.Popen, seconds: float) -> bool:
    """Waits until `state.json` no longer says what it did `before`. False where the child ended, or took too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and child.poll() is None:
        if storage.read_json(folder / "state.json") != before:
            return True
        time.sleep(0.05)
    return storage.read_json(folder / "state.json") != before


def give_way() -> None:
    """Lets other processes come first, for as long as this one lives: those that serve pages, on a shared server."""
    with suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
            return
        psutil.Process().nice(_NICENESS)
        # Linux shares the processors out among sessions first, and ours is one: see autogroup in sched(7).
        if (group := Path("/proc/self/autogroup")).exists():
            group.write_text(str(_NICENESS))


def environment() -> dict[str, str]:
    """Answers this process's environment, and in it what makes a process that computes hold less memory.

    GNU's allocator keeps what was freed for what comes next; batches of other lengths seldom fit there, and a worker
    grows to twice what it uses. What takes a megabyte or more is given back at once instead.
    """
    return {"MALLOC_MMAP_THRESHOLD_": str(1 << 20), **os.environ}


def read_state(folder: Path) -> dict:
    """Answers the state in `folder`, true now: a process that is gone while it says it works has `died`.

    Where it only followed a work on another machine (`away`), that work goes on, and it is `away`. Where nothing was
    ever started, `status` is `none`.
    """
    state = storage.read_json(folder / "state.json")
    if state is None:
        return {"status": "none"}
    if state["status"] in ACTIVE and not is_alive(state["pid"], state.get("born", "")):
        state = storage.read_json(folder / "state.json") or state  # it may have ended just now
        if state["status"] in ACTIVE:
            return {**state, "status": "away" if state.get("away") else "died"}
    return state


def follow(folder: Path, seconds: float = 0.3) -> Iterator[dict]:
    """Answers the state in `folder` again and again, at such intervals, until its process has ended.

    The last one says `finished`; for any other end it raises the LessonError that the process ended with.
    """
    while (state := read_state(folder))["status"] in ACTIVE:
        yield state
        time.sleep(seconds)
    if state["status"] != "finished":
        raise errors.heard(state["error"]) if state.get("error") else LessonError("worker_died")
    yield state


def birth(pid: int) -> str:
    """Answers what tells a process from any other that had, or will have, its number. Raises psutil.Error.

    Not the moment in seconds since 1970: on Linux that is reckoned from a time of boot that moves with the clock, so
    that a clock put right would make every worker a stranger. psutil's hash stands on the ticks since the boot.
    """
    boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
    return f"{boot}/{hash(psutil.Process(pid))}"


def is_alive(pid: int, born: str) -> bool:
    """Says whether the process of that number is still the one whose `birth` was `born`."""
    _reap(pid)
    try:
        return birth(pid) == born and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _reap(pid: int) -> None:
    """Lets go of a child of ours that has ended; anybody else's is left alone."""
    if os.name == "nt":
        return
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def kill(folder: Path) -> None:
    """Ends the process of `folder` at once, if it lives."""
    state = read_state(folder)
    if state["status"] in ACTIVE:
        os.kill(state["pid"], signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


def peak_memory_mb() -> float:
    """Answers the most memory this process has held, in MB (10⁶ bytes)."""
    if os.name == "nt":
        return getattr(psutil.Process().memory_info(), "peak_wset", 0) / 1e6
    with suppress(OSError, StopIteration):  # Linux counts, in what getrusage answers, the process that started this one
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
