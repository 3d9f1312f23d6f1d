"""PDF: the text layer, line by line, without what repeats at the edges of the pages."""

import ctypes
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.data.kind import kind_of, misnamed
from core.data.table import Note, Options, Progress, Table
from core.errors import LessonError
from core.texts import unaccented

MAX_PAGES = 5_000
MAX_CHARACTERS = 20_000_000  # twice what 5 000 dense pages hold
_PDFIUM = threading.Lock()  # pdfium keeps one state for the whole process
_CUT = 0x2  # what pdfium gives for a hyphen that ends a line
_EDGE = 2  # lines at the top and at the bottom of a page that may be a running header or footer
_GAP = 1.35  # times the usual distance between lines, from which a blank line is seen
_TITLE = re.compile(r"([^\W\d_]+)\W+(\d+)\W*")  # «Canto 3»
_PAGE_WORDS = {"page", "p", "pag", "pg", "pagina", "hoja", "folio"}
_OFTEN = 0.2  # share of all steps between lines: stanzas of one verse leave no fewer inside them
_FULL = 0.85  # share of the widest line, from which a line goes on to the margin


@dataclass(frozen=True)
class _Line:
    """A line and where it stands, in points from the page's lower left corner."""

    text: str
    left: float
    right: float
    base: float
    cut: bool = False  # a word goes on in the next line


def read_pdf(path: Path, options: Options, progress: Progress) -> Table:
    """Reads a PDF's text layer as running text, and divides it.

    Raises LessonError `encrypted_file`, `broken_file`, `misnamed_file`, `scanned_pdf`, `too_many_pages`,
    `unpacks_too_big`.
    """
    from core.data.read_text import divide

    pages = _pages(path, progress)
    silent = sum(not page for page in pages)
    if silent * 2 > len(pages):
        raise LessonError("scanned_pdf", name=path.name, pages=silent)
    notes = [Note("pages_without_text", {"count": silent})] if silent else []
    pages, repeated = _without_edges(pages)
    if repeated:
        notes.append(Note("page_edges", {"count": len(repeated), "example": repeated[0].text}))
    form = _form(pages)
    table = divide(running_text(pages, form), options, [running_text([page], form) for page in pages if page])
    return Table(table.data, (*notes, *table.notes), table.offers, table.taken)


def _pages(path: Path, progress: Progress) -> list[list[_Line]]:
    import pypdfium2

    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                raise LessonError("encrypted_file", name=path.name) from error
            real = kind_of(path)
            if real not in (".pdf", ""):
                raise misnamed(path, real) from error
            raise LessonError("broken_file", name=path.name) from error
        try:
            return _all_lines(document, path.name, progress)
        finally:
            document.close()


def _all_lines(document: Any, name: str, progress: Progress) -> list[list[_Line]]:
    import pypdfium2

    if len(document) > MAX_PAGES:
        raise LessonError("too_many_pages", name=name, pages=len(document), most=MAX_PAGES)
    pages: list[list[_Line]] = []
    left = MAX_CHARACTERS
    for place in range(len(document)):
        try:
            page = document[place]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            pages.append([])  # one page that cannot be read does not spoil the rest
            continue
        try:
            left -= text.count_chars()
            if left < 0:
                raise LessonError("unpacks_too_big", name=name, megabytes=MAX_CHARACTERS // 1_000_000)
            pages.append(list(_lines(text)))
        finally:
            text.close()
            page.close()
        progress(0.9 * (place + 1) / len(document))
    if not pages:
        raise LessonError("broken_file", name=name)
    return pages


def _lines(text: Any) -> Iterator[_Line]:
    from pypdfium2 import raw

    start, codes = 0, [raw.FPDFText_GetUnicode(text, place) for place in range(text.count_chars())]
    for place, code in enumerate([*codes, 10]):
        if code not in (10, _CUT):
            continue
        seen = [n for n in range(start, place) if codes[n] > 32 and codes[n] != 0xA0]
        if seen:
            said = "".join(map(chr, codes[start:place])).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            said = re.sub(r"[\x00-\x1f\ufffe\uffff]", " ", said).strip()
            x, y = ctypes.c_double(), ctypes.c_double()
            raw.FPDFText_GetCharOrigin(text, seen[0], x, y)
            right = text.get_charbox(seen[-1])[2]
            yield _Line(said + ("-" if code == _CUT else ""), x.value, right, y.value, code == _CUT)
        start = place + 1


def _without_edges(pages: Sequence[list[_Line]]) -> tuple[list[list[_Line]], list[_Line]]:
    """Takes out lines that stand at the same height of most pages, the same but for their digits; answers both.

    The titles of numbered poems or chapters stay.
    """
    if len(pages) < 3:
        return list(pages), []
    usual = _usual_step(pages)
    seen = Counter(found for page in pages for found in {_key(line) for edge in _edges(page) for line in edge[:_EDGE]})
    least = max(3, 0.4 * sum(bool(page) for page in pages))  # left and right pages often have each its own
    repeated = {found for found, count in seen.items() if count >= least} - _numbered_titles(pages)
    kept: list[list[_Line]] = []
    taken: list[_Line] = []
    for page in pages:
        gone = {line for edge in _edges(page) for line in _running(edge, repeated, usual)}
        kept.append([line for line in page if line not in gone])
        taken += [line for line in page if line in gone]
    return kept, taken


def _numbered_titles(pages: Sequence[list[_Line]]) -> set[tuple[str, int]]:
    """Answers the keys of top lines that are one word and a number counted from 1: «Canto 1», «Canto 2»…

    A running header may look like this too; a header that stays is seen and mended, a title that went is not.
    """
    numbers: dict[tuple[str, int], list[int]] = {}
    for page in pages:
        for line in _edges(page)[0][:_EDGE]:
            title = _TITLE.fullmatch(line.text)
            if title and unaccented(title[1]) not in _PAGE_WORDS:
                numbers.setdefault(_key(line), []).append(int(title[2]))
    return {key for key, found in numbers.items() if found == list(range(1, len(found) + 1))}


def _key(line: _Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.base / 4)


def _edges(page: list[_Line]) -> tuple[list[_Line], list[_Line]]:
    """Answers the page's lines from the top, and from the bottom."""
    downwards = sorted(page, key=lambda line: -line.base)
    return downwards, downwards[::-1]


def _running(edge: list[_Line], repeated: set[tuple[str, int]], usual: float) -> list[_Line]:
    """Answers the outer lines that repeat: those with a number, or apart from the text, as no poem's own line is."""
    for count in range(min(_EDGE, len(edge)), 0, -1):
        outer = edge[:count]
        apart = len(edge) == count or abs(edge[count].base - edge[count - 1].base) > usual * _GAP
        numbered = "#" in _key(edge[count - 1])[0]
        if all(_key(line) in repeated for line in outer) and (apart or numbered):
            return outer
    return []


def _usual_step(pages: Sequence[list[_Line]]) -> float:
    """Answers the distance between two lines of a paragraph, in points: the least of those that come often."""
    steps = Counter(round(a.base - b.base) for page in pages for a, b in pairwise(page) if a.base > b.base)
    often = [step for step, count in steps.items() if count >= _OFTEN * steps.total()]
    return min(often, default=1) + 0.5


@dataclass(frozen=True)
class _Form:
    """How a document is set, in points: its usual step from line to line, its margin, and where a full line ends."""

    usual: float
    margin: float
    full_from: float


def _form(pages: Sequence[list[_Line]]) -> _Form:
    lines = [line for page in pages for line in page]
    if not lines:
        return _Form(1.0, 0.0, 0.0)
    widest = sorted(line.right for line in lines)[int(len(lines) * 0.95)]
    margin = min(line.left for line in lines)
    return _Form(_usual_step(pages), margin, margin + _FULL * (widest - margin))


def running_text(pages: Sequence[list[_Line]], form: _Form) -> str:
    """Answers the pages' lines, with a blank one between paragraphs or stanzas."""
    usual, margin, full_from = form.usual, form.margin, form.full_from
    blocks: list[list[_Line]] = []
    for page in pages:
        for before, line in zip([None, *page], page, strict=False):
            if before is None:  # a paragraph may go on from the page before, in the middle of a sentence
                is_full = bool(blocks) and blocks[-1][-1].right >= full_from
                goes_on = is_full and line.left <= margin + usual / 2 and line.text[:1].islower()
            else:
                goes_on = not usual * _GAP < before.base - line.base
            if goes_on:
                blocks[-1].append(line)
            else:
                blocks.append([line])
    return "\n\n".join("\n".join(_paragraphs(block, full_from, usual)) for block in blocks) + "\n"


def _paragraphs(block: list[_Line], full_from: float, usual: float) -> Iterator[str]:
    """Gives a block's lines: prose gets its cut words whole, and a blank line where a first line is indented."""
    is_prose = len(block) > 1 and sum(line.right >= full_from for line in block[:-1]) >= 0.6 * (len(block) - 1)
    if not is_prose:
        yield from (line.text for line in block)
        return
    margin = min(line.left for line in block)
    lines = list(block)
    for place, line in enumerate(lines):
        before = lines[place - 1] if place else None
        if before and before.right < full_from and line.left > margin + usual / 3:
            yield ""
        if line.cut and place + 1 < len(lines):
            head, _, rest = lines[place + 1].text.partition(" ")
            if head[:1].islower():
                line = replace(line, text=line.text[:-1] + head)
                lines[place + 1] = replace(lines[place + 1], text=rest)
        if line.text:
            yield line.text
