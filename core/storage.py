"""Disk is the truth: everything is written under a temporary name, then renamed."""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

import psutil
from filelock import FileLock

from core.errors import LessonError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
# What `_beside` makes: the name, who writes it, some chance. `.old` is what stood there, until the new one does.
_UNFINISHED = re.compile(r"\.(?P<name>.+)\.(?P<pid>\d+)\.[0-9a-f]{8}(?P<old>\.old)?")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns a full or forbidden disk into a LessonError (`disk_full`, `cannot_write`)."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise LessonError("disk_full", folder=path.parent) from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise LessonError("cannot_write", folder=path.parent) from error
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a whole file, or leaves what was there: a reader never sees half of it."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path)
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """Answers a temporary name beside `path`, which says what it is for and which process writes it."""
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")


def write_text(path: Path, content: str) -> None:
    write_bytes(path, content.encode())


def write_json(path: Path, content: object) -> None:
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> dict | None:
    """Answers the JSON object in `path`; None where there is no such file, or not a whole one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def load_json(path: Path) -> dict:
    """Answers the JSON object in `path`, which a finished stage has always written. Raises OSError, ValueError."""
    return json.loads(path.read_text(encoding="utf-8"))


def append_json(path: Path, record: dict) -> None:
    """Adds one line to a JSON-lines file. Only one process may write to it."""
    line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    with disk_errors(path), path.open("a+b") as file:
        if file.tell() and not _ends_a_line(file):
            line = b"\n" + line  # a writer that was cut off left half a line
        file.write(line)


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, SEEK_END)
    return file.read(1) == b"\n"


def read_json_lines(path: Path) -> list[dict]:
    """Answers the objects of a JSON-lines file; a line that is none, or only half of one yet, is left out."""
    if not path.exists():
        return []
    records = []
    for line in path.read_bytes().split(b"\n"):  # other marks that end a line may stand inside a text
        with suppress(ValueError, RecursionError):
            record = json.loads(line)
            if isinstance(record, dict):
                records.append(record)
    return records


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Gives a temporary folder to fill; when the block ends well it takes the place of `path`, whole.

    Of two that do this at once, the later one stays.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(path)
        old = path.with_name(f"{temporary.name}.old")
        temporary.mkdir()
        try:
            yield temporary
            with FileLock(path.parent / ".folders.lock"):
                if path.exists():
                    path.rename(old)
                try:
                    temporary.rename(path)
                except OSError:
                    if old.exists() and not path.exists():
                        old.rename(path)
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def mirror(source: Path, target: Path) -> int:
    """Copies to `target` each file under `source` that is not there as it is. Answers how many; takes none away.

    For a disk that is slow, or forgets locks and renames, such as one on the network: work here, keep there. Records
    go last, so that what they call complete is; what is half made, or goes away meanwhile, waits for the next time.
    """
    copied = 0
    files = [path for path in source.rglob("*") if path.is_file() and not _hidden(path.relative_to(source))]
    for path in sorted(files, key=lambda path: (path.suffix == ".json", path)):
        there = target / path.relative_to(source)
        with disk_errors(there), suppress(FileNotFoundError):
            now = path.stat()
            if there.exists() and there.stat().st_size == now.st_size and there.stat().st_mtime >= now.st_mtime:
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            temporary = _beside(there)
            try:
                shutil.copy2(path, temporary)
                temporary.replace(there)
            finally:
                temporary.unlink(missing_ok=True)
            copied += 1
    return copied


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def recover(folder: Path) -> None:
    """Puts in order what processes that were killed left in `folder`: an old stage comes back, half-made ones go."""
    for left in [path for path in folder.iterdir() if path.name.startswith(".")]:
        found = _UNFINISHED.fullmatch(left.name)
        if not found or _lives(int(found["pid"])):
            continue
        with suppress(OSError):  # another tab may be at it
            if found["old"] and not (folder / found["name"]).exists():
                left.rename(folder / found["name"])
            elif left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def _lives(pid: int) -> bool:
    """Says whether a process has that number and still runs; one that has ended and waits to be noticed does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def fingerprint(*parts: object) -> str:
    """Answers 16 hexadecimal digits that change when any part does (SHA-256 of their JSON)."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True, ensure_ascii=False, default=str).encode() + b"\n")
    return digest.hexdigest()[:16]


def safe_name(name: str) -> str:
    """Answers the last part of `name` with only letters, digits, dots and dashes: never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter if letter.isalnum() or letter in ".-_" else "-" for letter in last)
    last_bytes = kept.encode()[-80:].decode(errors="ignore")  # disks count bytes, and leave room for `new_folder`
    return last_bytes.strip(".-") or "file"
