"""The answers to a blind tasting: kept as they come, by pair and side, and given names once it is over.

`answers.jsonl` grows by a line for each thing she does: an answer, its undoing (`answer` is null), or the reveal.
After the reveal nothing more is taken. Two tabs may write: whoever comes second finds the pair answered.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core import storage
from core.evaluation import preference, tasting
from core.evaluation.tasting import Tasting
from core.training.runs import Run

ANSWERS = ("left", "right", "neither")
OUTCOMES = ("adapted", "base", "neither")


@dataclass(frozen=True)
class Sitting:
    """How far a tasting is. `answers` is by pair, in the order in which they were given; `over` says why nothing more
    is asked: `settled`, `all`, or "".
    """

    answers: Mapping[int, str]
    over: str
    revealed: bool

    def next(self, pairs: int) -> int | None:
        """Answers the pair to be shown now; None where none is left."""
        return next((number for number in range(pairs) if number not in self.answers), None)


@dataclass(frozen=True)
class Result:
    """What came out: how many of each of OUTCOMES, who is preferred (None: it may be chance), and the share of wins
    among the preferences (0 to 1) with its interval.
    """

    counts: Mapping[str, int]
    winner: str | None
    rate: float | None
    low: float
    high: float


def sitting(run: Run, tasted: Tasting) -> Sitting:
    """Reads how far she is."""
    answers: dict[int, str] = {}
    revealed = False
    for line in storage.read_json_lines(_path(run)):
        if line.get("tasting") != tasted.id:
            continue
        if line.get("revealed"):
            revealed = True
        elif line["answer"] is None:
            answers.pop(line["pair"], None)
        else:
            answers[line["pair"]] = line["answer"]
    return Sitting(answers, _over(run, tasted, answers), revealed)


def answer(run: Run, tasted: Tasting, pair: int, choice: str) -> None:
    """Keeps what she answered to a pair; nothing where it has an answer, or the tasting is over."""
    assert choice in ANSWERS
    with FileLock(_path(run).with_suffix(".lock")):
        now = sitting(run, tasted)
        if pair not in now.answers and not now.over and not now.revealed:
            _add(run, tasted, pair=pair, answer=choice)


def undo(run: Run, tasted: Tasting) -> None:
    """Takes the last answer back, so that its pair is asked again."""
    with FileLock(_path(run).with_suffix(".lock")):
        now = sitting(run, tasted)
        if now.answers and not now.revealed:
            _add(run, tasted, pair=list(now.answers)[-1], answer=None)


def reveal(run: Run, tasted: Tasting) -> None:
    """Notes that she asked for the names: from now on no answer is taken or taken back."""
    with FileLock(_path(run).with_suffix(".lock")):
        if not sitting(run, tasted).revealed:
            _add(run, tasted, revealed=True)


def outcomes(key: Sequence[Mapping[str, str]], answers: Mapping[int, str]) -> dict[int, str]:
    """Answers, by pair, which of OUTCOMES an answer meant."""
    return {pair: key[pair].get(said, "neither") for pair, said in answers.items()}


def result(run: Run, tasted: Tasting, answers: Mapping[int, str]) -> Result:
    """Counts one person's answers. Reads the key: only for after the reveal."""
    found = list(outcomes(tasting.key(run), answers).values())
    counts = {outcome: found.count(outcome) for outcome in OUTCOMES}
    wins, losses = counts["adapted"], counts["base"]
    low, high = preference.interval(wins, losses, len(tasted.pairs))
    rate = wins / (wins + losses) if wins + losses else None
    return Result(counts, preference.settled(wins, losses, len(tasted.pairs)), rate, low, high)


def _over(run: Run, tasted: Tasting, answers: Mapping[int, str]) -> str:
    """Says why there is nothing more to ask. The key is read here for one bit, which does not say who is ahead."""
    counts = list(outcomes(tasting.key(run), answers).values())
    if preference.settled(counts.count("adapted"), counts.count("base"), len(tasted.pairs)):
        return "settled"
    return "all" if len(answers) == len(tasted.pairs) else ""


def _add(run: Run, tasted: Tasting, **content: object) -> None:
    storage.append_json(_path(run), {"tasting": tasted.id, **content, "at": time.time()})


def _path(run: Run) -> Path:
    return tasting.folder(run) / "answers.jsonl"
