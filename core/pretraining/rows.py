"""Texts as ids on disk, in rows of the context's length; and which rows each step reads.

Nothing is held in memory: ids are two bytes each in a file that the system maps. Which rows a step reads follows from
the seed and from how many rows of each register were read before, so a training that was cut off goes on exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core import storage

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END = 0
_AT_ONCE = 512  # texts cut at a time


def write(texts: Iterable[str], tokenizer: "Tokenizer", context: int, path: Path) -> dict[str, int]:
    """Writes `path`.ids (every text, each after an END) and `path`.starts (where each row begins).

    Answers how many texts, characters, tokens and rows there are.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    begins, tokens, characters = [0], 0, 0
    with storage.disk_errors(path), path.with_suffix(".ids").open("wb") as file:
        texts = iter(texts)
        while some := list(islice(texts, _AT_ONCE)):
            for text, cut in zip(some, tokenizer.encode_batch_fast(some), strict=True):
                file.write(np.asarray([END, *cut.ids], np.uint16).tobytes())
                tokens += 1 + len(cut.ids)
                characters += len(text)
                begins.append(tokens)
        file.write(np.asarray([END], np.uint16).tobytes())  # the last text ends too
    starts = row_starts(np.asarray(begins), context)
    with storage.disk_errors(path), path.with_suffix(".starts").open("wb") as file:
        file.write(starts.tobytes())
    return {"texts": len(begins) - 1, "characters": characters, "tokens": tokens, "rows": len(starts)}


def row_starts(begins: np.ndarray, context: int) -> np.ndarray:
    """Answers where each row of `context` + 1 ids begins; `begins` has the place of each text, and the end of all.

    A row that ends inside a text which would fit in one is followed by a row that begins with that text: short texts
    are seen whole, and a summary never without what it sums up. A long one goes on where it was left.
    """
    starts, at, end = [], 0, int(begins[-1])
    while at + context <= end:
        starts.append(at)
        place = int(np.searchsorted(begins, at + context, side="right"))  # of the text after the row's last one
        last = int(begins[place - 1])
        fits = int(begins[min(place, len(begins) - 1)]) - last <= context
        at = last if last > at and fits else at + context
    return np.asarray(starts, np.int64)


@dataclass
class Rows:
    """The rows of one register, in an order drawn anew each time all were read."""

    ids: np.ndarray  # [tokens], mapped
    starts: np.ndarray  # [rows]
    context: int
    seed: int
    _order: dict[int, np.ndarray] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, context: int, seed: int) -> "Rows":
        ids = np.memmap(path.with_suffix(".ids"), np.uint16, "r")
        return cls(ids, np.fromfile(path.with_suffix(".starts"), np.int64), context, seed)

    def row(self, number: int) -> np.ndarray:
        """Answers the `number`-th row read since the beginning: `context` + 1 ids."""
        time, place = divmod(number, len(self.starts))
        if time not in self._order:
            drawn = np.random.default_rng([self.seed, time]).permutation(len(self.starts))
            self._order = {time: drawn}
        start = self.starts[self._order[time][place]]
        return np.asarray(self.ids[start : start + self.context + 1], np.int64)


def shares(weights: Mapping[str, float], rows: int, rng: np.random.Generator) -> dict[str, int]:
    """Divides the rows of a step between registers: each its whole part, what is left over by chance."""
    exact = {name: weight * rows for name, weight in weights.items()}
    counts = {name: int(wanted) for name, wanted in exact.items()}
    rests = np.asarray([exact[name] - counts[name] for name in exact])
    left = rows - sum(counts.values())
    if left:
        for place in rng.choice(len(rests), left, replace=False, p=rests / rests.sum()):
            counts[list(exact)[place]] += 1
    return counts


def draw(
    registers: Mapping[str, Rows], weights: Mapping[str, float], rows: int, read: dict[str, int], step: int, seed: int
) -> np.ndarray:
    """Answers the rows of one step, [rows, context + 1] ids, and counts them in `read`."""
    rng = np.random.default_rng([seed, step])
    drawn = []
    for name, count in shares(weights, rows, rng).items():
        drawn += [registers[name].row(read.get(name, 0) + k) for k in range(count)]
        read[name] = read.get(name, 0) + count
    return np.stack(drawn)[rng.permutation(rows)]
