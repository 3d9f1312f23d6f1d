"""What several tasters of the same pairs say together: how far they agree, and whom they prefer."""

from collections import Counter
from collections.abc import Hashable, Sequence
from math import sqrt
from statistics import NormalDist

COVERAGE = 0.95


def alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Answers Krippendorff's alpha of nominal values: 1 is full agreement, 0 what chance would give.

    `units` holds, for each thing that was judged, the values that it was given, in any order; who did not judge it is
    left out. A thing judged by one alone says nothing of agreement. None where nothing could differ: all the values are
    one and the same, or nothing was judged twice. From coincidences (Krippendorff, 2011, "Computing Krippendorff's
    Alpha-Reliability", section D):

        alpha = 1 - (n - 1) * (sum of o_ck, c != k) / (sum of n_c * n_k, c != k)
    """
    paired = [Counter(values) for values in units if len(values) > 1]
    totals = sum(paired, Counter())
    count = totals.total()
    disagree = sum(  # ordered pairs of unlike values within a unit, each unit weighing as many as its values
        (unit.total() ** 2 - sum(n * n for n in unit.values())) / (unit.total() - 1) for unit in paired
    )
    expected = count**2 - sum(n * n for n in totals.values())
    return 1 - (count - 1) * disagree / expected if expected else None


def pooled(wins: Sequence[int], losses: Sequence[int]) -> tuple[float, float, float] | None:
    """Answers the share of wins (0 to 1) of all preferences of all tasters, and the ends of its interval.

    `wins` and `losses` are by pair. Answers to one pair resemble one another, so that ten of them are not ten
    witnesses: the variance is that between pairs (the linearised one of a ratio; Cochran, 1977, "Sampling Techniques",
    section 6.4), and Wilson's interval is taken with as many witnesses as it amounts to, its effective sample size
    (Korn and Graubard, 1998; Franco and others, 2019, "Comparative study of confidence intervals for proportions in
    complex sample surveys"). Where all preferred the same one, only the pairs are counted. It
    speaks of these tasters, on more such pairs. None without preferences.
    """
    judged = [(won, won + lost) for won, lost in zip(wins, losses, strict=True) if won + lost]
    count = sum(all_ for _, all_ in judged)
    if not count:
        return None
    rate = sum(won for won, _ in judged) / count
    pairs = len(judged)
    spread = sum((won - rate * all_) ** 2 for won, all_ in judged)
    if 0 < rate < 1 and spread and pairs > 1:
        variance = spread * pairs / (pairs - 1) / count**2
        witnesses = min(count, rate * (1 - rate) / variance)
    else:
        witnesses = pairs
    return rate, *_wilson(rate, witnesses)


def _wilson(rate: float, count: float) -> tuple[float, float]:
    """Wilson, 1927, "Probable inference, the law of succession, and statistical inference"."""
    z = NormalDist().inv_cdf((1 + COVERAGE) / 2)
    middle = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(rate * (1 - rate) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)
