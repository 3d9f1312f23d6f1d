"""From texts to a model that is measured and writes: the chain without a browser, by the functions of the pages."""

import argparse
import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from core import processes, texts
from core import project as projects
from core.commands import terminal
from core.errors import LessonError
from core.tasks import TASKS

if TYPE_CHECKING:
    from core.sharing.kept import Kept


def adapt(options: argparse.Namespace) -> None:
    """From texts to an evaluated adapter, stage by stage, as the thirteen steps do it."""
    from core.data import sources, stages
    from core.data.table import Options
    from core.evaluation import evaluate
    from core.models import folder as models
    from core.tokens import encode
    from core.training import plan, runs, watch

    tongue = terminal.language(options)
    say = terminal.teller(tongue)
    changes = terminal.assignments(options.set)
    root = terminal.root(options)
    recipe = stages.read_recipe(options.recipe) if options.recipe else None
    models.find(options.model, most_mb=0)
    task = options.task or next((t.code for t in TASKS.values() if options.texts == f"sample:{t.sample}"), "write")
    named = {"text": options.text_column, "summary": options.summary_column, "group": options.group_column}
    columns = {name: column for name, column in named.items() if column}
    name = Path(options.texts).name
    project = projects.create(root, name, tongue, task=task, model=_reference(options.model))
    try:
        how = Options(options.sheet, options.pieces, options.separator)
        stages.load_texts(project, sources.bring(project, options.texts, tongue, how), columns)
        prepared = stages.prepare(project, recipe)
        say("adapt.prepared", read=prepared["rows_read"], kept=prepared["rows_kept"])
        tokens = encode.encode(project, terminal.whole(changes.pop("max_length", None)))
        say("adapt.tokens", tokens=sum(tokens["tokens"].values()), length=tokens["max_length"])
        run = runs.create(project, plan.settings(project, options.dial).changed(changes))
    except LessonError:
        _forget(project)
        raise
    try:
        runs.start(run)
        say("adapt.run", run=run.folder)
        state = _follow(run, say)
        say("adapt.evaluating")
        evaluate.start(run)
        evaluated = list(processes.follow(run.evaluation))[-1]
    except KeyboardInterrupt:
        say("adapt.goes_on", run=run.folder)
        raise
    base, adapted = (evaluate.values(evaluate.read(run), side) for side in ("base", "adapted"))
    points = watch.curve(run)
    report = {
        "rows_read": prepared["rows_read"],
        "rows_kept": prepared["rows_kept"],
        "rows_mended": prepared["rows_mended"],
        "dropped": prepared["dropped"],
        "leak": prepared["leak"],
        **{f"{part}_rows": count for part, count in prepared["rows"].items()},
        "tokens": sum(tokens["tokens"].values()),
        "truncated_rows": tokens["truncated_rows"],
        "max_length": tokens["max_length"],
        "model": options.model,
        "trainable_parameters": state["trainable_parameters"],
        "steps": state["step"],
        "train_seconds": round(state["train_seconds"], 2),
        "tokens_per_second": round(state["tokens_trained"] / state["train_seconds"], 1),
        "precision": state["precision"],
        "peak_memory_mb": max(state["peak_memory_mb"], evaluated["peak_memory_mb"]),
        "validation": {"base": points.base, "best": points.best},
        "base": base,
        "adapted": adapted,
        "project": str(project.folder),
        "run": str(run.folder),
    }
    say("adapt.done", base=base["perplexity"], adapted=adapted["perplexity"])
    if options.json:
        print(json.dumps(report, ensure_ascii=False))


def train(options: argparse.Namespace) -> None:
    from core.training import ranks, ready, runs, worker

    run = runs.open_run(options.run_folder)
    if not runs.is_in_four_bits(run):
        ready.leave_out_bitsandbytes()
    try:
        worker.train(run, options.finish)
    except LessonError:
        if not ranks.is_first_here():
            sys.exit(2)  # of several processes on a machine, one says it
        raise


def evaluate(options: argparse.Namespace) -> None:
    from core.evaluation import evaluate as evaluation
    from core.evaluation import summary
    from core.training import runs

    run = runs.open_run(options.run_folder)
    kept = None if options.again or evaluation.is_unfinished(run) else evaluation.result(run)
    record = kept or evaluation.evaluate(run)
    if options.json:
        print(json.dumps(record, ensure_ascii=False))
    else:
        print(summary.as_text(record, texts.words(terminal.language(options), "metrics", "evaluation")))


def generate(options: argparse.Namespace) -> None:
    """Writes with what a run learned, or with a file or folder that step 13 gave."""
    from core.generation.generate import Sampling, stream
    from core.generation.loaded import load
    from core.sharing import kept
    from core.tokens.encode import prompt_ids

    sampling = Sampling(temperature=options.temperature, max_new_tokens=options.tokens, seed=options.seed)
    is_kept = options.run_folder.exists() and not (options.run_folder / "settings.json").is_file()
    with kept.opened(options.run_folder, options.model) if is_kept else _of_run(options) as one:
        loaded = load(one.base, None if options.base else one.adapter)
        room = loaded.room(sampling.max_new_tokens)
        ids = prompt_ids(options.prompt, TASKS[one.task], loaded.tokenizer, one.language, room)
        for step in stream(loaded, ids, sampling):
            print(step.text, end="", flush=True)
    print()


def _of_run(options: argparse.Namespace) -> AbstractContextManager["Kept"]:
    from core.sharing.kept import Kept
    from core.training import runs

    run = runs.open_run(options.run_folder)
    record = run.record()
    if not options.base and not run.adapter.is_dir():
        raise LessonError("run_not_finished", run=run.name)
    return nullcontext(Kept(Path(record["model_folder"]), run.adapter, record["task"], record["language"]))


def _reference(model: str) -> str:
    """Answers a model's name as a project keeps it: a folder by its whole path."""
    path = Path(model).expanduser()
    return str(path.absolute()) if path.is_dir() and model != "classroom" else model


def _forget(project: projects.Project) -> None:
    """Takes back a project that never began, so that a mistake leaves the workspace as it was."""
    import shutil

    shutil.rmtree(project.folder, ignore_errors=True)


def _follow(run, say) -> dict:
    """Waits for a training run, telling whether another comes first, and each evaluation.

    Raises the LessonError that it ended with.
    """
    from core.training import watch

    told, is_waiting = 0, False
    for state in processes.follow(run.folder):
        if state["status"] == "waiting" and not is_waiting:
            is_waiting = True
            say("adapt.waiting")
        points = watch.curve(run).validation
        if len(points) > told:
            told = len(points)
            say("adapt.step", step=points[-1][0], steps=state.get("steps", 0), loss=points[-1][1])
    return state
