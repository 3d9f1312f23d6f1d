"""Did it learn? Looked at after each run, and said: is there an adapter, does it write otherwise, is that luck?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core import bootstrap, storage
from core.bootstrap import Interval
from core.generation.score import Score
from core.training import watch
from core.training.runs import Run


@dataclass(frozen=True)
class Verdict:
    """What was checked. `low` and `high`, in nats a token, hold the fall of the validation loss in 95 of 100 cases.

    `code` sums it up: `learned`, `luck` (the fall may be chance), `worse`, `few` (too few rows to
    tell, and no interval), `untouched` (the adapter does nothing).
    """

    code: str
    adapter_is_zero: bool
    writes_otherwise: bool
    fall: float
    low: float | None
    high: float | None
    rows: int


def judge(before: Sequence[Score], after: Sequence[Score], adapter_is_zero: bool, writes_otherwise: bool) -> Verdict:
    """Compares two models' scores of the same validation rows, row by row."""
    found = fall_of_loss(before, after)
    if adapter_is_zero:
        code = "untouched"
    elif found.low is None:
        code = "few"
    else:
        code = {1: "learned", -1: "worse", 0: "luck"}[found.apart()]
    return Verdict(code, adapter_is_zero, writes_otherwise, found.value, found.low, found.high, len(before))


def fall_of_loss(before: Sequence[Score], after: Sequence[Score]) -> Interval:
    """Answers how much the loss a token fell, in nats, row by row, each of which weighs as many tokens as it has."""
    counted = [(one, other) for one, other in zip(before, after, strict=True) if one.tokens]
    losses = ([one.loss for one, _ in counted], [other.loss for _, other in counted])
    return bootstrap.difference(*losses, [one.tokens for one, _ in counted])


def keep_before(run: Run, scores: Sequence[Score]) -> None:
    """Keeps the untouched model's scores of the validation rows, to compare with once the run is over."""
    storage.write_json(run.folder / "before.json", {"scores": [asdict(score) for score in scores]})


def scores(run: Run, moment: str) -> list[Score] | None:
    """Answers each validation row's score, `before` any step or `after` the last; None where it is not kept."""
    kept = storage.read_json(run.folder / f"{moment}.json")
    return [Score(**score) for score in kept["scores"]] if kept else None


def judge_run(run: Run, after: Sequence[Score], adapter_is_zero: bool) -> None:
    """Keeps the scores too, compares with what `keep_before` kept, and writes `verdict.json`.

    A run of before this check gets none.
    """
    storage.write_json(run.folder / "after.json", {"scores": [asdict(score) for score in after]})
    before = scores(run, "before")
    if before is None:
        return
    storage.write_json(run.folder / "verdict.json", asdict(judge(before, after, adapter_is_zero, wrote_otherwise(run))))


def wrote_otherwise(run: Run) -> bool:
    """Says whether the last sample differs from the untouched model's, which had the same prompt and seed."""
    told = watch.samples(run)
    return len(told) > 1 and told[-1]["text"] != told[0]["text"]


def read(run: Run) -> Verdict | None:
    """Answers what was found after the run; None where it has not ended, or is older than this check."""
    record = storage.read_json(run.folder / "verdict.json")
    return Verdict(**record) if record else None
