"""A text longer than wanted, divided where it breathes."""

import re
from itertools import pairwise

# From the best place to cut to the worst: a blank line, a line's end, a sentence's end, a space.
# What a group holds goes; an indent after a line's end stays. A run of spaces is followed from its beginning only.
_CUTS = (
    re.compile(r"((?:(?<![ \t])[ \t]++)?\n(?:[ \t]*+\n)+)"),
    re.compile(r"((?:(?<![ \t])[ \t]++)?\n)"),
    re.compile(r"[.!?…][\"'»”’)\]]*(\s+)"),
    re.compile(r"(\s+)"),
)


def divide(text: str, longest: int) -> list[str]:
    """Answers `text` in pieces of at most `longest` characters, as few and as even as its paragraphs allow.

    It is cut at blank lines; a paragraph over the limit at line ends, then at sentence ends, then at spaces,
    then anywhere. Nothing is lost but the white space at the cuts. A text within the limit comes back as it is.
    """
    if len(text) <= longest:
        return [text]
    return [piece for piece in _divide(text.strip("\n").rstrip(), longest, 0) if piece.strip()] or [""]


def _divide(text: str, longest: int, level: int) -> list[str]:
    if len(text) <= longest:
        return [text]
    if level == len(_CUTS):
        count = -(-len(text) // longest)
        edges = [len(text) * n // count for n in range(count + 1)]
        return [text[a:b] for a, b in pairwise(edges)]
    cuts = [match.span(1) for match in _CUTS[level].finditer(text)]
    starts, ends = [0, *(b for _, b in cuts)], [*(a for a, _ in cuts), len(text)]
    pieces: list[str] = []
    run: list[tuple[int, int]] = []
    for start, end in zip(starts, ends, strict=True):
        if end - start <= longest:
            run.append((start, end))
            continue
        pieces += _pack(text, run, longest)
        run = []
        pieces += _divide(text[start:end], longest, level + 1)
    return pieces + _pack(text, run, longest)


def _pack(text: str, units: list[tuple[int, int]], longest: int) -> list[str]:
    if not units:
        return []
    # The fewest pieces first; then the smallest limit that still makes so few is the one that makes them even.
    fewest = len(_greedy(units, longest))
    low, high = max(1, (units[-1][1] - units[0][0]) // fewest // 2), longest
    low = max(low, max(end - start for start, end in units))
    while low < high:
        middle = (low + high) // 2
        if len(_greedy(units, middle)) > fewest:
            low = middle + 1
        else:
            high = middle
    return [text[start:end] for start, end in _greedy(units, high)]


def _greedy(units: list[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    pieces = [units[0]]
    for start, end in units[1:]:
        if end - pieces[-1][0] <= limit:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    return pieces
