"""The words of a text as the metrics count them, its sentences, and runs of n words."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

_WORD = re.compile(r"\w+")
# A sentence ends at a stop (and what closes it) before a space and a capital, a digit or an opening sign; or at a
# line's end. «A las 3 p. m. en el club» stays whole; «el Dr. Paz» does not: no list of abbreviations is kept.
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'»”)\]]*\s+(?=[\"'«“(\[¿¡—–-]*[^\W_a-zà-öø-ÿ])|\n+")


def words(text: str) -> list[str]:
    """Answers runs of letters and digits of any alphabet, in lower case: «corazón» is one word."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def sentences(text: str) -> list[str]:
    """Answers the sentences of a text, in its order and without the space around them."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    parts = (text[start:end].strip() for start, end in pairwise(ends))
    return [part for part in parts if part]


def runs(items: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """Answers every run of `n` neighbours, in order; none where there are fewer."""
    return [tuple(items[at : at + n]) for at in range(len(items) - n + 1)]
