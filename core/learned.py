"""What a person did in each step, read from what it left on disk: for her summary and her certificate."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from core import decision, questions, storage, workshop
from core.evaluation import answers, evaluate, tasting
from core.project import Project
from core.training import runs, watch


@dataclass(frozen=True)
class Deed:
    """One thing that was done: a code, worded in the texts as `did.<code>`, and the facts that fill its words."""

    code: str
    facts: dict[str, object] = field(default_factory=dict)


def deeds(project: Project | None) -> dict[str, list[Deed]]:
    """Answers what was done, by step, in the order of the path; a step in which nothing was done is left out."""
    if project is None:
        return {}
    done = {name for name, state in workshop.progress(project).items() if state == "done"}
    found = {}
    for step in workshop.STEPS:
        choices = project.choices.get(step.name, {})
        mine = [*_made(project, step.name, choices), *_thought(step.name, choices)]
        if not mine and step.name in done:
            mine = [Deed("gone_through")]
        if mine:
            found[step.name] = mine
    return found


def _made(project: Project, step: str, choices: dict) -> Iterator[Deed]:
    """What the step's own work left: texts, tokens, a run."""
    match step:
        case "03_choose_model" if choices.get("done"):
            yield Deed("model", {"model": project.model})
        case "04_try_model" if choices.get("prompts"):
            yield Deed("prompts", {"prompts": len(choices["prompts"])})
        case "05_load_texts" | "06_clean_texts" | "08_lengths":
            yield from _prepared(project, step)
        case "09_settings" if choices.get("settings"):
            yield Deed("settings", {"dial": choices["settings"].get("dial", "")})
        case "10_train" | "11_evaluate":
            yield from _measured(project, step)
        case "12_compare":
            yield from _tasted(project)
        case "13_share" if choices.get("wrote"):
            yield Deed("opened_again")
    if step == "09_settings" and choices.get("prediction"):
        yield Deed("prediction", {"prediction": choices["prediction"]})
    if step == "12_compare" and (chosen := decision.kept(project).chosen):
        yield Deed(f"decided.{chosen}")


def _prepared(project: Project, step: str) -> Iterator[Deed]:
    made = workshop.stages_made(project)
    texts, prepared, tokens = (
        storage.read_json(folder / "record.json") for folder in (project.texts, project.prepared, project.tokens)
    )
    if step == "05_load_texts" and texts and "texts" in made:
        yield Deed("texts", {"rows": texts["rows"]})
    if step == "06_clean_texts" and prepared and "prepared" in made:
        left_out = prepared["rows_read"] - prepared["rows_kept"]
        yield Deed("cleaned", {"kept": prepared["rows_kept"], "left_out": left_out, "test": prepared["rows"]["test"]})
    if step == "08_lengths" and tokens and "tokens" in made:
        yield Deed("tokens", {"tokens": sum(tokens["tokens"].values()), "length": tokens["max_length"]})


def _measured(project: Project, step: str) -> Iterator[Deed]:
    run = workshop.adapted_run(project)
    if run is None:
        return
    if step == "10_train":
        yield Deed("runs", {"runs": sum(run.weights is not None for run in runs.list_runs(project))})
        curve = watch.curve(run)
        if curve.base is not None and curve.best:
            yield Deed("loss", {"before": curve.base, "after": curve.best[1]})
    elif record := evaluate.result(run):
        before, after = (evaluate.values(record, side)["perplexity"] for side in ("base", "adapted"))
        yield Deed("perplexity", {"rows": record["rows"], "before": before, "after": after})


def _tasted(project: Project) -> Iterator[Deed]:
    run = workshop.adapted_run(project)
    tasted = tasting.read(run) if run else None
    if run and tasted and (sitting := answers.sitting(run, tasted)).revealed:
        yield Deed("tasted", {"answers": len(sitting.answers)})


def _thought(step: str, choices: dict) -> Iterator[Deed]:
    """The exercise and the questions."""
    if choices.get("exercise"):
        yield Deed("exercise")
    if answered := questions.answered(step, choices):
        yield Deed("questions", {"answered": answered})
