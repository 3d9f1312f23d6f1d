"""A ZIP that names each of its files with its size and SHA-256, in a list of its own that is written last.

Nothing in it is compressed, so that no small file can become a vast one, and no two members share bytes. Tables that
come twice are written once. Whoever opens one has told beforehand which names a file of this kind may have.
"""

import hashlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from core.data import archive
from core.data.table import Progress, no_progress
from core.errors import LessonError

_BLOCK = 1 << 20
_SHARED = ".arrow"  # written once where it comes twice: nobody changes such a file in its place


@dataclass(frozen=True)
class Kind:
    """A kind of sealed ZIP: what its list is called and says it is, which files it may hold, and the errors it raises.

    `damaged` says the `name` and the `file`; `too_big` the `name` and the `megabytes`; the others the `name`.
    """

    name: str
    manifest: str
    version: int
    is_known: Callable[[str], bool]
    most_files: int
    largest_manifest: int  # bytes
    another: str
    newer: str
    damaged: str
    too_big: str


def write(
    target: Path, kind: Kind, files: Mapping[str, Path | bytes], facts: Mapping, progress: Progress = no_progress
) -> None:
    """Writes files, or their content, under their names; then the list, with `facts`. Files are copied in blocks."""
    named: dict[str, dict[str, object]] = {}
    total = sum(content.stat().st_size if isinstance(content, Path) else len(content) for content in files.values())
    done, shared = 0, set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
        for name, content in files.items():
            if isinstance(content, bytes):
                packed.writestr(zipfile.ZipInfo(name), content)
                named[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            else:
                stated = _digest(content) if name.endswith(_SHARED) else None
                if stated is None or stated["sha256"] not in shared:
                    with content.open("rb") as source, packed.open(zipfile.ZipInfo(name), "w", force_zip64=True) as to:
                        stated = _copy(source, to)
                if name.endswith(_SHARED):
                    shared.add(stated["sha256"])
                named[name] = stated
            done += int(str(named[name]["bytes"]))
            progress(done / max(total, 1))
        manifest = {"kind": kind.name, "version": kind.version, **facts, "files": named}
        packed.writestr(kind.manifest, json.dumps(manifest, ensure_ascii=False, indent=1))


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """Opens a ZIP that holds just what its list names, uncompressed, under known names. Answers it and its list.

    Raises LessonError: those of its kind, and `broken_file`, also for what fails while it is read in the block.
    """
    with archive.opened(path) as packed:
        members = {member.filename: member for member in packed.infolist()}
        manifest = _manifest(packed, members.pop(kind.manifest, None), path, kind)
        for name, member in members.items():
            if not kind.is_known(name) or not _is_plain(member) or name not in manifest["files"]:
                raise LessonError(kind.damaged, name=path.name, file=name[:120])
        places = _places(manifest["files"])
        for name, stated in manifest["files"].items():
            held = members.get(places[name])
            if not kind.is_known(name) or held is None or held.file_size != stated["bytes"]:
                raise LessonError(kind.damaged, name=path.name, file=name[:120])
        if set(places.values()) != set(members) or _bytes(members.values()) > path.stat().st_size:
            raise LessonError(kind.another, name=path.name)
        yield packed, manifest


def size(manifest: Mapping) -> int:
    """Answers the bytes that what a list names takes on a disk."""
    files = manifest["files"]
    return sum(files[name]["bytes"] for name in set(_places(files).values()))


def check_room(path: Path, manifest: Mapping, folder: Path, kind: Kind) -> None:
    """Raises the kind's error where what a list names does not fit on the disk of `folder`."""
    needed = size(manifest)
    if needed > shutil.disk_usage(folder).free:
        raise LessonError(kind.too_big, name=path.name, megabytes=round(needed / 1e6))


def lay_out(
    packed: zipfile.ZipFile, manifest: Mapping, folder: Path, path: Path, kind: Kind, progress: Progress = no_progress
) -> None:
    """Writes every file of an opened ZIP under `folder`, and looks at each byte. Raises the kind's error `damaged`."""
    files = manifest["files"]
    places, done, total = _places(files), 0, sum(stated["bytes"] for stated in files.values())
    for name, stated in files.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if places[name] != name:
            _link(folder / places[name], copy)
        else:
            try:
                with packed.open(name) as source, copy.open("wb") as target:
                    is_whole = _copy(source, target, stated["bytes"]) == stated
            except (zipfile.BadZipFile, EOFError):  # its own check sum, or the end of the file, come before ours
                is_whole = False
            if not is_whole:
                raise LessonError(kind.damaged, name=path.name, file=name)
        done += stated["bytes"]
        progress(done / max(total, 1))


def _places(files: Mapping[str, Mapping]) -> dict[str, str]:
    """Answers the name under which each file's bytes are in the ZIP: its own, or that of its twin before it."""
    first: dict[str, str] = {}
    return {
        name: first.setdefault(str(stated["sha256"]), name) if name.endswith(_SHARED) else name
        for name, stated in files.items()
    }


def _manifest(packed: zipfile.ZipFile, member: zipfile.ZipInfo | None, path: Path, kind: Kind) -> dict[str, Any]:
    too_many = len(packed.infolist()) > kind.most_files
    if member is None or member.file_size > kind.largest_manifest or too_many:
        raise LessonError(kind.another, name=path.name)
    try:
        manifest = json.loads(packed.read(member))
    except (ValueError, RecursionError) as error:
        raise LessonError(kind.another, name=path.name) from error
    if not isinstance(manifest, dict) or manifest.get("kind") != kind.name:
        raise LessonError(kind.another, name=path.name)
    if isinstance(manifest.get("version"), int) and manifest["version"] > kind.version:
        raise LessonError(kind.newer, name=path.name)
    if not _is_list(manifest.get("files"), kind):
        raise LessonError(kind.another, name=path.name)
    return manifest


def _is_list(files: object, kind: Kind) -> bool:
    return isinstance(files, dict) and len(files) <= kind.most_files and all(
        isinstance(file, dict) and type(file.get("bytes")) is int and file["bytes"] >= 0
        and isinstance(file.get("sha256"), str) and set(file) == {"bytes", "sha256"}
        for file in files.values()
    )  # fmt: skip


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """Says whether a member is a file: as it is, not encrypted, and neither a link nor anything else of a system."""
    mode = stat.S_IFMT(member.external_attr >> 16)
    return member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1 and mode in (0, stat.S_IFREG)


def _bytes(members) -> int:
    return sum(member.file_size for member in members)


def _digest(path: Path) -> dict[str, object]:
    with path.open("rb") as file, Path(os.devnull).open("wb") as nowhere:
        return _copy(file, nowhere)


def _copy(source: IO[bytes], target: IO[bytes], most: int | None = None) -> dict[str, object]:
    """Copies in blocks, never more than `most` bytes and one. Answers how many there were, and their SHA-256."""
    size, digest = 0, hashlib.sha256()
    while (most is None or size <= most) and (block := source.read(_BLOCK)):
        size += len(block)
        digest.update(block)
        target.write(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _link(first: Path, copy: Path) -> None:
    try:
        os.link(first, copy)
    except OSError:
        shutil.copyfile(first, copy)
