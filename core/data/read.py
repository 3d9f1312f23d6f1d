"""Reading a person's file: one reader a format, all answering the same small table."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from core.data.read_csv import read_csv
from core.data.read_jsonl import read_jsonl
from core.data.read_txt import read_txt
from core.data.table import Table
from core.errors import LessonError

READERS: dict[str, Callable[[str], Table]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
    ".txt": read_txt,
    ".md": read_txt,
}
MAX_BYTES = 200_000_000


def read(path: Path) -> Table:
    """Reads the file at `path` by its extension.

    Raises LessonError: `file_not_found`, `file_too_big`, `unknown_format`, `empty_file`, `binary_file`, or
    what the format's reader says.
    """
    if not path.is_file():
        raise LessonError("file_not_found", name=path.name)
    if path.stat().st_size > MAX_BYTES:
        raise LessonError("file_too_big", name=path.name, megabytes=MAX_BYTES // 1_000_000)
    return read_content(path.read_bytes(), path.name)


def read_content(content: bytes, name: str) -> Table:
    """Reads a file's bytes; see `read`."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in READERS:
        raise LessonError("unknown_format", name=name, formats=", ".join(READERS))
    if not content.strip():
        raise LessonError("empty_file", name=name)
    text, notes = decode(content, name)
    if not text.strip():
        raise LessonError("empty_file", name=name)
    table = READERS[suffix](text)
    if not table.rows:
        raise LessonError("empty_file", name=name)
    return Table(table.columns, table.rows, notes + table.notes)


def decode(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Turns bytes into text: UTF-8 or UTF-16 by its mark, UTF-8 if it is valid, else what charset_normalizer finds.

    Answers the text and a note where the encoding was not UTF-8. Raises LessonError `binary_file`.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), ("encoding",)
        except UnicodeDecodeError as error:
            raise LessonError("binary_file", name=name) from error
    if b"\x00" in content:
        raise LessonError("binary_file", name=name)
    try:
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    sample = content[:200_000]
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample) / len(sample)
    candidates = ["cp1252", "latin_1", "mac_roman", "cp850"]
    best = from_bytes(sample, cp_isolation=candidates).best() if odd < 0.01 else None
    if best is None:
        raise LessonError("binary_file", name=name)
    return content.decode(best.encoding, errors="replace"), ("encoding",)
