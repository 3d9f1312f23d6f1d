"""How long texts are in tokens, and how much of them a maximum length keeps."""

import math
from collections.abc import Sequence

from core.machine import Choice

PERCENTILES = (50, 90, 95, 99)


def percentile(lengths: Sequence[int], share: float) -> int:
    """Answers the smallest length that at least `share` per cent of the texts do not exceed (nearest rank)."""
    ordered = sorted(lengths)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def suggest_length(lengths: Sequence[int], context: int) -> Choice:
    """Suggests a maximum length: the longest text if the model can read it, else as much as the model can.

    Nothing is lost by a generous length here, since batches are padded to their own longest row; only where a
    few texts are more than twice as long as the 99th percentile does cutting them pay.
    """
    longest, usual = max(lengths), percentile(lengths, 99)
    if longest > context:
        return Choice(context, "length.context", {"context": context, "longest": longest})
    if longest > 2 * usual:
        return Choice(round_up(usual), "length.percentile", {"length": round_up(usual), "longest": longest})
    return Choice(min(context, round_up(longest)), "length.longest", {"longest": longest})


def round_up(length: int) -> int:
    """Rounds up to a multiple of 8, the step of the slider and a shape that matrix units like."""
    return -(-length // 8) * 8


def bins(lengths: Sequence[int], count: int = 40) -> tuple[list[float], list[int], float]:
    """Divides lengths in at most `count` equal bins. Answers their middles, how many texts in each, their width."""
    low, high = min(lengths), max(lengths)
    width = max(1, -(-(high - low + 1) // count))
    counts = [0] * (-(-(high - low + 1) // width))
    for length in lengths:
        counts[(length - low) // width] += 1
    return [low + width * (i + 0.5) - 0.5 for i in range(len(counts))], counts, width


def cut_by(lengths: Sequence[int], max_length: int) -> tuple[int, int]:
    """Answers how many texts a maximum length cuts, and how many tokens are lost in all."""
    over = [length - max_length for length in lengths if length > max_length]
    return len(over), sum(over)
