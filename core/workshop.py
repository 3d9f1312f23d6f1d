"""The path: three lessons, thirteen steps, what each needs, and how far a project has come, asked of the disk."""

from dataclasses import dataclass
from pathlib import Path

from core import classroom, limits, machine, processes, storage, testbed
from core import project as projects
from core.data import language, sources, stages, table
from core.errors import LessonError
from core.evaluation import evaluate
from core.generation.service import SERVICE
from core.models import folder as models
from core.project import Project
from core.tasks import TASKS
from core.tokens import encode
from core.training import memory, plan, promise, runs
from core.training.runs import Run
from core.training.settings import Settings

# What a step leaves on disk for the next ones, in the order in which it is made.
STAGES = ("texts", "prepared", "tokens", "adapter")


@dataclass(frozen=True)
class Step:
    """A step: the stem of its page, its lesson, and the stage without which it has nothing to show.

    `reading` says that to have gone through it is to have done it.
    """

    name: str
    lesson: int
    needs: str | None = None
    reading: bool = False

    @property
    def number(self) -> int:
        return int(self.name[:2])

    @property
    def page(self) -> str:
        return f"pages/{self.name}.py"


STEPS = (
    Step("01_language_models", 1, reading=True),
    Step("02_hugging_face", 1, reading=True),
    Step("03_choose_model", 1, reading=True),
    Step("04_try_model", 1, reading=True),
    Step("05_load_texts", 2),
    Step("06_clean_texts", 2, "texts"),
    Step("07_tokens", 2, "prepared", reading=True),
    Step("08_lengths", 2, "prepared"),
    Step("09_settings", 3, "tokens"),
    Step("10_train", 3, "tokens"),
    Step("11_evaluate", 3, "adapter"),
    Step("12_compare", 3, "adapter"),
    Step("13_share", 3, "adapter"),
)
BY_NAME = {step.name: step for step in STEPS}


def stages_made(project: Project | None) -> set[str]:
    """Answers the stages that are on disk and made from what the project is now; a stale one does not count."""
    if project is None:
        return set()
    texts, prepared, tokens = (
        storage.read_json(folder / "record.json") for folder in (project.texts, project.prepared, project.tokens)
    )
    made: set[str] = set()
    if texts and texts["task"] == project.task:
        made.add("texts")
        if prepared and prepared["made_from"] == texts["fingerprint"]:
            made.add("prepared")
            if tokens and tokens["made_from"] == prepared["fingerprint"] and tokens["model"] == project.model:
                made.add("tokens")
    if adapted_run(project):
        made.add("adapter")
    return made


def adapted_run(project: Project) -> Run | None:
    """Answers the newest run that has an adapter to evaluate, compare and share."""
    return next((run for run in runs.list_runs(project) if run.weights), None)


def progress(project: Project | None) -> dict[str, str]:
    """Answers `done`, `open` or `locked` for every step."""
    made = stages_made(project)
    choices = project.choices if project else {}
    run = adapted_run(project) if project else None
    done = {name for name, choice in choices.items() if isinstance(choice, dict) and choice.get("done")}
    done |= {step for step, stage in (("05_load_texts", "texts"), ("06_clean_texts", "prepared")) if stage in made}
    done |= {step for step, stage in (("08_lengths", "tokens"), ("10_train", "adapter")) if stage in made}
    if run and evaluate.result(run):
        done.add("11_evaluate")
    return {
        step.name: "locked" if step.needs and step.needs not in made else "done" if step.name in done else "open"
        for step in STEPS
    }


def missing(project: Project | None, step: Step) -> list[str]:
    """Answers the stages that `step` still waits for, in the order in which they are made."""
    if step.needs is None or step.needs in stages_made(project):
        return []
    made = stages_made(project)
    return [stage for stage in STAGES[: STAGES.index(step.needs) + 1] if stage not in made]


def fill(project: Project, stages_missing: list[str]) -> Project:
    """Makes the missing stages with what the workshop proposes: the sample, all repairs, the suggested length.

    `adapter` starts a quick run and does not wait for it.
    """
    if "texts" in stages_missing:
        source = sources.open_source(f"sample:{TASKS[project.task].sample}", project.language)
        stages.load_texts(project, source)
    if "prepared" in stages_missing:
        stages.prepare(project)
    if "tokens" in stages_missing:
        encode.encode(project)
    project = projects.open_project(project.folder.parent, project.id)
    if "adapter" in stages_missing:
        start_run(project)
    return project


def start_run(project: Project) -> Run:
    """Creates and starts a run with the settings kept in step 9, else with the quick dial's, made to fit in memory.

    Raises LessonError `does_not_fit` where nothing makes it fit, and what `runs.create` raises.
    """
    settings = run_settings(project)
    promised = promise.read(project, settings)
    rows = (storage.read_json(project.tokens / "record.json") or {}).get("rows", {}).get("train", 0)
    limits.may_run(project.folder, settings.steps(rows), promised.seconds if promised else 0.0)
    fitted = memory.must_fit(project, settings)
    run = runs.create(project, settings, first_prompt(project))
    runs.reshape(run, fitted.differences(settings))
    promise.carry(project, run)
    if machine.is_small():
        SERVICE.rest()
        language.forget()
    runs.start(run)
    return run


def run_to_send(project: Project) -> Run:
    """Answers the run that another machine is to train: the one that is away, or waits, else a new one.

    With the settings kept in step 9 as they are: what this machine has room for does not matter there.
    """
    made = [run for run in runs.list_runs(project) if processes.read_state(run.folder)["status"] in ("away", "none")]
    return made[0] if made else runs.create(project, run_settings(project), first_prompt(project))


def run_settings(project: Project) -> Settings:
    """Answers the settings kept in step 9, else the quick dial's. Raises LessonError `settings_out_of_range`."""
    return kept_settings(project) or plan.settings(project, "quick")


def kept_settings(project: Project) -> Settings | None:
    """Answers the settings kept in step 9, looked at again: another version, or another hand, may have written them.

    Raises LessonError `settings_out_of_range`.
    """
    kept = project.choices.get("09_settings", {}).get("settings")
    return Settings().changed(kept) if kept else None


def first_prompt(project: Project) -> str:
    """Answers the prompt of the samples in training: of her testbed, or, to summarise, a validation text."""
    if project.task == "write":
        return testbed.sample(project)
    return table.row(table.read(project.prepared / "validation"), 0)["text"]


def choose_model(project: Project, reference: str, token: str | None = None) -> Project:
    """Finds the model, downloading it if needed, checks it, and makes it the project's. Raises LessonError.

    `token` is hers for this visit; it is passed on to the Hub, and never kept.
    """
    reference = reference.strip()
    if not reference:
        raise LessonError("model_not_a_name", model="")
    limited = limits.of(project.folder)
    if limited and _is_anothers(project, reference):
        raise LessonError("model_not_a_name", model=reference)
    folder = models.find(reference, token, limited.model_mb if limited else 0)
    facts = models.describe(reference, folder)
    for run in runs.list_runs(project, purpose=None):
        record = run.record()
        is_its_base = models.public_name(record["model"]) == models.public_name(reference)
        if is_its_base and not Path(record["model_folder"]).is_dir():
            runs.base_is_at(run, folder)
    kept = reference if folder == classroom.MODEL or models.is_hub_reference(reference) else str(folder)
    return projects.update(project, "03_choose_model", {"done": True, "parameters": facts.parameters}, model=kept)


def _is_anothers(project: Project, reference: str) -> bool:
    """Says whether `reference` is a folder that whoever works in a hosted project may not name: neither hers, nor a
    pack of the workshop.
    """
    folder, root = Path(reference).expanduser().resolve(), project.folder.parent.resolve()
    allowed = (root / "packs", *limits.hosted(root, project.owner))
    return folder.is_dir() and reference != models.CLASSROOM and not any(map(folder.is_relative_to, allowed))


def mark_done(project: Project, step: str, **choices: object) -> Project:
    """Notes that a step was gone through, keeping what was chosen in it."""
    return projects.update(project, step, {**choices, "done": True})
