"""The chain without a browser: the same functions that the pages call, from texts to an evaluation."""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core import processes, texts
from core import project as projects
from core.data.table import PIECES
from core.errors import LessonError
from core.sharing.chapbook.choices import SECTIONS
from core.tasks import TASKS

if TYPE_CHECKING:
    from core.training.runs import Run


def main(arguments: list[str]) -> int:
    """Runs one command. Answers the exit status: 0, or 2 with one sentence on stderr."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except LessonError as error:
        print(" ".join(str(texts.explain(error, language(options))).split()), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def language(options: argparse.Namespace) -> str:
    """Answers `--language`, else `$LLMS_LANGUAGE`, else English where the locale is English, else Spanish."""
    chosen = getattr(options, "language", None) or os.environ.get("LLMS_LANGUAGE")
    if chosen in texts.LANGUAGES:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "en" if locale.startswith("en") else "es"


def adapt(options: argparse.Namespace) -> None:
    """From texts to an evaluated adapter, stage by stage, as the thirteen steps do it."""
    from core.data import sources, stages
    from core.data.table import Options
    from core.evaluation import evaluate
    from core.models import folder as models
    from core.tokens import encode
    from core.training import plan, runs, watch

    tongue = language(options)
    say = _teller(tongue)
    changes = _assignments(options.set)
    root = _root(options)
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
        tokens = encode.encode(project, _whole(changes.pop("max_length", None)))
        say("adapt.tokens", tokens=sum(tokens["tokens"].values()), length=tokens["max_length"])
        run = runs.create(project, plan.settings(project, options.dial).changed(changes))
    except LessonError:
        _forget(project)
        raise
    runs.start(run)
    state = _follow(run, say)
    say("adapt.evaluating")
    evaluate.start(run)
    evaluated = list(processes.follow(run.evaluation))[-1]
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


def ready(options: argparse.Namespace) -> None:
    from core.training import ready, runs, worker

    if folder := ready.wait():
        worker.train(runs.open_run(folder))


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
        print(summary.as_text(record, texts.words(language(options), "metrics", "evaluation")))


def tasting(options: argparse.Namespace) -> None:
    from core.evaluation import tasting_pairs
    from core.training import runs

    print(json.dumps({"pairs": len(tasting_pairs.write(runs.open_run(options.run_folder)).pairs)}))


def generate(options: argparse.Namespace) -> None:
    from core.generation.generate import Sampling, stream
    from core.generation.loaded import load
    from core.tokens.encode import prompt_ids
    from core.training import runs

    run = runs.open_run(options.run_folder)
    record = run.record()
    if not options.base and not run.adapter.is_dir():
        raise LessonError("run_not_finished", run=run.name)
    loaded = load(Path(record["model_folder"]), None if options.base else run.adapter)
    sampling = Sampling(temperature=options.temperature, max_new_tokens=options.tokens, seed=options.seed)
    room = loaded.room(sampling.max_new_tokens)
    ids = prompt_ids(options.prompt, TASKS[record["task"]], loaded.tokenizer, record["language"], room)
    for step in stream(loaded, ids, sampling):
        print(step.text, end="", flush=True)
    print()


def merge(options: argparse.Namespace) -> None:
    """Adds the adapter of a run to its base, as one model."""
    from core.sharing import making, merged
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project = _project_of(run)
    with making.told(merged.told(run)) as progress:
        print(merged.make(run, project, language(options), progress))


def gguf(options: argparse.Namespace) -> None:
    """Writes the model of a run as one file for Ollama, LM Studio and llama.cpp."""
    from core.sharing import gguf_file, making
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project = _project_of(run)
    with making.told(gguf_file.told(run)) as progress:
        print(gguf_file.make(run, project, language(options), options.quantisation, progress))


def capsule(options: argparse.Namespace) -> None:
    """Puts a project in one file that any other workshop opens."""
    from core.sharing import capsule as capsules
    from core.sharing import making

    folder = options.project_folder.absolute()
    project = projects.open_project(folder.parent, folder.name)
    with making.told(capsules.told(project)) as progress:
        print(capsules.make(project, not options.without_texts, progress))


def open_capsule(options: argparse.Namespace) -> None:
    """Makes a project of a capsule."""
    from core.sharing import arrival

    if not options.file.is_file():
        raise LessonError("file_not_found", name=options.file)
    print(arrival.open_capsule(_root(options), options.file).folder)


def notebook(options: argparse.Namespace) -> None:
    """Writes what a run did as notebooks, in a ZIP beside it."""
    from core import storage
    from core.sharing import notebook as books
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project = _project_of(run)
    path = run.folder / "share" / "notebook.zip"
    storage.write_bytes(path, books.parcel(run, project, language(options), options.lessons))
    print(path)


def remote(options: argparse.Namespace) -> None:
    """Trains a run, or a project's next one, on a rented machine; or follows one that is there."""
    from core import workshop
    from core.remote import command
    from core.training import runs

    tongue, folder = language(options), options.run_folder.absolute()
    is_project = (folder / "project.json").is_file()
    project = projects.open_project(folder.parent, folder.name) if is_project else None
    run = workshop.run_to_send(project) if project else runs.open_run(folder)
    command.remote(run, options, texts.words(tongue, "command"), _teller(tongue))


def chapbook(options: argparse.Namespace) -> None:
    """Sets what she did as a booklet, as one HTML page and, if asked, as PDF."""
    from core import storage
    from core.sharing import making
    from core.sharing.chapbook import book, page, passages, pdf
    from core.sharing.chapbook.choices import kept
    from core.training import runs

    run = runs.open_run(options.run_folder)
    project, folder, tongue = _project_of(run), passages.folder(run), language(options)
    with making.told(folder) as progress:
        if options.again or passages.are_due(run, project):
            passages.write(run, project, progress)
        made = book.make(run, project, kept(project).changed(vars(options)), tongue)
        name = texts.words(tongue, "chapbook")("file_name")
        files = {f"{name}.html": page.make(made).encode(), **({f"{name}.pdf": pdf.make(made)} if options.pdf else {})}
        for name, content in files.items():
            storage.write_bytes(folder / name, content)
            print(folder / name)


def _project_of(run: "Run") -> projects.Project:
    return projects.open_project(run.workspace, run.folder.parent.parent.name)


def _root(options: argparse.Namespace) -> Path:
    return Path(options.workspace).absolute() if options.workspace else projects.workspace()


def promise(options: argparse.Namespace) -> None:
    from core.training import promise as promises
    from core.training import runs

    promises.measure(runs.open_run(options.run_folder))


def copies(options: argparse.Namespace) -> None:
    from core.evaluation import copies
    from core.training import runs

    copies.read(runs.open_run(options.run_folder))


def serve(options: argparse.Namespace) -> None:
    from core.generation.serve import serve

    serve()


def read(options: argparse.Namespace) -> None:
    from core.data import apart

    apart.serve()


def clear(options: argparse.Namespace) -> None:
    """Takes old work off a shared server, as its pages do every hour."""
    import tomllib

    from core import clearing, limits

    secrets = processes.ROOT / ".streamlit" / "secrets.toml"
    if secrets.is_file():
        try:
            limits.publish(tomllib.loads(secrets.read_text(encoding="utf-8")).get("limits", {}))
        except (tomllib.TOMLDecodeError, AttributeError) as error:
            raise LessonError("secrets_unreadable", name=secrets) from error
    cleared = clearing.clear(_root(options))
    words = texts.words(language(options), "command")
    print(words("clear.done", **vars(cleared)) if cleared else words("clear.busy"))


def download(options: argparse.Namespace) -> None:
    """Brings a model of the Hub; a token, where one is needed, is read from stdin."""
    from core.models import download as downloads

    token = sys.stdin.read().strip() if not sys.stdin.isatty() else ""
    downloads.run(options.model, options.folder, token, options.most_mb)


def publish(options: argparse.Namespace) -> None:
    """Puts what a run learned on the Hub; the token is read from stdin, or else from HF_TOKEN."""
    from core.sharing import gate, repository
    from core.sharing import publish as publishing
    from core.training import runs

    run = runs.open_run(options.run_folder)
    told = {"texts": options.texts, "people": options.people, "licence": options.licence}
    gate.keep(run, replace(gate.kept(run), **{name: answer for name, answer in told.items() if answer}))
    token = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    wish = publishing.Wish(options.name, options.merged, options.public, options.update)
    publishing.publish(run, _project_of(run), wish, token or os.environ.get("HF_TOKEN", ""))
    *_, state = processes.follow(publishing.told(run))
    print(repository.address(state["id"]))


def _parser() -> argparse.ArgumentParser:
    from core.sharing import gate

    words = texts.words(language(argparse.Namespace()), "command")
    parser = argparse.ArgumentParser(prog="python3 -m core", description=words("adapt"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words(name), description=words(name))
        added.set_defaults(run=run)
        added.add_argument("--language", choices=texts.LANGUAGES, help=words("option.language"))
        return added

    one = command("adapt", adapt)
    one.add_argument("texts", metavar="TEXTS", help=words("option.texts"))
    one.add_argument("--task", choices=list(TASKS), help=words("option.task"))
    one.add_argument("--text-column", metavar="C", help=words("option.text_column"))
    one.add_argument("--summary-column", metavar="C", help=words("option.summary_column"))
    one.add_argument("--group-column", metavar="C", help=words("option.group_column"))
    one.add_argument("--sheet", default="", metavar="NAME", help=words("option.sheet"))
    one.add_argument("--pieces", default="", choices=PIECES, help=words("option.pieces"))
    one.add_argument("--separator", default="", metavar="LINE", help=words("option.separator"))
    one.add_argument("--recipe", type=Path, metavar="FILE", help=words("option.recipe"))
    one.add_argument("--model", default="classroom", metavar="ID_OR_FOLDER", help=words("option.model"))
    one.add_argument("--dial", choices=["quick", "balanced", "thorough"], default="quick", help=words("option.dial"))
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=words("option.set"))
    one.add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
    one.add_argument("--json", action="store_true", help=words("option.json"))
    on_a_run = (train, promise, evaluate, tasting, generate, merge, gguf, notebook, chapbook, remote, copies)
    for run in on_a_run:
        said = words("option.run_or_project" if run is remote else "option.run")
        command(run.__name__, run).add_argument("run_folder", metavar="RUN", type=Path, help=said)
    commands.choices["train"].add_argument("--finish", action="store_true", help=words("option.finish"))
    measured = commands.choices["evaluate"]
    measured.add_argument("--again", action="store_true", help=words("option.again"))
    measured.add_argument("--json", action="store_true", help=words("option.json"))
    asked = commands.choices["generate"]
    asked.add_argument("prompt", metavar="PROMPT", help=words("option.prompt"))
    asked.add_argument("--base", action="store_true", help=words("option.base"))
    asked.add_argument("--temperature", type=float, default=0.8, help=words("option.temperature"))
    asked.add_argument("--tokens", type=int, default=60, help=words("option.tokens"))
    asked.add_argument("--seed", type=int, default=7, help=words("option.seed"))
    rounding = commands.choices["gguf"]
    rounding.add_argument("--quantisation", default="q8_0", choices=["q8_0", "f16"], help=words("option.quantisation"))
    commands.choices["notebook"].add_argument("--lessons", action="store_true", help=words("option.lessons"))
    renting = commands.choices["remote"]
    renting.add_argument("--machine", metavar="NAME", help=words("option.machine"))
    renting.add_argument("--machines", action="store_true", help=words("option.machines"))
    renting.add_argument("--hours", type=float, default=1.0, help=words("option.hours"))
    renting.add_argument("--yes", action="store_true", help=words("option.yes"))
    renting.add_argument("--cancel", action="store_true", help=words("option.cancel"))
    booklet = commands.choices["chapbook"]
    booklet.add_argument("--pdf", action="store_true", help=words("option.pdf"))
    for name in ("title", "author", "dedication"):
        booklet.add_argument(f"--{name}", help=words(f"option.{name}"))
    booklet.add_argument("--without", action="append", default=[], choices=SECTIONS, help=words("option.without"))
    booklet.add_argument("--again", action="store_true", help=words("option.write_again"))
    packing = command("capsule", capsule)
    packing.add_argument("project_folder", metavar="PROJECT", type=Path, help=words("option.project"))
    packing.add_argument("--without-texts", action="store_true", help=words("option.without_texts"))
    opening = command("open", open_capsule)
    opening.add_argument("file", metavar="FILE", type=Path, help=words("option.capsule"))
    opening.add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
    command("serve", serve)
    command("ready", ready)
    command("read", read)
    bringing = command("download", download)
    bringing.add_argument("model", metavar="MODEL", help=words("option.hub_model"))
    bringing.add_argument("folder", metavar="FOLDER", type=Path, help=words("option.told"))
    bringing.add_argument("--most-mb", type=int, default=0, metavar="N", help=words("option.most_mb"))
    sharing = command("publish", publish)
    sharing.add_argument("run_folder", metavar="RUN", type=Path, help=words("option.run"))
    sharing.add_argument("--name", required=True, metavar="NAME", help=words("option.name"))
    for option in ("public", "merged", "update"):
        sharing.add_argument(f"--{option}", action="store_true", help=words(f"option.{option}"))
    sharing.add_argument("--texts", choices=gate.TEXTS, help=words("option.whose"))
    sharing.add_argument("--people", choices=gate.PEOPLE, help=words("option.people"))
    sharing.add_argument("--licence", metavar="NAME", help=words("option.licence"))
    command("clear", clear).add_argument("--workspace", metavar="DIR", help=words("option.workspace"))
    return parser


def _teller(tongue: str):
    words = texts.words(tongue, "command")
    began = time.monotonic()

    def say(key: str, **facts: object) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {words(key, **facts)}", file=sys.stderr, flush=True)

    return say


def _assignments(pairs: list[str]) -> dict[str, str]:
    """Reads NAME=VALUE pairs. Raises LessonError `settings_out_of_range`."""
    for pair in pairs:
        if "=" not in pair:
            raise LessonError("settings_out_of_range", problems=f"{pair} (NAME=VALUE)")
    return dict(pair.split("=", 1) for pair in pairs)


def _whole(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise LessonError("settings_out_of_range", problems=f"max_length = {text} (int)") from error


def _reference(model: str) -> str:
    """Answers a model's name as a project keeps it: a folder by its whole path."""
    path = Path(model).expanduser()
    return str(path.absolute()) if path.is_dir() and model != "classroom" else model


def _forget(project: projects.Project) -> None:
    """Takes back a project that never began, so that a mistake leaves the workspace as it was."""
    import shutil

    shutil.rmtree(project.folder, ignore_errors=True)


def _follow(run, say) -> dict:
    """Waits for a training run, telling each evaluation. Raises the LessonError that it ended with."""
    from core.training import watch

    told = 0
    for state in processes.follow(run.folder):
        points = watch.curve(run).validation
        if len(points) > told:
            told = len(points)
            say("adapt.step", step=points[-1][0], steps=state.get("steps", 0), loss=points[-1][1])
    return state
