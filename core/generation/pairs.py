"""Two beginnings that differ in one word: what each makes more probable shows what a model takes for granted.

The method is that of paired sentences (Nangia et al., 2020, "CrowS-Pairs"), asked here of the next word.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.classroom import SAMPLES
from core.errors import LessonError
from core.generation import words
from core.generation.loaded import Loaded
from core.tokens import form

_ALIKE = 1.25  # within a quarter of one another, two probabilities are called alike


@dataclass(frozen=True)
class Pair:
    """Two beginnings and the word that is asked about; `code` names the pair in the texts."""

    code: str
    left: str
    right: str
    word: str


@dataclass(frozen=True)
class Chance:
    """A word and its probability (0 to 1) right after each beginning; `asked` where it was given, not found."""

    word: str
    left: float
    right: float
    asked: bool

    @property
    def likelier(self) -> str:
        """Answers `left`, `right`, or `alike`."""
        low, high = sorted((self.left, self.right))
        return "alike" if high <= _ALIKE * low or high == 0 else "left" if self.left > self.right else "right"

    @property
    def times(self) -> float:
        """By how much the greater probability is greater than the other."""
        low, high = sorted((self.left, self.right))
        return high / max(low, 1e-12)


def given(language: str) -> list[Pair]:
    """Answers the workshop's own pairs in `language`."""
    lines = (SAMPLES / f"pairs.{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Pair(**json.loads(line)) for line in lines]


def differing(left: str, right: str) -> tuple[list[str], list[str]]:
    """Answers the words in which two beginnings differ: those of each that stand at no same place in the other."""
    one, other = re.findall(r"\S+", left), re.findall(r"\S+", right)
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other


def compare(loaded: Loaded, left: str, right: str, asked: Sequence[str] = (), count: int = 6) -> list[Chance]:
    """Answers the asked words, and then the `count` whose probability differs most between the beginnings.

    Whole words, each with its end, at the model's own probabilities: no temperature, nothing left out. Raises
    LessonError: `no_prompt`, `pair_alike`, `not_causal`.
    """
    if loaded.is_seq2seq:
        raise LessonError("not_causal")
    if not (left.strip() and right.strip()):
        raise LessonError("no_prompt")
    if left.split() == right.split():
        raise LessonError("pair_alike")
    one, other = (_ids(loaded, text) for text in (left, right))
    wanted = list(dict.fromkeys(word.strip() for word in asked if word.strip()))
    given = [Chance(word, _chance(loaded, one, word), _chance(loaded, other, word), True) for word in wanted]
    found = [chance for chance in _likely(loaded, one, other, count) if chance.word not in wanted]
    return given + found[:count]


def _likely(loaded: Loaded, one: list[int], other: list[int], count: int) -> list[Chance]:
    """Answers the likeliest words of either beginning, those that differ most in probability (not in ratio) first."""
    known = [
        {word: c.probability for c in words.next_words(loaded, ids, count=2 * count) if (word := c.text.strip(" "))}
        for ids in (one, other)
        if count
    ]
    either = dict.fromkeys(word for side in known for word in side if word.isalpha())
    found = [
        Chance(
            word,
            known[0].get(word) or _chance(loaded, one, word),
            known[1].get(word) or _chance(loaded, other, word),
            False,
        )
        for word in either
    ]
    return sorted(found, key=lambda chance: -abs(chance.left - chance.right))


def _chance(loaded: Loaded, ids: list[int], word: str) -> float:
    return words.chance(loaded, ids, f" {word}")


def _ids(loaded: Loaded, text: str) -> list[int]:
    begin, end = form.ends(loaded.tokenizer)
    return ((begin or end) + loaded.tokenizer.encode(text.rstrip()))[-(loaded.context - words.ROOM) :]
