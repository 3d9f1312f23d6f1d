"""How long texts are in tokens, how much of them a maximum length keeps, and what it saves."""

import math
from collections.abc import Sequence

import numpy as np

from core.machine import Choice
from core.models.folder import ModelFacts

PERCENTILES = (50, 90, 95, 99)
Lengths = Sequence[int] | np.ndarray  # tokens, one number a text


def percentile(lengths: Lengths, share: float) -> int:
    """Answers the smallest length that at least `share` per cent of the texts do not exceed (nearest rank)."""
    rank = max(0, math.ceil(len(lengths) * share / 100) - 1)
    return int(np.partition(np.asarray(lengths), rank)[rank])


def suggest_length(lengths: Lengths, context: int) -> Choice:
    """Suggests a maximum length: the longest text if the model can read it, else as much as the model can.

    Nothing is lost by a generous length here, since batches are padded to their own longest row; only where a
    few texts are more than twice as long as the 99th percentile does cutting them pay.
    """
    longest, usual = int(np.max(lengths)), percentile(lengths, 99)
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
    values = np.asarray(lengths)
    low, high = int(values.min()), int(values.max())
    width = max(1, -(-(high - low + 1) // count))
    counts = np.bincount((values - low) // width)
    return [low + width * (i + 0.5) - 0.5 for i in range(len(counts))], counts.tolist(), width


def cut_by(lengths: Lengths, max_length: int) -> tuple[int, int]:
    """Answers how many texts a maximum length cuts, and how many tokens are lost in all."""
    values = np.asarray(lengths)
    over = values[values > max_length].astype(np.int64) - max_length
    return len(over), int(over.sum())


def coverage(lengths: Lengths, points: int = 120) -> tuple[list[int], list[float], list[float]]:
    """Answers maximum lengths up to the longest, and the share (0 to 1) of texts whole and of tokens kept at each."""
    ordered = np.sort(np.asarray(lengths)).astype(np.int64)
    cuts = np.unique(np.linspace(0, ordered[-1], points).round().astype(np.int64))
    whole = np.searchsorted(ordered, cuts, side="right")
    in_whole = np.concatenate([[0], np.cumsum(ordered)])
    kept = in_whole[whole] + (len(ordered) - whole) * cuts
    return cuts.tolist(), (whole / len(ordered)).tolist(), (kept / in_whole[-1]).tolist()


def relative_cost(lengths: Lengths, max_length: int, most: int, model: ModelFacts) -> float:
    """Answers an epoch's arithmetic under `max_length`, as a share of what it takes under `most` (0 to 1).

    A text of n tokens takes n × (parameters + layers × hidden × n), up to a factor: the product with every weight,
    and attention's scores, each token with every other (Kaplan et al., 2020, "Scaling Laws for Neural Language
    Models", table 1: 2N and 2 · layers · context · width a token). Padding is left out: batches have like lengths.
    """
    values = np.asarray(lengths, dtype=np.float64)

    def work(limit: int) -> float:
        tokens = np.minimum(values, limit)
        return float(np.sum(tokens * (model.parameters + model.layers * model.hidden * tokens)))

    return work(max_length) / work(most)


def cut_examples(lengths: Lengths, max_length: int) -> list[int]:
    """Answers the places of up to three texts that are cut: the shortest of them, a middle one, and the longest."""
    values = np.asarray(lengths)
    over = np.flatnonzero(values > max_length)
    if not len(over):
        return []
    ranks = sorted({0, len(over) // 2, len(over) - 1})
    return [int(over[np.argpartition(values[over], rank)[rank]]) for rank in ranks]
