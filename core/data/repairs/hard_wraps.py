"""Lines cut by a page's width, joined again; a poem's are never touched."""

import re
from itertools import pairwise

_NARROWEST, _WIDEST = 50, 140  # characters: verses are seldom as long as the one, pages never as wide as the other
_FEWEST, _FEW = 5, 6  # cut lines: with fewer, chance may make a stanza look like a paragraph
_SHORT = 8  # with fewer cut lines, one sentence that ends inside them may be a poem's
_END = re.compile(r"[.!?…:;][\"'»”’)\]]*$")
_PUNCTUATED = re.compile(r"[^\w\s-][\"'»”’)\]]*$")
# What prose, cut anywhere, has inside its lines, and a poem seldom: it pauses where its lines end, or has no marks.
_PAUSE = re.compile(r"[,;:.!?…][\"'»”’)\]]*\s+\S")
_STOP = re.compile(r"[.!?…][\"'»”’)\]]*\s+[«“\"'(\[¿¡—–]*[^\W\da-zà-öø-ÿ_]")
# What begins a line of its own: a list's mark, a dash and a capital (somebody speaks), an indent, a heading.
_OWN = re.compile(r"\s|[-*•·+#>|]\s|\(?\d{1,3}[.)]\s|[a-z]\)\s|[-–—]\s?[^a-zà-öø-ÿ\s]")
# Words that keep their hyphen when a line ends after it.
_HYPHENED = {"ex", "self", "well", "ill", "half", "non", "so", "mother", "father", "twenty", "thirty"}


def is_verse(text: str) -> bool:
    """Answers whether the ends of the lines are to be kept: a poem, a list, a dialogue, or not enough to tell.

    Lines are a page's when each is so full that the next one's first word did not fit in the width of the longest
    (50 to 140 characters), most go on in lower case, few end in punctuation, and there are pauses and
    ends of sentences inside them. In doubt it is verse, and so is all that has no punctuation.
    """
    return "\n" in text and not _width(text.split("\n"))


def join_lines(text: str) -> str:
    """Answers `text` with the lines of each paragraph joined, and words cut by a hyphen whole again."""
    # One turn is nearly always all; a second one finds nothing to do.
    while text.count("\n") >= 3 and len(text) >= 3 * _NARROWEST:
        lines = text.split("\n")
        width = _width(lines)
        joined = _join(lines, width) if width else text
        if joined == text:
            break
        text = joined
    return text


def _width(lines: list[str]) -> int:
    """Answers the page's width in characters, or 0 if these lines were not cut by one."""
    if max(map(len, lines)) < _NARROWEST:
        return 0
    pairs = [
        (line.rstrip(), after)
        for line, after in pairwise(lines)
        if line.strip() and after.strip() and not _OWN.match(after)
    ]
    if len(pairs) < 3:
        return 0
    width = max(len(line) for line, _ in pairs)
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    full: list[tuple[str, str]] = []
    short: list[tuple[str, str]] = []
    for pair in pairs:
        (full if _is_full(*pair, width) else short).append(pair)
    ended = sum(bool(_END.search(line)) for line, _ in short)
    odd = len(short) - ended
    few = len(full) < _FEW
    if len(full) < _FEWEST or odd > (0 if few else 0.05 * len(pairs)) or ended > len(full) / (4 if few else 2):
        return 0
    if (few and width < _NARROWEST + 8) or not _reads_as_prose([line for line, _ in full]):
        return 0
    lower = sum(1 for _, after in full if after.lstrip("«“\"'([¿¡—–")[:1].islower()) / len(full)
    stopped = sum(bool(_PUNCTUATED.search(line)) for line, _ in full) / len(full)
    return width if lower >= (0.75 if few else 0.65) and stopped <= (0.34 if few else 0.4) else 0


def _reads_as_prose(lines: list[str]) -> bool:
    """Answers whether there are pauses inside the lines, and sentences that end there: a page cuts anywhere."""
    pauses = sum(bool(_PAUSE.search(line)) for line in lines)
    stops = sum(bool(_STOP.search(line)) for line in lines)
    return pauses * 3 >= len(lines) and stops >= (2 if len(lines) < _SHORT else 1)


def _is_full(line: str, after: str, width: int) -> bool:
    word = re.match(r"\s*(\w+-(?=\w)|\S+)", after)
    return len(line) + 1 + (len(word[1]) if word else 0) > width


def _join(lines: list[str], width: int) -> str:
    parts = [lines[0].rstrip()]
    for before, line in pairwise(lines):
        last, start = before.rstrip(), line.strip()
        if last.strip() and start and not _OWN.match(line) and _is_full(last, line, width):
            parts[-1], between = _seam(parts[-1], start)
            parts += [between + start]
        else:
            parts += ["\n" + line.rstrip()]
    return "".join(parts)


def _seam(end: str, start: str) -> tuple[str, str]:
    """Answers the first line's end and what goes between it and the next."""
    cut = re.search(r"([^\W\d_]+)-$", end)
    if not cut or not start[0].isalpha():
        return end, "" if cut else " "
    # «Buenos-Aires», «vis-à-vis» and «ex-ministro» had a hyphen before the page cut them; «pala-bra» had none.
    compound = start[0].isupper() or end[: cut.start()].endswith("-") or cut[1].lower() in _HYPHENED
    return (end if compound else end[:-1]), ""
