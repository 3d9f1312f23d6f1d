"""What was measured of a run, read from where each stage left it; what nobody has measured is missing, not made up."""

import math

from core import processes, storage
from core.evaluation import answers, copies, evaluate, friends, tasting
from core.grounds import Comparison, Copying, Dose, Evidence, Tasting
from core.project import Project
from core.training import dose
from core.training.runs import Run

# What the decision looks at, and whether more of it is better: what a rival of another kind can be measured by comes
# before the rest, and perplexities only compare where the tokens are the same.
METRICS = {"rougeL": True, "bits_per_character": False, "perplexity": False}


def read(project: Project, run: Run) -> Evidence:
    """Puts together all that is on disk about `run`: a few small files, nothing is computed."""
    record = evaluate.result(run)
    trained, evaluated = processes.read_state(run.folder), processes.read_state(run.evaluation)
    written = [one["seconds"] for one in copies.kept(run) if isinstance(one.get("seconds"), int | float)]
    memory = [state["peak_memory_mb"] for state in (trained, evaluated) if state.get("peak_memory_mb")]
    return Evidence(
        rows=storage.load_json(run.tokens / "record.json")["rows"]["train"],
        comparisons=comparisons(record),
        train_seconds=trained.get("seconds") or trained.get("train_seconds"),
        evaluation_seconds=(record or {}).get("seconds"),
        text_seconds=sum(written) / len(written) if written else None,
        memory_mb=max(memory, default=None),
        tasting=tasting_of(run),
        copying=copying_of(run, record),
        dose=dose_of(project),
    )


def comparisons(record: dict | None) -> tuple[Comparison, ...]:
    """Answers the adapted model against each rival, on the one metric of METRICS that both have.

    Empty where the evaluation is older than rivals and intervals. `against` is documented in `evaluate`.
    """
    found = []
    for rival, metrics in (record or {}).get("against", {}).items():
        metric = next((name for name in METRICS if name in metrics), None)
        if record and metric and metrics[metric]["difference"] is not None:
            rows = record["sides"]["adapted"][metric].get("rows", record["rows"])
            found.append(_comparison(rival, metric, metrics[metric], rows))
    return tuple(found)


def _comparison(rival: str, metric: str, said: dict, rows: int) -> Comparison:
    """Turns a ratio (adapted / rival) or a difference (adapted - rival) so that above 0 the adapted model is better."""
    is_share = said["kind"] == "ratio"
    sign = 1 if METRICS[metric] else -1
    gain = sign * (said["difference"] - is_share)
    if said["low"] is None or said["high"] is None:
        return Comparison(rival, metric, gain, -math.inf, math.inf, rows, is_share)
    low, high = sorted(sign * (float(said[end]) - is_share) for end in ("low", "high"))
    return Comparison(rival, metric, gain, low, high, rows, is_share)


def tasting_of(run: Run) -> Tasting | None:
    """Answers how the blind tasting went, of what preferred one, friends included; None before the names are told."""
    tasted = tasting.read(run)
    sitting = answers.sitting(run, tasted) if tasted else None
    if tasted is None or sitting is None or not sitting.revealed:
        return None
    known = friends.kept(run, tasted)
    if known:
        said = [dict(sitting.answers), *(dict(enumerate(friend.answers)) for friend in known)]
        together = friends.together(run, tasted, [one for one in said if one])
        wins, preferences = together.counts["adapted"], together.counts["adapted"] + together.counts["base"]
        if together.pooled:
            return Tasting(wins, preferences, *together.pooled[1:], together.tasters)
    told = answers.result(run, tasted, sitting.answers)
    wins, preferences = told.counts["adapted"], told.counts["adapted"] + told.counts["base"]
    return Tasting(wins, preferences, told.low, told.high) if preferences else None


def copying_of(run: Run, record: dict | None) -> Copying | None:
    """Answers what was found of copying: by looking at what she let it write, or by the evaluation's novelty.

    Of the two it is the worse: who shares a model should know the most that was seen. Only looking knows the longest.
    """
    looked = copies.found(run)
    novelty = (record or {}).get("sides", {}).get("adapted", {}).get("novelty")
    if not novelty or novelty["value"] is None:
        return looked
    measured = Copying(novelty["rows"], 1 - novelty["value"], looked.longest if looked else 0)
    return looked if looked and (looked.share, looked.texts) >= (measured.share, measured.texts) else measured


def dose_of(project: Project) -> Dose | None:
    """Answers what the newest data-dose curve says, where it was made from the texts as they are now."""
    made = dose.latest(project)
    remark = dose.read(made) if made and dose.is_of_these_texts(made, project) else None
    if remark is None:
        return None
    half, whole = (float(str(remark.facts[name])) for name in ("half", "all"))
    return Dose(remark.code, half, whole)
