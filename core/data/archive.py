"""What stands before a packed file is opened: whether it unpacks to something we can hold."""

import copy
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import LessonError

MAX_UNPACKED = 1_000_000_000  # bytes of all members together: what an ordinary laptop can hold
MAX_MEMBERS = 10_000
MAX_RATIO = 200  # text seldom packs better than 20 to 1
RATIO_FROM = 10_000_000  # bytes of a member from which its ratio is looked at: small ones may be all zeros
_BLOCK = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, NotImplementedError)
_ENCRYPTED_PARTS = {"META-INF/manifest.xml": b"encryption-data", "META-INF/encryption.xml": b"html"}  # ODF; EPUB


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Opens a ZIP. Raises LessonError `broken_file`, also for what fails while it is read in the block."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _BROKEN as error:
        raise LessonError("broken_file", name=path.name) from error
    except RuntimeError as error:  # what zipfile raises where a password is missing
        raise LessonError("encrypted_file", name=path.name) from error


def check(path: Path) -> None:
    """Refuses what would not fit, before anyone unpacks it; every member is inflated once, and nothing is kept.

    The sizes that the file declares are not believed. Raises LessonError `encrypted_file`, `broken_file`,
    `unpacks_too_big`, `too_many_files`.
    """
    with opened(path) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise LessonError("too_many_files", name=path.name, most=MAX_MEMBERS)
        if any(member.flag_bits & 1 for member in members):
            raise LessonError("encrypted_file", name=path.name)
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise too_big(path)
        if _overlaps(members, path.stat().st_size):
            raise LessonError("broken_file", name=path.name)
        total = 0
        for member in members:
            total += sum(len(block) for block in blocks(archive, member, MAX_UNPACKED - total, path))
        for part, mark in _ENCRYPTED_PARTS.items():
            if part in archive.NameToInfo and mark in archive.read(part):
                raise LessonError("encrypted_file", name=path.name)


def blocks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int, path: Path) -> Iterator[bytes]:
    """Inflates a member in pieces, counting: stops with LessonError `unpacks_too_big` beyond `most` bytes."""
    honest = copy.copy(member)
    honest.file_size = MAX_UNPACKED * 2  # else reading stops quietly at the size that it declares
    size = 0
    with archive.open(honest) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > most or (size > RATIO_FROM and size > MAX_RATIO * max(member.compress_size, 1)):
                raise too_big(path)
            yield block


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Answers the bytes of a ZIP with the member `part` as `change` answers it, for a file that `check` let through.

    Where that changes something, only what is XML goes along: nobody here looks at images.
    """
    with opened(path) as old:
        member = old.NameToInfo.get(part)
        before = b"".join(blocks(old, member, MAX_UNPACKED, path)) if member else b""
        after = change(before)
        if after == before:
            return path.read_bytes()
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
            for name in old.NameToInfo:
                if name == part:
                    new.writestr(name, after)
                elif name.endswith((".xml", ".rels", "mimetype")):
                    new.writestr(name, old.read(name))
        return made.getvalue()


def too_big(path: Path) -> LessonError:
    """The error for a file that unpacks to more than we can hold."""
    return LessonError("unpacks_too_big", name=path.name, megabytes=MAX_UNPACKED // 1_000_000)


def _overlaps(members: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether two members share bytes: how a small file claims to hold a vast one."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    ends = [member.header_offset + 30 + member.compress_size for member in ordered]  # 30: the fixed local header
    starts = [*(member.header_offset for member in ordered[1:]), size]
    return any(end > start for end, start in zip(ends, starts, strict=False))
