"""Texts as the model will read them: read from disk, put in one form, whole documents kept apart for measuring."""

import gzip
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from core.errors import LessonError
from core.pretraining.recipe import Register

SUMMARY, TITLE = "Resumen", "Título"  # the first is the cue of `core.tasks.summarize`
SUMMARISED = 1100  # characters of a text shown before its summary: about 300 tokens, so that both fit in a row
_LEAD = (250, 900)  # characters of a passage whose first sentence is given as its summary
_SENTENCE = re.compile(r"[^.!?…]{40,220}[.!?…][»”\"]?(?=\s)")
_BLANKS = re.compile(r"[^\S\n]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_GAPS = re.compile(r"\n{3,}")


def texts(corpora: Path, register: Register, held_out: bool) -> Iterator[str]:
    """Yields the texts of a register that are to be read, or those kept apart, in the file's order and each once.

    Raises LessonError `corpora_missing` where the file is not there or is not gzipped JSON lines.
    """
    seen: set[int] = set()
    left = register.most_characters or 1 << 62
    for record in _records(corpora / register.file):
        if is_apart(record, register) != held_out:
            continue
        for text in _in_form(record, register.form):
            print_ = _fingerprint(text)
            if print_ in seen:
                continue
            seen.add(print_)
            left -= len(text)
            if left < 0:
                return
            yield text


def _records(path: Path) -> Iterator[dict]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except (OSError, EOFError, ValueError) as error:
        raise LessonError("corpora_missing", file=path.name, folder=path.parent) from error


def is_apart(record: dict, register: Register) -> bool:
    """Says whether a record's document is kept apart: by a hash of its name, the same on any machine and in any order.

    A document that stands in two registers (a guide, and its pair) falls on the same side in both. Where a whole
    collection has one name, the text itself is the document: its beginning, as letters only, so that two copies that
    differ in a comma go together.
    """
    name = record["source"] if register.apart_by == "source" else _letters(record["text"])[:60]
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") < register.held_out * 2**64


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", unicodedata.normalize("NFC", text).lower())


def _fingerprint(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(_letters(text).encode(), digest_size=8).digest(), "big")


def clean(text: str) -> str:
    """Answers a text in NFC, with single spaces and at most one empty line; line breaks stay where they were."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\u00ad", "")
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


def _in_form(record: dict, form: str) -> Iterator[str]:
    text = clean(record["text"])
    if form == "whole" and text:
        yield text
    elif form == "summary" and record.get("summary"):
        yield f"{shortened(text, SUMMARISED)}\n\n{SUMMARY}: {clean(record['summary'])}"
    elif form == "title" and record.get("title"):
        title = clean(record["title"])
        body = text.removeprefix(title).strip()
        if body:
            yield f"{shortened(body, SUMMARISED)}\n\n{TITLE}: {title}"
    elif form == "lead":
        yield from _leads(text)


def _leads(text: str) -> Iterator[str]:
    """Yields passages followed by their own first sentence, as a summary.

    Texts with a summary by their author are few. A sentence taken from the text stands for one (Zhang et al., 2020,
    «PEGASUS», where the first is among the choices tried); it teaches where to look and how to repeat.
    """
    for passage in text.split("\n\n"):
        found = _SENTENCE.match(passage + " ")
        if found and _LEAD[0] <= len(passage) <= _LEAD[1] and "\n" not in passage:
            yield f"{passage}\n\n{SUMMARY}: {found[0]}"


def shortened(text: str, most: int) -> str:
    """Answers the beginning of a text, at most `most` characters, cut where a line, a sentence or a word ends."""
    if len(text) <= most:
        return text
    piece = text[:most]
    for end in ("\n", ". ", " "):
        at = piece.rfind(end, most // 2)
        if at > 0:
            return piece[: at + len(end)].rstrip()
    return piece


def passages(text: str, most: int = 1200) -> Iterator[str]:
    """Yields a text in passages of at most `most` characters, which any model reads whole, cut at ends of lines."""
    while text:
        piece = shortened(text, most)
        yield piece
        text = text[len(piece) :].strip()
