"""The `.venv` beside the code: made, or mended, where the interpreter that runs lacks something."""

import errno
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from core.setup.interpreter import (
    PYTHON,
    PYTHON_VERSION,
    RECORD,
    ROOT,
    VENV,
    complete,
    continue_in_venv,
    fingerprint,
    pins,
    recorded,
    satisfied,
)
from core.setup.lock import LOCK, alone, shared
from core.setup.pip import LOG, diagnosis, packages, pip
from core.setup.speech import SetupError, size_in_words, tell
from core.texts import Words

# On Linux the registry's torch brings gigabytes of CUDA; uv knows where the builds without it are kept.
UV = "uv==0.13.9"
# Megabytes of download, and of disk at the fullest moment: the first measured, the second only reckoned.
SMALL, WITH_CUDA = (450, 2500), (3000, 10000)

# What the system says, and the sentence for it; anything else is told as it says it.
DISK_ERRORS = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "disk_full"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "not_writable"),
}


def prepare(files: Sequence[str], text: Words) -> None:
    """Returns where this interpreter has all that `files` pin; otherwise goes on in the one that has.

    With `LLMS_OWN_PYTHON=1` it is taken as it is: where a machine brings its own torch, made for its card. Raises
    SetupError where neither can be had.
    """
    if os.environ.get("LLMS_OWN_PYTHON") == "1" or satisfied(files):
        return
    inside = Path(sys.prefix).resolve() == VENV.resolve()

    def ready() -> bool:
        # From inside, the record has just been shown wrong: something is missing from the .venv all the same.
        return satisfied(files) if inside else complete(files)

    if not ready():
        try:
            with alone(text) as lock:
                if not ready():
                    set_up(files, lock, inside, text)
        except OSError as error:
            key = DISK_ERRORS.get(error.errno or 0, "set_up_failed")
            raise SetupError(key, folder=str(ROOT), reason=str(error)) from error
    if not inside:
        continue_in_venv()


def set_up(files: Sequence[str], lock: IO[str], inside: bool, text: Words) -> None:
    """Makes the .venv, or mends the one there is, and records it once it has all that `files` pin."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that pip is stopped too
    if inside or usable():
        tell(text("renewing"))
    else:
        download, disk = SMALL if small_torch_will_do() or sys.platform != "linux" else WITH_CUDA
        tell(text("first_time", folder=str(VENV), size=size_in_words(download, text)))
        check_python()
        clear()  # before the disk is measured: what was left half done may be what fills it
        check_disk(disk, text)
        make_venv(lock, text)
    if small_torch_will_do():
        get_small_torch(pins(files[0]).get("torch"), lock, text)
    status, said = pip([word for file in files for word in ("-r", str(ROOT / file))], lock, text)
    if status != 0:
        raise diagnosis(said)
    unfinished = RECORD.with_suffix(".tmp")
    unfinished.write_text(json.dumps({**recorded(), **fingerprint(files)}, indent=2), encoding="utf-8")
    unfinished.replace(RECORD)
    tell(text("ready", seconds=f"{time.monotonic() - started:.0f}"))


def get_small_torch(version: str | None, lock: IO[str], text: Words) -> None:
    """Installs the torch without CUDA, where uv can reach it; elsewhere the registry's will have to do."""
    if version is None or any(packages(f"torch-{version}")):
        return
    status, _ = pip([UV], lock, text)
    if status == 0:
        tell(text("small_torch"))
        asked = ["-m", "uv", "pip", "install", "--no-deps", "--torch-backend", "cpu", f"torch=={version}"]
        with LOG.open("a", encoding="utf-8") as log:
            small = subprocess.run(
                [str(PYTHON), *asked, "--python", str(PYTHON)],
                stdout=log,
                stderr=log,
                pass_fds=shared(lock),
                check=False,
            )
        if small.returncode != 0:
            tell(text("no_small_torch"))


def usable() -> bool:
    """Answers whether there is a .venv to build on: of this version of Python, not left half done."""
    settings = VENV / "pyvenv.cfg"
    if not (PYTHON.exists() and settings.exists()):
        return False
    by = re.search(r"^version(?:_info)? = (\d+\.\d+)", settings.read_text(encoding="utf-8"), re.MULTILINE)
    half_done = LOG.exists() and not RECORD.exists()
    return by is not None and by[1] == PYTHON_VERSION and not half_done


def check_python() -> None:
    """Raises SetupError where this Python cannot make a .venv: Debian keeps that part in a package apart."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError("no_venv", python=PYTHON_VERSION)


def clear() -> None:
    """Empties the .venv; the lock stays, others may be waiting for it."""
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != LOCK:
            path.unlink()


def check_disk(needed: float, text: Words) -> None:
    """Raises SetupError where the disk has less than `needed` megabytes free."""
    free = shutil.disk_usage(ROOT).free / 1e6
    if free < needed:
        facts = {"needed": size_in_words(needed, text), "free": size_in_words(free, text)}
        raise SetupError("disk_small", folder=str(ROOT), **facts)


def make_venv(lock: IO[str], text: Words) -> None:
    """Makes a .venv with nothing in it but pip."""
    tell(text("making_venv"))
    with LOG.open("w", encoding="utf-8") as log:
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)],
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=shared(lock),
        )
    if made.returncode != 0:
        raise diagnosis(LOG.read_text(encoding="utf-8", errors="replace"))


def small_torch_will_do() -> bool:
    """Answers whether this is a Linux without an NVIDIA card; elsewhere the registry's torch is small."""
    nvidia = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    return sys.platform == "linux" and not nvidia
