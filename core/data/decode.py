"""From bytes to text: what encoding a file has, told without holding the file in memory."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from core.data.kind import ENCRYPTED, misnamed, no_text
from core.data.table import Note
from core.errors import LessonError

LONGEST_CELL = 10_000_000  # characters: some twenty novels, and more than any one text
_LONGEST_LINE = 2 * LONGEST_CELL  # a line may hold several cells, but a file of one endless line is no table
_BLOCK = 1 << 18
_SAMPLE = 200_000
# What Spanish and English were written in before UTF-8, the likeliest first. Latin-1 is cp1252 but for control codes.
_ONE_BYTE = ("cp1252", "mac_roman", "cp850")
_LOWER = "a-zß-öø-ÿœšž"  # the letters of western Europe
_UPPER = "A-ZÀ-ÖØ-ÞŒŠŽŸ"
_LETTER = _LOWER + _UPPER
# What is beyond ASCII and stands where a writer would put it. Read in another encoding, an «ó» becomes a dash inside a
# word, a «¿» a letter by itself, an «é» a capital after a small letter.
_IN_PLACE = re.compile(
    rf"(?<=[{_LETTER}])(?<![{_UPPER}][{_UPPER}])(?![a-z])[{_LOWER}](?![{_UPPER}])"  # ningún, así
    rf"|(?<![{_LETTER}])(?![a-z])[{_LOWER}](?=[{_LOWER}])"  # época
    rf"|(?<![{_LETTER}])(?![A-Z])[{_UPPER}](?=[{_LOWER}])"  # Él
    rf"|(?<![{_LOWER}])(?![A-Z])[{_UPPER}](?=[{_UPPER}](?![{_LOWER}]))"  # ÁRBOL
    rf"|(?<=[{_UPPER}])(?![A-Z])[{_UPPER}](?![{_LETTER}])"  # PERDÍ
    r"|(?<!\w)[¿¡«“‘„…–—]|[»”…–—](?!\w)|(?<=\d)–(?=\d)"
    rf"|(?<=[{_LETTER}]{{2}})—(?=[{_LETTER}]{{2}})|(?<=[{_LETTER}]{{3}})–(?=[{_LETTER}]{{3}})"  # wait—what
    r"|(?<=\w)’|’(?=\w)|(?<=[\dA-Z.])[ºª°](?!\w)|(?<=[lL])·(?=[lL])|\xa0"  # don’t, 1.º, col·lecció
    rf"|(?<![{_LETTER}])[•·€£©®§]"
)
_MARKS = {  # the longer ones first: UTF-32's begins as UTF-16's does
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Encoding:
    """How a file is to be opened: a codec's name, and what she should know about it."""

    name: str
    notes: tuple[Note, ...] = ()


@dataclass
class _Seen:
    """What a pass over the whole file counted."""

    nul: bool = False
    replaced: int = 0
    beyond_ascii: int = 0
    characters: int = 0
    first_bad: int = -1


def find_encoding(path: Path) -> Encoding:
    """Answers the encoding of the text in `path`, after looking at all of it, a block at a time.

    In turn: the mark at its beginning; UTF-16 without one, by its NULs in every other byte; UTF-8, even with a few
    broken bytes; else the one-byte encoding in which a sample reads best.
    Raises LessonError `empty_file`, `misnamed_file` (by its first bytes it is something else), `encrypted_file`,
    `binary_file`.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise LessonError("empty_file", name=path.name)
    other = no_text(path)
    if other == ENCRYPTED:
        raise LessonError("encrypted_file", name=path.name)
    if other:
        raise misnamed(path, other)
    return _check(path, _marked(head) or _utf16_without_mark(head) or "utf-8")


def open_text(path: Path, encoding: Encoding, newline: str | None = "") -> TextIO:
    """Opens a file for reading as `find_encoding` said; what breaks the encoding is read as «�»."""
    return path.open(encoding=encoding.name, errors="replace", newline=newline)


def lines(file: TextIO, name: str) -> Iterator[str]:
    """Gives the lines of an open text. Raises LessonError `text_too_long` rather than fill the memory with one."""
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise LessonError("text_too_long", name=name, characters=len(line), most=LONGEST_CELL)
        yield line


def _marked(head: bytes) -> str:
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")


def _utf16_without_mark(head: bytes) -> str:
    """Answers the UTF-16 that most letters' empty halves tell; empty where there is no such pattern."""
    pairs = len(head) // 2
    first, second = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if second > pairs / 2 and first <= pairs / 20:
        return "utf-16-le"
    return "utf-16-be" if first > pairs / 2 and second <= pairs / 20 else ""


def _check(path: Path, name: str) -> Encoding:
    seen = _look_through(path, name)
    if seen.nul:
        raise LessonError("binary_file", name=path.name)
    said = () if name in ("utf-8", "utf-8-sig") else (Note("encoding", {"encoding": name}),)
    if not seen.replaced:
        return Encoding(name, said)
    if name == "utf-8" and seen.replaced * 10 > seen.beyond_ascii - seen.replaced:
        name = _one_byte(path, seen.first_bad)
        seen = _look_through(path, name)
        said = (Note("encoding", {"encoding": name}),)
    elif seen.replaced * 10 > seen.characters:
        raise LessonError("binary_file", name=path.name)
    lost = (Note("replaced_characters", {"count": seen.replaced}),) if seen.replaced else ()
    return Encoding(name, said + lost)


def _look_through(path: Path, name: str) -> _Seen:
    """Decodes the file a block at a time, counting what does not fit; strictly while nothing fails, for it is quick."""
    seen = _Seen()
    wide = name.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(name)("replace")
    strict = codecs.getincrementaldecoder(name)("strict")
    broken = False
    with path.open("rb") as file:
        while True:
            before = file.tell()
            block = file.read(_BLOCK)
            seen.nul |= not wide and b"\x00" in block
            if not broken:
                state = strict.getstate()
                try:
                    text = strict.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    broken, seen.first_bad = True, before + error.start
                    decoder.setstate(state)
            if broken:
                text = decoder.decode(block, final=not block)
                seen.replaced += text.count("\ufffd") - _written(block, name)
            seen.nul |= wide and "\x00" in text
            if broken or seen.first_bad < 0:
                seen.characters += len(text)
                seen.beyond_ascii += 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
            if not block or seen.nul:
                return seen


def _written(block: bytes, name: str) -> int:
    """Answers how many «�» stand in the file itself, left there by some other program."""
    return block.count(b"\xef\xbf\xbd") if name.startswith("utf-8") else 0


def _one_byte(path: Path, first_bad: int) -> str:
    """Answers the one-byte encoding that puts most characters of a sample where they belong.

    The sample surely has the first byte that is not UTF-8. Raises LessonError `binary_file` where even in the best one
    a tenth of the characters are out of place.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
        if first_bad > _SAMPLE // 2:
            file.seek(first_bad - 2000)
            sample = sample[: _SAMPLE // 2] + file.read(_SAMPLE // 2)
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample)
    misplaced = {name: _misplaced(sample.decode(name, errors="replace")) for name in _ONE_BYTE}
    best = min(_ONE_BYTE, key=misplaced.__getitem__)  # the first of them where several are as good
    if control * 100 >= len(sample) or misplaced[best] * 10 > len(sample):
        raise LessonError("binary_file", name=path.name)
    return best


def _misplaced(text: str) -> int:
    """Answers how many of the characters beyond ASCII stand where no writer puts them."""
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return beyond - sum(1 for _ in _IN_PLACE.finditer(text))
