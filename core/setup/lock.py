"""One set-up at a time: whoever comes second waits for the first."""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from core.setup.interpreter import VENV
from core.setup.speech import tell
from core.texts import Words

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = VENV / "setup.lock"


@contextmanager
def alone(text: Words) -> Iterator[IO[str]]:
    """Holds the set-up's lock, after waiting for whoever has it; the system frees it if we are killed."""
    VENV.mkdir(exist_ok=True)
    with LOCK.open("a", encoding="utf-8") as lock:
        if not locked(lock):
            tell(text("waiting"))
            while not locked(lock):
                time.sleep(0.5)
        yield lock


def locked(file: IO[str]) -> bool:
    """Tries to take the lock, answers whether we may go on; a disk without locks does not stop us."""
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


def shared(lock: IO[str]) -> tuple[int, ...]:
    """Answers what a child inherits so that, should it outlive us, the next set-up waits for it too."""
    return () if sys.platform == "win32" else (lock.fileno(),)
