"""Did it learn? Looked at after each run, and said: is there an adapter, does it write otherwise, is that luck?"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from core import bootstrap, storage
from core.generation.score import Score
from core.training import watch
from core.training.runs import Run


@dataclass(frozen=True)
class Verdict:
    """What was checked. `low` and `high`, in nats a token, hold the fall of the validation loss in 95 of 100 cases.

    `code` sums it up: `learned`, `luck` (the fall may be chance), `worse`, `untouched` (the adapter does nothing).
    """

    code: str
    adapter_is_zero: bool
    writes_otherwise: bool
    fall: float
    low: float
    high: float
    rows: int


def judge(before: Sequence[Score], after: Sequence[Score], adapter_is_zero: bool, writes_otherwise: bool) -> Verdict:
    """Compares two models' scores of the same validation rows, row by row."""
    fall, low, high = fall_of_loss(before, after)
    if adapter_is_zero:
        code = "untouched"
    else:
        code = "learned" if low > 0 else "worse" if high < 0 else "luck"
    return Verdict(code, adapter_is_zero, writes_otherwise, fall, low, high, len(before))


def fall_of_loss(before: Sequence[Score], after: Sequence[Score]) -> tuple[float, float, float]:
    """Answers how much the loss a token fell, and a 95 % interval for it, in nats.

    Paired bootstrap over the rows, each of which weighs as many tokens as it has; see `core.bootstrap`. Of too few rows
    nothing can be said: the interval is all numbers.
    """
    counted = [(one, other) for one, other in zip(before, after, strict=True) if one.tokens]
    losses = ([one.loss for one, _ in counted], [other.loss for _, other in counted])
    found = bootstrap.difference(*losses, [one.tokens for one, _ in counted])
    low, high = (end if end is not None else sign * math.inf for end, sign in ((found.low, -1), (found.high, 1)))
    return found.value, low, high


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
