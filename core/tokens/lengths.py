"""How long texts are in tokens, how much of them a maximum length keeps, and what it saves."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.machine import Choice
from core.models.folder import ModelFacts
from core.models.kind import SEQ2SEQ

PERCENTILES = (50, 90, 95, 99)


@dataclass(frozen=True)
class Counted:
    """Lengths counted once: `counts[n]` texts have n tokens. A million texts are then as quick as a hundred.

    Where a text is two sequences, each with a maximum of its own, `counts` has the longer ones, which decide whether
    it stays whole, and `others` the shorter.
    """

    counts: np.ndarray
    others: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64))

    @property
    def sequences(self) -> np.ndarray:
        """How many sequences of each length there are, of both sorts."""
        both = self.counts.copy()
        both[: len(self.others)] += self.others
        return both

    @property
    def texts(self) -> int:
        return int(self.counts.sum())

    @property
    def tokens(self) -> int:
        return int(self.sequences @ np.arange(len(self.counts)))

    @property
    def longest(self) -> int:
        return len(self.counts) - 1


# Tokens: one number a text, or two where it is two sequences, or counted already.
Lengths = Sequence[int] | np.ndarray | Counted


def counted(lengths: Lengths) -> Counted:
    """Counts how many texts have each length, unless that was done before."""
    if isinstance(lengths, Counted):
        return lengths
    values = np.asarray(lengths)
    if values.ndim == 1:
        return Counted(np.bincount(values))
    return Counted(np.bincount(values.max(axis=1)), np.bincount(values.min(axis=1)))


def longest_sequences(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """Answers of each text the length that a maximum must reach to leave it whole."""
    values = np.asarray(lengths)
    return values if values.ndim == 1 else values.max(axis=1)


def percentile(lengths: Lengths, share: float) -> int:
    """Answers the smallest length that at least `share` per cent of the texts do not exceed (nearest rank)."""
    up_to = np.cumsum(counted(lengths).counts)
    return int(np.searchsorted(up_to, max(1, math.ceil(up_to[-1] * share / 100))))


def suggest_length(lengths: Lengths, context: int) -> Choice:
    """Suggests a maximum length: the longest text if the model can read it, else as much as the model can.

    Nothing is lost by a generous length here, since batches are padded to their own longest row; only where a
    few texts are more than twice as long as the 99th percentile does cutting them pay.
    """
    longest, usual = counted(lengths).longest, percentile(lengths, 99)
    if longest > context:
        return Choice(context, "length.context", {"context": context, "longest": longest})
    if longest > 2 * usual:
        return Choice(round_up(usual), "length.percentile", {"length": round_up(usual), "longest": longest})
    return Choice(min(context, round_up(longest)), "length.longest", {"longest": longest})


def round_up(length: int) -> int:
    """Rounds up to a multiple of 8, the step of the slider and a shape that matrix units like."""
    return -(-length // 8) * 8


def bins(lengths: Lengths, count: int = 40) -> tuple[list[float], list[int], int]:
    """Divides lengths in at most `count` equal bins. Answers their middles, how many texts in each, their width."""
    counts = counted(lengths).counts
    low, high = int(np.flatnonzero(counts)[0]), len(counts) - 1
    width = max(1, -(-(high - low + 1) // count))
    heights = np.add.reduceat(counts[low:], np.arange(0, high - low + 1, width))
    return [low + width * (i + 0.5) - 0.5 for i in range(len(heights))], heights.tolist(), width


def cut_by(lengths: Lengths, max_length: int) -> tuple[int, int]:
    """Answers how many texts a maximum length cuts, and how many tokens are lost in all."""
    found = counted(lengths)
    over = found.sequences[max_length + 1 :]
    return int(found.counts[max_length + 1 :].sum()), int(over @ np.arange(1, len(over) + 1))


def coverage(lengths: Lengths, points: int = 120) -> tuple[list[int], list[float], list[float]]:
    """Answers maximum lengths up to the longest, and the share (0 to 1) of texts whole and of tokens kept at each."""
    all_of_them = counted(lengths)
    sequences, texts, tokens = all_of_them.sequences, all_of_them.texts, all_of_them.tokens
    cuts = np.unique(np.linspace(0, all_of_them.longest, points).round().astype(np.int64))
    uncut, in_uncut = np.cumsum(sequences)[cuts], np.cumsum(sequences * np.arange(len(sequences)))[cuts]
    kept = in_uncut + (sequences.sum() - uncut) * cuts
    whole = np.cumsum(all_of_them.counts)[cuts]
    return cuts.tolist(), (whole / texts).tolist(), (kept / tokens).tolist()


def relative_cost(lengths: Lengths, max_length: int, most: int, model: ModelFacts) -> float:
    """Answers an epoch's arithmetic under `max_length`, as a share of what it takes under `most` (0 to 1).

    A text of n tokens takes n × (parameters + layers × hidden × n), up to a factor: the product with every weight,
    and attention's scores, each token with every other (Kaplan et al., 2020, "Scaling Laws for Neural Language
    Models", table 1: 2N and 2 · layers · context · width a token). Padding is left out: batches have like lengths.
    Of the two sequences of a seq2seq model, each passes through half of the weights.
    """
    counts = counted(lengths).sequences
    tokens = np.arange(len(counts), dtype=np.float64)
    weights = model.parameters / (2 if model.kind == SEQ2SEQ else 1)

    def work(limit: int) -> float:
        read = np.minimum(tokens, limit)
        return float(counts @ (read * (weights + model.layers * model.hidden * read)))

    return work(max_length) / work(most)


def cut_examples(lengths: Sequence[int] | np.ndarray, max_length: int) -> list[int]:
    """Answers the places of up to three texts that are cut: the shortest of them, a middle one, and the longest."""
    values = longest_sequences(lengths)
    over = np.flatnonzero(values > max_length)
    if not len(over):
        return []
    ranks = sorted({0, len(over) // 2, len(over) - 1})
    return [int(over[np.argpartition(values[over], rank)[rank]]) for rank in ranks]
