"""What of a generated text stands word for word in the texts that a model learned from.

Words are compared without case, punctuation or line breaks. The training texts are read once into an index of every
run of WORDS words, one number each, so that a text is looked up in milliseconds however much was read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WORDS = 6  # shorter runs are everybody's: «y se quedó mirando el mar» is nobody's in particular
_WORD = re.compile(r"\w+")
_ARRAYS = ("ids", "starts", "order", "keys")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd, with its bits well spread (Knuth, 1998, section 6.4: the golden ratio)


@dataclass(frozen=True)
class Copy:
    """A span of the text that was looked at, from `start` to `end` in characters, that stands in a training text.

    `row` is that text's place in the order in which they were read; `words` is how many words the span has.
    """

    start: int
    end: int
    row: int
    words: int


@dataclass(frozen=True)
class Looked:
    """What was found in a text of `words` words; the copies do not overlap and stand in the text's order."""

    copies: Sequence[Copy]
    words: int

    @property
    def novelty(self) -> float:
        """The share of its words, 0 to 1, that stand in no copy; 1 for a text without words."""
        return 1.0 - sum(copy.words for copy in self.copies) / self.words if self.words else 1.0


class Index:
    """The training texts, ready to be searched: about 20 bytes a word.

    Kept on disk it is read from there as it is searched (`Index.opened`), and hardly takes memory.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        ids: list[int] = []
        starts = [0]
        for text in texts:
            ids.extend(self._numbers.setdefault(word, len(self._numbers) + 1) for word in _words(text))
            ids.extend([0] * WORDS)  # no run of words goes from one text into the next
            starts.append(len(ids))
        self._ids = np.array(ids, np.uint32)
        self._starts = np.array(starts)
        keys = _keys(self._ids)
        self._order = np.argsort(keys, kind="stable").astype(np.uint32)
        self._keys = keys[self._order]

    def save(self, folder: Path) -> None:
        """Writes it into an empty folder: an array a file, and the words in the order of their numbers."""
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, f"_{name}"))
        (folder / "words.txt").write_text("\n".join(self._numbers), encoding="utf-8")

    @classmethod
    def opened(cls, folder: Path) -> "Index":
        """Opens what `save` wrote, its arrays memory-mapped."""
        index = cls.__new__(cls)
        for name in _ARRAYS:
            setattr(index, f"_{name}", np.load(folder / f"{name}.npy", mmap_mode="r"))
        words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
        index._numbers = {word: number for number, word in enumerate(words, start=1) if word}
        return index

    def look(self, text: str) -> Looked:
        """Finds the longest copies of WORDS words or more, from the left: where one ends the next may begin."""
        places = [match.span() for match in _WORD.finditer(text)]
        unknown = len(self._numbers) + 1
        wanted = np.array([self._numbers.get(word, unknown) for word in _words(text)], np.uint32)
        keys = _keys(wanted)
        first = np.searchsorted(self._keys, keys, "left")
        last = np.searchsorted(self._keys, keys, "right")
        copies, at = [], 0
        while at < len(keys):
            length, place = self._longest(wanted[at:], self._order[first[at] : last[at]])
            if length < WORDS:
                at += 1
                continue
            row = int(np.searchsorted(self._starts, place, "right")) - 1
            copies.append(Copy(places[at][0], places[at + length - 1][1], row, length))
            at += length
        return Looked(copies, len(wanted))

    def _longest(self, wanted: np.ndarray, candidates: np.ndarray) -> tuple[int, int]:
        """Answers how many words of `wanted` stand at the best of the candidate places, and that place."""
        best, where = 0, 0
        for place in candidates.tolist():
            there = self._ids[place : place + len(wanted)]
            differs = np.flatnonzero(there != wanted[: len(there)])
            length = int(differs[0]) if len(differs) else len(there)
            if length > best:
                best, where = length, place
        return best, where


def _words(text: str) -> Iterable[str]:
    return (match.group().casefold() for match in _WORD.finditer(text))


def _keys(ids: np.ndarray) -> np.ndarray:
    """Answers one number for each run of WORDS ids; equal runs have equal numbers, and others hardly ever."""
    count = max(0, len(ids) - WORDS + 1)
    keys = np.zeros(count, np.uint64)
    for offset in range(WORDS):
        keys = (keys ^ ids[offset : offset + count]) * _FACTOR
        keys ^= keys >> np.uint64(29)
    return keys
