"""How much do more texts help? Three runs that differ only in how many of her texts they learn from.

All take the same number of optimizer steps. With equal epochs the tenth of the texts would also get a tenth of the
corrections, and nobody could tell too few texts from too little training; with equal steps, a run of fewer texts reads
them more often. Its best moment then comes early, and since the lowest validation loss counts, all are looked at often
enough to catch it. The validation rows are the same for all, and each choice of rows lies inside the next one.
"""

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from core import processes, storage
from core.errors import LessonError
from core.processes import ACTIVE
from core.project import Project
from core.training import engine, memory, promise, runs, subset, verdict, watch
from core.training.narrator import NOISE, Remark
from core.training.runs import CAN_CONTINUE, DOSE, PAUSE, Run
from core.training.settings import RANGES, Settings

SHARES = (0.1, 0.5, 1.0)
_MOST_LOOKS = 40  # each costs a scoring of the validation rows, a sample and a checkpoint
FEW_TRAINING = 10  # rows in the tenth: with fewer it is these rows, and not how many they are, that shows
_FEW_VALIDATION = 30  # rows: under this many one text moves the mean; the usual rule of thumb for a margin


@dataclass(frozen=True)
class Point:
    """One run of a dose: its share of the training rows, how many those are, and its lowest validation loss.

    `loss` in nats a token; None until the run has finished.
    """

    share: float
    rows: int
    loss: float | None


def rows_of(project: Project) -> dict[float, int]:
    """Answers how many training rows each share is. Raises LessonError `not_tokenised`."""
    tokens = storage.read_json(project.tokens / "record.json")
    if tokens is None:
        raise LessonError("not_tokenised")
    return {share: max(1, round(share * tokens["rows"]["train"])) for share in SHARES}


def even(project: Project, settings: Settings) -> Settings:
    """Answers the settings of all three: as many steps as these would take with all texts, and none stops earlier.

    They are evaluated every second epoch of the smallest, which with few looks would be past its best at the first.
    """
    rows = rows_of(project)
    steps = min(int(RANGES["max_steps"][1]), engine.schedule(settings, rows[1.0]).steps)
    epochs = steps * settings.batch_size * settings.gradient_accumulation_steps / rows[SHARES[0]]
    looks = min(steps, _MOST_LOOKS, max(settings.evaluations, math.ceil(epochs / 2)))
    return settings.changed({"max_steps": steps, "patience": 0, "evaluations": looks})


def seconds(project: Project, settings: Settings) -> float | None:
    """Answers how long all three will take, where a promise for these settings was measured."""
    promised = promise.read(project, settings)
    if promised is None:
        return None
    more = even(project, settings).evaluations / settings.evaluations
    return len(SHARES) * (promised.seconds + (more - 1) * promised.parts["looking"])


def start(project: Project, settings: Settings, prompt: str) -> list[Run]:
    """Makes the three runs and starts them, each in a process that waits for its turn. Answers them, smallest first.

    Raises LessonError, see `memory.must_fit` and `runs.create`.
    """
    made = create(project, settings, prompt)
    for run in made:
        runs.start(run)
    return made


def create(project: Project, settings: Settings, prompt: str) -> list[Run]:
    """Makes the three runs, marked with their share and with the name of what they are part of."""
    alike, rows = memory.must_fit(project, even(project, settings)), rows_of(project)
    group, made = secrets.token_hex(4), []
    for share in SHARES:
        keep = {"train": subset.choose(rows[1.0], rows[share], settings.seed)} if share < 1 else None
        marks = {"purpose": DOSE, "dose_group": group, "rows_share": share}
        made.append(runs.create(project, alike, prompt, keep=keep, marks=marks))
    return made


def latest(project: Project) -> list[Run]:
    """Answers the runs of the newest dose, the smallest share first; empty where there is none."""
    made = runs.list_runs(project, DOSE)
    return [run for run in reversed(made) if run.record()["dose_group"] == made[0].record()["dose_group"]]


def is_of_these_texts(made: Sequence[Run], project: Project) -> bool:
    """Says whether the dose was made from the tokens as they are now."""
    tokens = storage.read_json(project.tokens / "record.json") or {}
    return all(run.record()["made_from"] == tokens.get("fingerprint") for run in made)


def is_working(made: Sequence[Run]) -> bool:
    return any(processes.read_state(run.folder)["status"] in ACTIVE for run in made)


def pause(made: Sequence[Run]) -> None:
    """Asks every run that works or waits to pause."""
    for run in made:
        if processes.read_state(run.folder)["status"] in ACTIVE:
            runs.ask(run, PAUSE)


def unfinished(made: Sequence[Run]) -> list[Run]:
    """Answers the runs that were paused, cut off, or never began."""
    return [run for run in made if processes.read_state(run.folder)["status"] in ("none", *CAN_CONTINUE)]


def points(made: Sequence[Run]) -> list[Point]:
    """Answers a point for each run."""
    return [_point(run) for run in made]


def _point(run: Run) -> Point:
    rows = storage.load_json(run.tokens / "record.json")["rows"]["train"]
    best = watch.curve(run).best
    is_over = processes.read_state(run.folder)["status"] == "finished"
    return Point(run.record()["rows_share"], rows, best[1] if is_over and best else None)


def few_validation(made: Sequence[Run]) -> int | None:
    """Answers how many validation rows measured it, where they are too few to lean on."""
    rows = storage.load_json(made[0].tokens / "record.json")["rows"]["validation"]
    return rows if rows < _FEW_VALIDATION else None


def base(made: Sequence[Run]) -> float | None:
    """Answers the untouched model's validation loss, as soon as one of the runs has measured it."""
    return next((loss for run in made if (loss := watch.curve(run).base) is not None), None)


def read(made: Sequence[Run]) -> Remark | None:
    """Answers what going from half of the texts to all of them says; None until both runs have finished.

    `nothing`: not even all of them taught it anything. `flat`: the second half gave less than NOISE. `helps`: it
    lowered the loss, surely. `worse`: it raised it, surely. `unsure`: these validation rows do not tell; `few`: so few
    never can. Sure is what holds in 95 of 100 draws of the validation rows (`verdict.fall_of_loss`).
    """
    half, whole = (_finished(made, share) for share in SHARES[1:])
    untouched = base(made)
    if half is None or whole is None or untouched is None:
        return None
    before, after = verdict.scores(half, "after"), verdict.scores(whole, "after")
    if not before or not after:
        return None
    found = verdict.fall_of_loss(before, after)
    fall = found.value
    low, high = (fall if end is None else end for end in (found.low, found.high))
    losses = {"half": watch.curve(half).best, "all": watch.curve(whole).best}
    facts = {name: watch.perplexity(best[1]) for name, best in losses.items() if best}
    facts |= {
        "before": watch.perplexity(untouched),
        "fall": round(fall, 3),
        "low": round(low, 3),
        "high": round(high, 3),
    }
    little = NOISE * untouched
    if watch.perplexity(untouched - little) <= facts["all"]:
        return Remark("nothing", facts)
    if found.low is None:
        return Remark("few", facts)
    if -little < low and high < little:
        return Remark("flat", facts)
    return Remark({1: "helps", -1: "worse", 0: "unsure"}[found.apart()], facts)


def _finished(made: Sequence[Run], share: float) -> Run | None:
    """Answers the finished run of that share."""
    found = [run for run in made if run.record()["rows_share"] == share]
    return next((run for run in found if processes.read_state(run.folder)["status"] == "finished"), None)
