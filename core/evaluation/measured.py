"""What a metric found: a value over the set and, where that is a mean of rows, the rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric


@dataclass(frozen=True)
class Measured:
    """A metric over a set of texts.

    `value` is None where there is nothing to measure (no row, or none to which the metric applies): never NaN.
    Where it is a mean, `rows` has a number for each row, in their order, and `weights` what each counts:

        value = sum(weight * row) / sum(weight)

    None for `weights` means that every row counts 1; a row to which the metric does not apply weighs 0. A metric that
    only a whole set has leaves `rows` at None. Where it comes from counts that add up over the rows (BLEU, chrF),
    `counts` has those of each row, and `score` makes the value of their sums: value = score(sum of counts). Of other
    such metrics (distinct-n, perplexity) both are None.
    """

    value: float | None
    rows: list[float] | None = None
    weights: list[float] | None = None
    counts: list[list[int]] | None = None
    score: Callable[[list[int]], float] | None = None


def mean(rows: Sequence[float], weights: Sequence[float] | None = None) -> Measured:
    """Answers the mean of `rows`, each counting as its weight says."""
    counts = [1.0] * len(rows) if weights is None else [float(weight) for weight in weights]
    total = sum(counts)
    value = sum(row * count for row, count in zip(rows, counts, strict=True)) / total if total else None
    return Measured(value, [float(row) for row in rows], None if weights is None else counts)


def of_counts(metric: "Metric", predictions: Sequence[str], references: Sequence[str]) -> Measured:
    """Answers one of sacrebleu's metrics over the whole set, with the counts that each text adds to it.

    Its own bootstrap draws from these counts, by these two methods, and gives no interval of a difference.
    """
    if not predictions:
        return Measured(None)
    value = metric.corpus_score(predictions, [references]).score
    counts = metric._extract_corpus_statistics(predictions, [references])
    return Measured(value, counts=counts, score=lambda sums: metric._compute_score_from_stats(sums).score)


def answer(found: Mapping[str, Measured], per_row: bool) -> dict:
    """Answers what an `evaluate` module gives: plain values, or all that was found."""
    return dict(found) if per_row else {name: one.value for name, one in found.items()}
