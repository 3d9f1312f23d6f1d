"""Before and after: what the base and the adapted model wrote from the same beginning, found on disk or written afresh.

What is written afresh lies in `runs/<run>/share/chapbook/passages.jsonl`, and counts as long as the adapter is the one
that wrote it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core import storage, testbed
from core.data import table
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.evaluation import evaluate, exam
from core.evaluation.tasting_pairs import rounded
from core.generation import generate
from core.generation import loaded as models
from core.generation.generate import Sampling
from core.project import Project
from core.tasks import TASKS
from core.tokens.encode import prompt_ids
from core.training import watch
from core.training.runs import Run

SIDES = ("base", "adapted")
WRITTEN, TRAINING, TEST = "written", "training", "test"
_FEW = 4  # of the sealed texts, where she has no beginnings of her own
_ROOM = 60  # tokens: the workshop's own default of a text
_TOGETHER = 10  # texts of a model in one go: several times faster than one by one, and it still tells how far it is
_CLOSES = ".,;:!?…)]}»”’"


@dataclass(frozen=True)
class Passage:
    """A beginning (or a text to shorten) and what each side wrote. `source` is where it was written: WRITTEN for the
    chapbook, in TRAINING, or in the evaluation (TEST). `summary` is a person's, where there is one."""

    source: str
    given: str
    base: str
    adapted: str
    summary: str = ""
    seed: int = Sampling().seed

    @property
    def id(self) -> str:
        return storage.fingerprint(asdict(self))


def folder(run: Run) -> Path:
    """The chapbook's folder, where the process that writes says how far it is."""
    return run.folder / "share" / "chapbook"


def known(run: Run) -> list[Passage]:
    """Answers all that can go in: what was written for it, the training's sample, the evaluation's examples."""
    return [*written(run), *_of_training(run), *_of_test(run)]


def written(run: Run) -> list[Passage]:
    """Answers what was written for the chapbook by this adapter, in its order."""
    mark = evaluate.fingerprint(run)
    lines = storage.read_json_lines(folder(run) / "passages.jsonl")
    return [Passage(**line["passage"]) for line in lines if line["adapter"] == mark]


def chosen(run: Run, ids: Sequence[str] | None) -> list[Passage]:
    """Answers those of these ids that there are; None proposes the last round written for it, else what else there is.

    Of the evaluation's examples, the first few: they are the best, the worst and those that changed most.
    """
    if ids is not None:
        return [one for one in known(run) if one.id in ids]
    mine = written(run)
    last = [one for one in mine if one.seed == mine[-1].seed]
    return last or [*_of_training(run), *_of_test(run)[:_FEW]]


def are_due(run: Run, project: Project) -> bool:
    """Says whether something has to be written first: her beginnings, or, where nothing else is there, anything."""
    mine = run.record()["task"] == "write" and testbed.beginnings(project)
    return not written(run) and bool(mine or not known(run))


def write(run: Run, project: Project, progress: Progress = no_progress) -> list[Passage]:
    """Lets both models write from each of her beginnings, or from a few sealed texts, and keeps it.

    Each round has a seed of its own, the same for both. Raises LessonError `run_not_finished`, `texts_not_here`,
    `base_gone`, and what loading a model does.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    record, settings = run.record(), run.settings()
    base = Path(record["model_folder"])
    if not base.is_dir():
        raise LessonError("base_gone", model=record["model"])
    seed = max((one.seed + 1 for one in written(run)), default=Sampling().seed)
    given = _given(run, project, seed - Sampling().seed)
    loaded = models.load(base, precision=settings.precision, four_bit=settings.method == "qlora")
    said: dict[str, list[str]] = {side: [] for side in SIDES}
    for number, side in enumerate(SIDES):
        if side == "adapted":
            loaded = models.put_on(loaded, run.adapter, settings.precision)
        for at in range(0, len(given), _TOGETHER):
            said[side] += _written_by(loaded, [text for text, _ in given[at : at + _TOGETHER]], run, seed)
            progress((number + len(said[side]) / len(given)) / len(SIDES))
    made = [
        Passage(WRITTEN, text, before, after, summary, seed)
        for (text, summary), before, after in zip(given, said["base"], said["adapted"], strict=True)
    ]
    keep(run, made)
    return made


def keep(run: Run, made: Sequence[Passage]) -> None:
    """Keeps passages that the run's adapter, as it is now, wrote for the chapbook."""
    folder(run).mkdir(parents=True, exist_ok=True)
    for one in made:
        storage.append_json(
            folder(run) / "passages.jsonl", {"adapter": evaluate.fingerprint(run), "passage": asdict(one)}
        )


def _given(run: Run, project: Project, round_: int) -> list[tuple[str, str]]:
    """Answers what to write from, each with its summary by a person, if it has one; of sealed texts, the next few."""
    mine = [(one.text, "") for one in testbed.beginnings(project)]
    if run.record()["task"] == "write" and mine:
        return mine
    sealed = table.rows(run.prepared / "test")
    at = round_ * _FEW % max(1, len(sealed))
    rows = sealed[at : at + _FEW]
    if run.record()["task"] == "summarize":
        return [(row["text"], row["summary"]) for row in rows]
    return [(exam.beginning(row["text"]), "") for row in rows]


def _written_by(loaded: models.Loaded, given: Sequence[str], run: Run, seed: int) -> list[str]:
    """Answers what a model writes from each of these texts, in one go; what found no end loses its broken last words.

    As the evaluation does: a summary is the likeliest, anything else is drawn.
    """
    record = run.record()
    is_summary = record["task"] == "summarize"
    room = exam.summary_room(run) if is_summary else _ROOM
    told = (TASKS[record["task"]], loaded.tokenizer, record["language"], loaded.room(room))
    sampling = None if is_summary else replace(Sampling(), seed=seed)
    found = generate.complete(loaded, [prompt_ids(text, *told) for text in given], room, sampling)
    return [one.text if one.ended else rounded(one.text) for one in found]


def _of_training(run: Run) -> list[Passage]:
    """Answers what the model wrote before and after, from the same beginning, while it trained."""
    told = watch.samples(run)
    if len(told) < 2 or told[0]["text"] == told[-1]["text"]:
        return []
    return [Passage(TRAINING, run.record()["prompt"], told[0]["text"], told[-1]["text"])]


def _of_test(run: Run) -> list[Passage]:
    """Answers the evaluation's examples; what was written there has lost the space that it began with."""
    found = []
    for one in (evaluate.result(run) or {"examples": []})["examples"]:
        before, after = (one["sides"].get(side, {}).get("written") for side in SIDES)
        given = one.get("beginning", one["text"])
        if before is not None and after is not None:
            before, after = (text if text[:1] in _CLOSES else f" {text}" for text in (before, after))
            found.append(Passage(TEST, given, before, after, one.get("summary", "")))
    return found
