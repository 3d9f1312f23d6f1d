"""From the rows of every side to the record: each metric's value, who wins, by how much, and whether it is luck."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np

from core import bootstrap
from core.bootstrap import Interval
from core.evaluation.copying import Index
from core.evaluation.exam import Exam, beginning, rest
from core.evaluation.measure import BETTER, measure, measure_scores
from core.evaluation.measured import Measured
from core.evaluation.progress import SCORED, WRITTEN, Work
from core.evaluation.sides import ADAPTED, BASE, HERS, NGRAM, ORDER
from core.generation.score import Score

_OF_TOKENS = ("loss", "perplexity")  # those whose unit is a model's own token: an n-gram's are others
_SHARES = ("rouge", "repetition", "novelty", "verse_consonant", "verse_assonant")
_OF_SUMMARIES = ("rouge", "chrf", "bleu", "length_ratio", "copied")
_OF_WRITING = ("distinct", "repetition", "novelty", "verse")
_BINS = 20
_SHOWN = 3  # examples of each kind

Found = dict[str, dict[str, Measured]]  # what was measured, by side and metric


def judge(sitting: Exam, work: Work) -> dict:
    """Answers the part of the record that follows from the rows; see `core.evaluation.evaluate`."""
    scored = {side: _in_order(work, side, SCORED) for side in ORDER}
    written = {side: _in_order(work, side, WRITTEN) for side in ORDER}
    said = {side: [line["text"] for line in lines] for side, lines in written.items() if lines}
    if not sitting.summarizes:
        said[HERS] = [rest(row["text"]) for row in sitting.texts[: sitting.written]]
    found = _measured(sitting, scored, said)
    rivals = [side for side in found if side not in (ADAPTED, HERS)]
    compared = {rival: _compare(found[ADAPTED], found[rival]) for rival in rivals}
    return {
        "sides": {side: {name: _shown(name, metrics) for name in metrics} for side, metrics in found.items()},
        "against": {rival: verdicts for rival, verdicts in compared.items() if verdicts},
        "wins": _wins({side: metrics for side, metrics in found.items() if side != HERS}),
        "distributions": _distributions(found),
        "examples": _examples(sitting, found, said),
        "empty": {
            **({"references": _empty([row["summary"] for row in sitting.texts])} if sitting.summarizes else {}),
            **{side: _empty(texts) for side, texts in said.items() if side != HERS},
        },
        "unended": {side: sum(not line["ended"] for line in lines) for side, lines in written.items() if lines},
    }


def _in_order(work: Work, side: str, kind: str) -> list[dict]:
    return [line for _, line in sorted(work.done(side, kind).items())]


def _measured(sitting: Exam, scored: Mapping[str, list[dict]], said: Mapping[str, list[str]]) -> Found:
    found: Found = {side: {} for side in ORDER if scored[side] or side in said}
    for side, lines in scored.items():
        if lines:
            scores = [Score(line["nats"], line["tokens"], line["characters"]) for line in lines]
            metrics = measure_scores(scores)
            found[side] |= {n: one for n, one in metrics.items() if side != NGRAM or n not in _OF_TOKENS}
    texts = sitting.texts[: sitting.written]
    known = None if sitting.summarizes else Index(row["text"] for row in sitting.train)
    for side, written in said.items():
        if sitting.summarizes:
            references, sources = ([row[column] for row in texts] for column in ("summary", "text"))
            found[side] |= measure(_OF_SUMMARIES, written, references, sources, sitting.language)
        else:
            found[side] |= measure(_OF_WRITING, written, language=sitting.language, known=known)
    return {
        side: {name: one for name, one in metrics.items() if one.value is not None} for side, metrics in found.items()
    }


def _shown(name: str, metrics: Mapping[str, Measured]) -> dict:
    """Answers a metric's value with its interval; perplexity's is that of the loss, whose exp it is."""
    if name == "perplexity":
        return asdict(bootstrap.exponential(_interval(metrics["loss"])))
    interval = _interval(metrics[name])
    low, high = (None if end is None else min(max(end, 0.0), _most(name)) for end in (interval.low, interval.high))
    return asdict(replace(interval, low=low, high=high))


def _most(name: str) -> float:
    """Answers the most that a metric can be, beyond which an interval of few rows may go; the least is always 0."""
    return 1.0 if name.startswith(_SHARES) else math.inf


def _interval(measured: Measured) -> Interval:
    assert measured.value is not None
    if measured.rows is not None:
        return bootstrap.mean(measured.rows, measured.weights)
    if measured.counts is not None and measured.score is not None:
        return bootstrap.of_sums(measured.counts, measured.score)
    return Interval(measured.value, None, None, 0)


def _compare(one: Mapping[str, Measured], other: Mapping[str, Measured]) -> dict[str, dict]:
    """Answers, for each metric of which more or less is better, by how much one side beats another, and if by luck."""
    return {name: _verdict(name, one, other) for name in one if name in other and _is_compared(name)}


def _is_compared(name: str) -> bool:
    """Says whether more or less of a metric is better."""
    return BETTER[name] in ("lower", "higher")


def _verdict(name: str, one: Mapping[str, Measured], other: Mapping[str, Measured]) -> dict:
    rows = "loss" if name == "perplexity" else name
    left, right = one[rows], other[rows]
    kind = "ratio" if name == "perplexity" else "difference"
    if left.rows is not None and right.rows is not None:
        apart = bootstrap.difference(left.rows, right.rows, left.weights)
    else:
        # Of what is compared, every metric has rows or counts.
        assert left.counts is not None
        assert left.score is not None
        apart = bootstrap.of_sums(left.counts, left.score, right.counts)
    better = apart.apart() * (1 if BETTER[name] == "higher" else -1)
    says = "few" if apart.low is None else {1: "better", 0: "unknown", -1: "worse"}[better]
    return {"kind": kind, **_told(bootstrap.exponential(apart) if kind == "ratio" else apart), "says": says}


def _told(apart: Interval) -> dict:
    return {"difference": apart.value, "low": apart.low, "high": apart.high}


def _wins(found: Found) -> dict[str, dict]:
    """Answers, for each metric, the best side against the one that follows it."""
    wins = {}
    for name in BETTER:
        having = [side for side in found if name in found[side]]
        if not _is_compared(name) or len(having) < 2:
            continue
        sign = 1 if BETTER[name] == "lower" else -1
        first, second = sorted(having, key=lambda side: sign * (found[side][name].value or 0.0))[:2]
        wins[name] = {"side": first, "second": second, **_verdict(name, found[first], found[second])}
    return wins


def _distributions(found: Found) -> dict[str, dict]:
    """Answers how many rows of each side lie between one edge and the next, for each metric that is a mean of rows."""
    made = {}
    for name in BETTER:
        rows = {side: _counted(metrics[name]) for side, metrics in found.items() if name in metrics}
        rows = {side: values for side, values in rows.items() if values}
        if not rows:
            continue
        everything = np.concatenate([*rows.values()])
        edges = np.histogram_bin_edges(everything, _BINS)
        counts = {side: np.histogram(values, edges)[0].tolist() for side, values in rows.items()}
        made[name] = {"edges": edges.tolist(), "counts": counts}
    return made


def _counted(measured: Measured) -> list[float]:
    if measured.rows is None:
        return []
    weights = measured.weights or [1.0] * len(measured.rows)
    return [row for row, weight in zip(measured.rows, weights, strict=True) if weight]


def _examples(sitting: Exam, found: Found, said: Mapping[str, Sequence[str]]) -> list[dict]:
    """Answers the rows that the adapted model did best, those it did worst, and those that changed most."""
    by = "rougeL" if sitting.summarizes else "loss"
    mine, before = (found[side][by].rows or [] for side in (ADAPTED, BASE))
    sign = 1 if BETTER[by] == "lower" else -1
    places = range(sitting.written)
    order = sorted(places, key=lambda row: sign * mine[row])
    apart = sorted(places, key=lambda row: -abs(mine[row] - before[row]))
    count = min(_SHOWN, max(1, len(order) // 3))
    kinds = {"best": order[:count], "worst": order[::-1][:count], "changed": apart[:count]}
    rows = list(dict.fromkeys(row for chosen in kinds.values() for row in chosen))
    return [
        {
            "row": row,
            "kinds": [kind for kind, chosen in kinds.items() if row in chosen],
            "by": by,
            **{column: sitting.texts[row][column] for column in sitting.task.columns},
            **({} if sitting.summarizes else {"beginning": beginning(sitting.texts[row]["text"])}),
            "sides": {side: _of_row(row, by, found[side], said.get(side)) for side in found if side != HERS},
        }
        for row in rows
    ]


def _of_row(row: int, by: str, metrics: Mapping[str, Measured], said: Sequence[str] | None) -> dict:
    rows = metrics[by].rows if by in metrics else None
    measured = {by: rows[row]} if rows else {}
    return measured | ({"written": said[row]} if said else {})


def _empty(texts: Sequence[str]) -> int:
    return sum(not text.strip() for text in texts)
