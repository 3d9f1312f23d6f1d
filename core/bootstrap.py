"""Is it more than luck? A 95 % interval for a mean over texts, by drawing the texts again and again.

Studentised bootstrap (Efron and Tibshirani, 1993, "An Introduction to the Bootstrap", section 12.5): each draw's
distance is counted in its own standard errors, which widens the interval where the texts are few or uneven. For two
systems on one test set both are measured on the same draw (Koehn, 2004, "Statistical significance tests for machine
translation evaluation"). A mean may be weighted: a loss a token is a sum of nats over a sum of tokens. Of a score that
only a whole set has, such as BLEU, the ends are percentiles of the draws' scores: no row has an error to count in.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 5  # rows: with fewer, a draw often holds one text alone, and the interval says nothing
_SCORED = 1000  # draws of a score of sums, each worked out anew: as many as sacrebleu takes
_RESAMPLES = 2000  # enough for the ends of an interval to hold their first two digits
_ENDS = (0.025, 0.975)
_SEED = 7
_MOST = 700.0  # exp of more is no number
_AT_ONCE = 2_000_000  # numbers drawn at a time: 16 MB a column


@dataclass(frozen=True)
class Interval:
    """A mean, and the ends between which it lies in 95 of 100 evaluations; None where too few rows tell."""

    value: float
    low: float | None
    high: float | None
    rows: int

    def apart(self, from_value: float = 0.0) -> int:
        """Answers 1 where the whole interval is above `from_value`, -1 where it is below, 0 where it holds it."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > from_value else -1 if self.high < from_value else 0


def mean(rows: Sequence[float], weights: Sequence[float] | None = None) -> Interval:
    """Answers the interval of sum(weight * row) / sum(weight); without weights, of the plain mean.

    A row that weighs 0 is not counted. Raises ValueError where none is left.
    """
    values = np.asarray(rows, np.float64)
    sizes = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    values, sizes = values[sizes > 0], sizes[sizes > 0]
    if len(values) == 0:
        raise ValueError("there is no mean of no rows")
    value = float((values * sizes).sum() / sizes.sum())
    if len(values) < FEWEST:
        return Interval(value, None, None, len(values))
    distance = (values - value) * sizes  # each row's share of the error; they add up to zero
    error = float(_error((distance**2).sum(), sizes.sum(), len(values)))
    if error <= 1e-12 * max(1.0, abs(value)):
        return Interval(value, value, value, len(values))
    drawn = _drawn(distance, sizes, error)
    if np.isnan(drawn).mean() > _ENDS[0]:  # hardly any row differs from the rest: the ends would be anyone's guess
        return Interval(value, None, None, len(values))
    low, high = np.nanquantile(drawn, _ENDS)
    return Interval(value, value - float(high) * error, value - float(low) * error, len(values))


def difference(one: Sequence[float], other: Sequence[float], weights: Sequence[float] | None = None) -> Interval:
    """Answers by how much the mean of `one` is above that of `other`, row by row, with its interval."""
    return mean([left - right for left, right in zip(one, other, strict=True)], weights)


def of_sums(
    counts: Sequence[Sequence[int]],
    score: Callable[[list[int]], float],
    other: Sequence[Sequence[int]] | None = None,
) -> Interval:
    """Answers the interval of `score` of the sums of `counts` over their rows; or of how far it is above `other`'s.

    `counts` is [rows, kinds]; `other` has the same rows, of another system.
    """
    sets = [np.asarray(one) for one in (counts, other) if one is not None]

    def scored(places: np.ndarray) -> float:
        first, *rest = (score([int(total) for total in one[places].sum(axis=0)]) for one in sets)
        return first - sum(rest)

    rows = len(counts)
    value = scored(np.arange(rows))
    if rows < FEWEST:
        return Interval(value, None, None, rows)
    chance = np.random.default_rng(_SEED)
    low, high = np.quantile([scored(chance.integers(rows, size=rows)) for _ in range(_SCORED)], _ENDS)
    return Interval(value, float(low), float(high), rows)


def exponential(interval: Interval) -> Interval:
    """Answers exp of an interval: of a loss, a perplexity; of a difference of losses, a quotient of perplexities."""
    ends = (interval.low, interval.high)
    low, high = (None if end is None else math.exp(min(end, _MOST)) for end in ends)
    return Interval(math.exp(min(interval.value, _MOST)), low, high, interval.rows)


def _drawn(distance: np.ndarray, sizes: np.ndarray, whole: float) -> np.ndarray:
    """Answers how far each draw's mean is from the true one, in the draw's own standard errors: [resamples].

    NaN for a draw whose rows are all alike, which has no error to count in; rounding leaves it a trace of `whole`,
    that of all rows.
    """
    rows = len(distance)
    columns = np.stack([distance, sizes, distance**2, distance * sizes, sizes**2], axis=1)
    chance = np.random.default_rng(_SEED)
    told = []
    step = max(1, _AT_ONCE // rows)
    for start in range(0, _RESAMPLES, step):
        places = chance.integers(rows, size=(min(step, _RESAMPLES - start), rows))
        d, w, dd, dw, ww = (column[places].sum(axis=1) for column in columns.T)
        away = d / np.maximum(w, 1e-300)
        error = _error(np.maximum(0.0, dd - 2 * away * dw + away**2 * ww), w, rows)
        told.append(away / np.where(error > 1e-9 * whole, error, np.nan))
    return np.concatenate(told)


def _error(squares: np.ndarray, total: np.ndarray, rows: int) -> np.ndarray:
    """Answers the standard error of a ratio of sums, from the squares of its rows' distances (Cochran, 1977, 2.11)."""
    return np.sqrt(squares * rows / (rows - 1)) / np.maximum(total, 1e-300)
