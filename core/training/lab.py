"""Three prepared faults: she says what will happen, it happens, and the curve itself says what it was."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import processes, storage
from core import project as projects
from core.data import sources, stages, table
from core.generation.score import Score
from core.models.folder import CLASSROOM
from core.project import Project
from core.tasks import TASKS
from core.tokens import encode
from core.training import memory, narrator, plan, runs, subset, verdict, watch
from core.training.runs import LAB, Run
from core.training.settings import RANGES

# `too_fast`: steps a hundred times too large. `too_few`: a handful of texts, read over and over. `foreign`: texts in
# another language than the classroom model's.
FAULTS = ("too_fast", "too_few", "foreign")
# What a validation curve can do.
SHAPES = ("falls", "flat", "rises", "blows_up")
USUAL = {"too_fast": "blows_up", "too_few": "rises", "foreign": "falls"}  # what a fault mostly does
TOO_FAST = 100  # times the learning rate that the plan proposes
FEW_ROWS = 8
_STEPS = {"too_fast": 12, "too_few": 28, "foreign": 20}  # under a minute each on the classroom model
_EVALUATIONS = {"too_fast": 4, "too_few": 7, "foreign": 5}
_BATCH = 4  # texts a step: enough to see a curve's shape, and half the wait of 8
_VALIDATION_ROWS = 24  # the shape shows with these
_LITTLE = 0.03  # of the untouched model's loss: a smaller fall is no learning that anybody would notice
_BY_HEART = 40  # letters in a row: nobody hits upon so many by chance


def start(project: Project, fault: str, predicted: str, prompt: str) -> Run:
    """Makes the run of a fault and starts it. Raises LessonError, see `memory.must_fit` and `runs.create`."""
    run = create(project, fault, predicted, prompt)
    runs.start(run)
    return run


def create(project: Project, fault: str, predicted: str, prompt: str) -> Run:
    """Makes the run of a fault; what she predicted, one of SHAPES, stands in its record."""
    marks = {"purpose": LAB, "fault": fault, "predicted": predicted}
    if fault == "foreign":
        with _english(project) as foreign:
            first = table.row(table.read(foreign.prepared / "validation"), 0)
            opening = TASKS[project.task].source(first)  # nothing, where texts are continued
            return _make(foreign, fault, opening, runs.new_folder(project), marks)
    return _make(project, fault, prompt, None, marks)


def _make(project: Project, fault: str, prompt: str, folder: Path | None, marks: dict) -> Run:
    """Makes the run from the texts of `project`: hers, or ours in English."""
    settings = plan.settings(project, "quick")
    steps, evaluations = _STEPS[fault], _EVALUATIONS[fault]
    changes: dict[str, object] = {"max_steps": steps, "evaluations": evaluations, "patience": 0, "batch_size": _BATCH}
    if fault == "too_fast":
        changes["learning_rate"] = min(RANGES["learning_rate"][1], TOO_FAST * settings.learning_rate)
    rows = (storage.read_json(project.tokens / "record.json") or {})["rows"]
    keep = {"validation": subset.choose(rows["validation"], _VALIDATION_ROWS, settings.seed)}
    if fault == "too_few":
        keep["train"] = subset.choose(rows["train"], FEW_ROWS, settings.seed)
    fitted = memory.must_fit(project, settings.changed(changes))
    return runs.create(project, fitted, prompt, folder, keep=keep, marks=marks)


@contextmanager
def _english(project: Project) -> Iterator[Project]:
    """Gives a passing project of our English texts for the task, cut in tokens for the classroom model."""
    with tempfile.TemporaryDirectory() as workspace:
        foreign = projects.create(Path(workspace), "English", "en", task=project.task, model=CLASSROOM)
        stages.load_texts(foreign, sources.open_source(f"sample:{TASKS[project.task].sample}", "en"))
        stages.prepare(foreign)
        encode.encode(foreign)
        yield projects.open_project(Path(workspace), foreign.id)


def latest(project: Project, fault: str) -> Run | None:
    """Answers the newest run of that fault."""
    return next((run for run in runs.list_runs(project, LAB) if run.record()["fault"] == fault), None)


def shape(run: Run) -> str | None:
    """Answers what the curve did, one of SHAPES, as the narrator reads it; None where the run has not ended.

    Where the loss became no number the run stopped itself, with nothing left to draw: it blew up.
    """
    state = processes.read_state(run.folder)
    if state["status"] == "failed" and state["error"]["code"] == "training_diverged":
        return "blows_up"
    curve = watch.curve(run)
    remark = narrator.narrate(curve, is_over=True) if state["status"] == "finished" else None
    if remark is None or curve.base is None or curve.best is None:
        return None
    code = remark.code.removesuffix(".after")
    if code in ("diverging", "overfitting"):
        return "blows_up" if code == "diverging" else "rises"
    return "falls" if curve.base - curve.best[1] >= _LITTLE * curve.base else "flat"


def recites(run: Run) -> bool:
    """Says whether what it wrote last holds a stretch of a text that it learned from, letter by letter."""
    written = watch.samples(run)[-1]["text"] if watch.samples(run) else ""
    read = "\n\n".join(TASKS[run.record()["task"]].completion(row) for row in table.rows(run.prepared / "train"))
    return any(written[at : at + _BY_HEART] in read for at in range(len(written) - _BY_HEART + 1))


def bits(run: Run, moment: str) -> float | None:
    """Answers the bits a character of the validation texts `before` or `after` a run: comparable between languages."""
    kept = verdict.scores(run, moment)
    return sum(kept, Score(0.0, 0, 0)).bits_per_character if kept else None


def own_bits(project: Project) -> float | None:
    """Answers the bits a character of her own texts for the untouched classroom model, where a run measured them."""
    made = [run for run in runs.list_runs(project, purpose=None) if run.record().get("fault") != "foreign"]
    measured = (bits(run, "before") for run in made if run.record()["model"] == CLASSROOM)
    return next((found for found in measured if found is not None), None)
