"""Lines with nothing but a page's number, as a book turned into text leaves them."""

import re
from itertools import pairwise

# A number on its own may be part of what is told, so a text must be long enough to come from pages.
_LONG = 300  # characters
# Each is looked for in a line without the spaces at its ends.
_PLAIN = re.compile(r"[0-9]{1,3}")  # four figures are a year
_ROMAN = re.compile(r"[IVXLCDM]+\.?")
_SIGNED = re.compile(r"([-–—~·•|])[ \t]*[0-9]{1,3}[ \t]*\1|\[[ \t]*[0-9]{1,3}[ \t]*\]")
_NAMED = re.compile(
    r"[-–—~|\[(]?[ \t]*(?:p[áa]g(?:ina|\.)?|page|pg\.?|p\.)[ \t]*(?:n\.?[°º][ \t]*)?[0-9]{1,4}"
    r"(?:[ \t]*(?:de|of|/)[ \t]*[0-9]{1,4})?[ \t]*[-–—~|\])]?"
    r"|[0-9]{1,4}[ \t]+(?:de|of)[ \t]+[0-9]{1,4}",
    re.IGNORECASE,
)
# The three of them at once, roughly, and quick: it begins with a line's end.
_GATE = re.compile(r"\n[^\n0-9]{0,16}[0-9]{1,4}[^\n.,;:!?]{0,16}(?=\n|$)")


def drop_page_numbers(text: str) -> str:
    """Answers `text` without the lines that only number a page: «- 12 -», «Página 3 de 10», «p. 4», «[12]».

    «12» alone goes only from a text of some length, standing between two full lines or at either end, and if
    such numbers grow. Numbers that count stanzas from 1 stay, and so do roman ones, a year («[1922]» dates a poem)
    and the «[12]» that heads a short text: it numbers a fragment.
    """
    if "\n" not in text:
        return text
    while _GATE.search("\n" + text):
        lines = text.split("\n")
        gone = _pages(lines, len(text))
        if not gone:
            break
        text = _without(lines, gone)
    return text


def _pages(lines: list[str], length: int) -> set[int]:
    named, signed, plain = (
        [place for place, line in enumerate(lines) if form.fullmatch(line.strip())]
        for form in (_NAMED, _SIGNED, _PLAIN)
    )
    gone = set(named)
    full = [place for place, line in enumerate(lines) if line.strip()]
    if not _counts_stanzas(lines, signed):
        gone.update(signed if length >= _LONG else set(signed) - {full[0]})
    numbers = set(named + signed + plain)
    if len(numbers) == len(full):
        return set()  # nothing but numbers: they are what the text says
    if length >= _LONG and not _counts_stanzas(lines, plain):
        alone = [place for place in plain if _stands_alone(lines, place, full, numbers)]
        values = [int(lines[place]) for place in alone]
        if all(a < b for a, b in pairwise(values)):
            gone.update(alone)
    return gone


def _stands_alone(lines: list[str], place: int, full: list[int], numbers: set[int]) -> bool:
    before, after = place - 1, place + 1
    if before in numbers or after in numbers:
        return False  # a column of figures
    if before >= 0 and _ROMAN.fullmatch(lines[before].strip()):
        return False  # a part of a part
    if place in (full[0], full[-1]):
        return True
    return bool(lines[before].strip()) and bool(lines[after].strip())


def _counts_stanzas(lines: list[str], places: list[int]) -> bool:
    # 1, 2, 3… each at the head of a stanza.
    heads = [place for place in places if place == 0 or not lines[place - 1].strip()]
    values = [int(re.sub(r"[^0-9]", "", lines[place])) for place in heads]
    return len(values) > 1 and values == list(range(1, len(values) + 1))


def _without(lines: list[str], gone: set[int]) -> str:
    kept: list[str] = []
    for place, line in enumerate(lines):
        if place in gone:
            continue
        after_gone = place - 1 in gone
        if after_gone and not line.strip() and (not kept or not kept[-1].strip()):
            continue  # one blank line is left of the two that stood around the number
        kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept)
