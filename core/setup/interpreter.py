"""Which interpreter runs a command: this one, if it has every pin, else that of the `.venv` beside the code.

The record that the .venv is complete, `.venv/complete.json`, is written last and leaves before pip touches a package,
so that an interrupted set-up is seen and done again.
"""

import hashlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
RECORD = VENV / "complete.json"

FOR_THE_APP = ("requirements.txt",)
FOR_THE_TESTS = ("requirements.txt", "tests/requirements.txt")
PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


def satisfied(files: Sequence[str]) -> bool:
    """Answers whether this interpreter has every version that `files` pin."""
    importlib.invalidate_caches()
    return all(has(name, version) for file in files for name, version in pins(file).items())


def pins(file: str) -> dict[str, str]:
    """Answers the name and version of each line of a requirements file."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    parts = (line.partition("#")[0].partition("==") for line in lines)
    return {name.strip(): version.strip() for name, _, version in parts if version}


def has(name: str, version: str) -> bool:
    """Answers whether `version` of `name` is here; a build such as 2.13.0+cpu counts as 2.13.0."""
    try:
        found = str(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False
    return version in (found, found.partition("+")[0])


def complete(files: Sequence[str]) -> bool:
    """Answers whether the .venv is finished, and made from these very files by this version of Python."""
    record = recorded()
    return PYTHON.exists() and all(record.get(key) == value for key, value in fingerprint(files).items())


def recorded() -> dict[str, str]:
    """Answers what the .venv says it was made from; nothing where it was never finished."""
    try:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def fingerprint(files: Sequence[str]) -> dict[str, str]:
    """Answers what a .venv for `files` is made from: the version of Python, and each file by its hash."""
    hashes = {file: hashlib.sha256((ROOT / file).read_bytes()).hexdigest() for file in files}
    return {"python": PYTHON_VERSION, **hashes}


def continue_in_venv() -> None:
    """Runs the same command line with the .venv's interpreter; does not return."""
    command = [str(PYTHON), *sys.orig_argv[1:]]
    if sys.platform != "win32":
        os.execv(PYTHON, command)
    # On Windows exec would give the prompt back while the command still runs: wait, and pass its end on.
    with subprocess.Popen(command) as child:
        while True:
            try:
                sys.exit(child.wait())
            except KeyboardInterrupt:  # the child got it too, and says what there is to say
                continue
