"""Documents (DOCX, ODT, EPUB, RTF, HTML): pandoc takes them apart, and a poem's lines stay lines."""

import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from core.data import archive
from core.data.decode import find_encoding
from core.data.kind import ENCRYPTED, kind_of, misnamed
from core.data.table import Note, Options, Progress, Table
from core.errors import LessonError

_FILTER = Path(__file__).with_suffix(".lua")
_FORMATS = {
    ".docx": "docx+empty_paragraphs+styles",
    ".odt": "odt+empty_paragraphs",
    ".epub": "epub+empty_paragraphs",
    ".rtf": "rtf",
    ".html": "html+empty_paragraphs",
}
_SECONDS = 60  # a novel takes one or two
_MEMORY = "512M"  # pandoc's own limit: a novel takes a tenth
_RECORD, _FIELD, _EMPTY = "\x1e", "\x1f", "\ue000"  # what read_document.lua writes
_VERSE = 80  # characters: few verses are longer, few lines of prose that are a paragraph are shorter
_SHORT_SHARE = 0.8
# Two paragraph ends in RTF with nothing between them but commands: pandoc would drop the empty paragraph.
_RTF_EMPTY = re.compile(rb"(\\par(?![a-z])(?:\s|[{}]|\\(?!par(?![a-z]))[a-z]+-?\d*)*+)(?=\\par(?![a-z]))")
# For each format that keeps text boxes inside a paragraph: the part with the text, and a paragraph that is a border.
_BOXES_IN = {
    ".docx": ("word/document.xml", "<w:p><w:r><w:t>\ue001</w:t></w:r></w:p>".encode()),
    ".odt": ("content.xml", "<text:p>\ue001</text:p>".encode()),
}
_BOXES = (b"w:txbxContent", b"draw:text-box", b"draw:custom-shape")
_AGAIN = b"mc:Fallback"  # the same box, for older programs
_BOX_TAG = re.compile(
    rb"<(/?)(w:p|text:p|text:h|w:txbxContent|draw:text-box|draw:custom-shape|mc:Fallback)(?=[\s/>])[^<>]*?(/?)>"
)
_MARK = "(?m)^#{1,6}[ \\t]+"  # of a heading: it tells where to divide, and is none of her letters
_META_CHARSET = re.compile(rb"""<meta[^>]+charset=["']?\s*([\w-]+)""", re.IGNORECASE)


def read_document(path: Path, options: Options, progress: Progress) -> Table:
    """Reads a document as running text, headings as lines that begin with `#`, and divides it.

    Raises LessonError `misnamed_file`, `encrypted_file`, `broken_file`, `empty_file`, `document_too_heavy`, and
    what `archive.check` does.
    """
    from core.data.read_text import divide

    text, notes = running_text(path)
    progress(0.8)
    if not text.strip():
        raise LessonError("empty_file", name=path.name)
    table = divide(text, options)
    columns = [pc.replace_substring_regex(column, _MARK, "") for column in table.data.columns]
    data = pa.table(columns, names=table.data.column_names)
    return Table(data, (*notes, *table.notes), table.offers, table.taken)


def running_text(path: Path) -> tuple[str, tuple[Note, ...]]:
    """Answers a document's text, a blank line between paragraphs, and what had to be done; see `read_document`."""
    suffix = _checked_suffix(path)
    content, notes = _input(path, suffix)
    said = _pandoc(content, _FORMATS[suffix], path.name)
    records = [record.strip("\n").partition(_FIELD) for record in said.split(_RECORD)]
    blocks = [(kind.strip(), text.replace(_EMPTY, "")) for kind, _, text in records]
    lines_joined, text = _put_together([block for block in blocks if block[0]])
    return text, (*notes, *((Note("verses", {"count": lines_joined}),) if lines_joined else ()))


def _checked_suffix(path: Path) -> str:
    suffix = path.suffix.lower().replace(".htm", ".html").replace(".htmll", ".html")
    real = kind_of(path)
    if real == ENCRYPTED:
        raise LessonError("encrypted_file", name=path.name)
    if suffix == ".html":
        if real not in (".html", ".xml", ".txt", ""):
            raise misnamed(path, real)
        return suffix
    if real in (suffix, ".zip") or real == "":
        if real != ".rtf" and not zipfile.is_zipfile(path):
            raise LessonError("broken_file", name=path.name)
        if real == ".zip":
            archive.check(path)  # says what is wrong, if it is not just some other ZIP
            raise misnamed(path, real)
    elif real not in _FORMATS or ".html" in (real, suffix):
        raise misnamed(path, real)
    if real in (".docx", ".odt", ".epub"):
        archive.check(path)
    return real  # a DOCX called .odt opens all the same


def _input(path: Path, suffix: str) -> tuple[bytes, tuple[Note, ...]]:
    """What pandoc is given: the file's bytes, with marks where it would drop empty paragraphs, and text boxes moved."""
    if suffix in _BOXES_IN:
        part, border = _BOXES_IN[suffix]
        return archive.rewritten(path, part, lambda xml: _boxes_moved(xml, border)), ()
    content = path.read_bytes()
    if suffix == ".rtf":
        content = re.sub(rb"[\x80-\xff]", lambda match: b"\\'%02x" % match[0][0], content)
        return _RTF_EMPTY.sub(rb"\1\\u-8192?", content), ()
    if suffix != ".html":
        return content, ()
    declared = _META_CHARSET.search(content[:4096])
    if declared:
        try:
            return content.decode(declared[1].decode()).encode(), ()
        except (LookupError, UnicodeError):
            pass
    encoding = find_encoding(path)
    return content.decode(encoding.name, "replace").encode(), encoding.notes


def _boxes_moved(xml: bytes, border: bytes) -> bytes:
    """Moves each text box, which pandoc drops, to after the paragraph that it hangs from, between two borders.

    A box has paragraphs of its own, and may hang from one of another box: each level is put together apart.
    """
    if not any(b"<" + box in xml for box in _BOXES):
        return xml
    kept: list[list[bytes]] = [[]]
    waiting: list[list[bytes]] = [[]]  # boxes for the end of the paragraph
    depths = [0]  # paragraphs that are open: one in a note stands inside another
    again = place = 0
    for tag in _BOX_TAG.finditer(xml):
        kept[-1].append(xml[place : tag.start()])
        place = tag.end()
        closes, name, is_alone = tag.groups()
        if is_alone:
            kept[-1].append(tag[0])
        elif name == _AGAIN:
            kept[-1].append(tag[0])
            again += -1 if closes else 1
        elif name not in _BOXES:
            kept[-1].append(tag[0])
            depths[-1] += -1 if closes else 1
            if depths[-1] == 0:
                kept[-1] += waiting[-1]
                waiting[-1] = []
        elif not closes:
            kept.append([])
            waiting.append([])
            depths.append(0)
        elif len(kept) > 1:
            depths.pop()
            box = b"".join(kept.pop() + waiting.pop())
            if not again and re.sub(rb"<[^<>]*>", b"", box).strip():
                waiting[-1] += [border, box, border]
    return b"".join([*kept[0], xml[place:]]) if len(kept) == 1 else xml


def _pandoc(content: bytes, source: str, name: str) -> str:
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--sandbox", "--from", source, "--to", "plain", "--wrap=none"]
    command += ["--lua-filter", str(_FILTER), "--quiet", "+RTS", f"-M{_MEMORY}", "-RTS"]
    # Only Word's reader makes a description of what the person wrote as text; see the filter.
    environment = {**os.environ, "DOCUMENT_TITLE": "1" if source.startswith("docx") else "0"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                command, input=content, capture_output=True, timeout=_SECONDS, cwd=folder, env=environment
            )
        except subprocess.TimeoutExpired as error:
            raise LessonError("document_too_heavy", name=name) from error
    if done.returncode in (251, -9):  # GHC's heap limit; killed by the system for memory
        raise LessonError("document_too_heavy", name=name)
    if done.returncode:
        raise LessonError("broken_file", name=name)
    return done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")


def _put_together(blocks: Sequence[tuple[str, str]]) -> tuple[int, str]:
    """Answers how many paragraphs were read as verses, and the text."""
    blocks = _single_spaced(blocks)
    verse_allowed = any(kind == "E" for kind, _ in blocks) or _verses_under_headings(blocks)
    out: list[str] = []
    empty, verses = 0, 0
    for kind, run in groupby(blocks, key=lambda block: block[0]):
        texts = [text.strip("\n") for _, text in run]
        if kind == "E":
            empty += len(texts)
            continue
        if kind == "B":
            continue
        if kind == "P" and verse_allowed and len(texts) > 1 and _are_short(texts, _VERSE):
            verses += len(texts)
            texts = ["\n".join(text.rstrip() for text in texts)]
        elif kind[0] == "H":
            texts = ["#" * int(kind[1:]) + " " + " ".join(text.split()) for text in texts if text.strip()]
        out += [""] * (empty - 1 if out and texts else 0)
        out += [part for text in texts for part in (text, "")]
        empty = 0
    return verses, re.sub(r"\n{5,}", "\n\n\n\n", "\n".join(out)).strip("\n") + "\n"


def _are_short(texts: Sequence[str], most: int, share: float = _SHORT_SHARE) -> bool:
    return sum(len(line) <= most for line in texts) >= share * len(texts)


def _verses_under_headings(blocks: Sequence[tuple[str, str]]) -> bool:
    """Whether a document without empty paragraphs is a book of poems: a title, and a short paragraph a verse."""
    texts = [text for kind, text in blocks if kind == "P"]
    headings = sum(kind[0] == "H" for kind, _ in blocks)
    return headings > 1 and len(texts) >= 4 * headings and _are_short(texts, 60, 0.95)


def _single_spaced(blocks: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Takes out the single empty paragraphs of who left one after each verse, and two or more after each stanza."""
    runs = [(kind, list(run)) for kind, run in groupby(blocks, key=lambda block: block[0])]
    texts = [text for kind, text in blocks if kind == "P"]
    gaps = [len(run) for kind, run in runs if kind == "E"]
    alone = all(len(run) == 1 for kind, run in runs if kind == "P")
    if not (alone and len(gaps) > 3 and _are_short(texts, _VERSE) and 0.5 < gaps.count(1) / len(gaps) < 1):
        return list(blocks)
    return [block for kind, run in runs if not (kind == "E" and len(run) == 1) for block in run]
