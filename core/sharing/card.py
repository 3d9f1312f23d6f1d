"""The card of an adapter: what it is, what it was made from, how it did, and what it is not."""

import time
from dataclasses import asdict
from pathlib import Path

import yaml

from core import storage, texts
from core.errors import LessonError
from core.evaluation import evaluate
from core.evaluation.measure import BETTER
from core.models.folder import CLASSROOM, public_name
from core.project import Project
from core.tasks import TASKS
from core.texts import Words
from core.tokens import form as forms
from core.tokens import tokenizer as tokenizers
from core.training.runs import Run


def card(run: Run, project: Project, evaluation: dict | None, language: str, merged: bool = False) -> str:
    """Answers the card as Markdown in `language`, with the front matter that the Hub reads.

    It is the adapter's, or the whole model's where the run trained that, or where `merged` says that both are one.
    """
    words = texts.words(language, "metrics", "card")
    record = run.record()
    prepared = storage.load_json(run.prepared / "record.json")
    tokens = storage.load_json(run.tokens / "record.json")
    front = {
        "library_name": "peft",
        "base_model": public_name(record["model"]),
        "language": record["language"],
        "tags": ["lora", "llms-para-poetas", record["task"]],
    }
    is_full = run.settings().method == "full"
    title = "title_full" if is_full else "title_merged" if merged else "title"
    is_whole = is_full or merged
    if is_whole:
        front |= {"library_name": "transformers", "tags": ["llms-para-poetas", record["task"]]}
    say = lambda value, digits=None: texts.number(value, language, digits)  # noqa: E731
    sections = [
        f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---",
        f"# {words(title, name=project.name)}",
        words.body(title, model=public_name(record["model"]), task=words(f"task.{record['task']}")),
        f"## {words('data')}",
        words.body(
            "data",
            kept=prepared["rows_kept"],
            read=prepared["rows_read"],
            train=tokens["rows"]["train"],
            test=tokens["rows"]["test"],
            tokens=tokens["tokens"]["train"],
            max_length=tokens["max_length"],
        ),
        f"## {words('results')}",
        words.body("results" if evaluation else "no_results"),
    ]
    if evaluation:
        base, adapted = (evaluate.values(evaluation, side) for side in ("base", "adapted"))
        names = [name for name in base if BETTER[name] != "nearer"]
        table = [f"| {words('metric')} | {words('base')} | {words('adapted')} |", "|---|---|---|"]
        table += [f"| {words(f'metric.{name}')} | {say(base[name])} | {say(adapted[name])} |" for name in names]
        sections += ["\n".join(table), words.body("metric", rows=evaluation["rows"])]
    sections += [f"## {words('limits')}", words.body("limits"), f"## {words('use')}"]
    sections += [_use(record, tokens.get("form", forms.PLAIN), is_whole, words)]
    sections += [
        f"## {words('settings')}",
        f"```yaml\n{yaml.safe_dump(asdict(run.settings()), sort_keys=False)}```",
    ]
    sections += [words.body("settings", date=time.strftime("%Y-%m-%d", time.localtime(record["created"])))]
    return "\n\n".join(section for section in sections if section) + "\n"


def _use(record: dict, form: str, is_whole: bool, words: Words) -> str:
    """Answers the lines of Python that use what was learned, in the form in which it was trained."""
    name, full = public_name(record["model"]), "_full" if is_whole else ""
    if form == forms.CHAT:
        instruction = TASKS[record["task"]].instruction(record["language"])
        return words.body(f"use{full}_chat", model=name, instruction=instruction)
    if form == forms.APART:
        return words.body(f"use{full}_apart", model=name, prefix=_prefix(Path(record["model_folder"])))
    is_classroom = record["model"] == CLASSROOM and not is_whole
    return words.body("use_classroom" if is_classroom else f"use{full}", model=name)


def _prefix(folder: Path) -> str:
    """Answers what the base wants before a text; "" where it is not on this machine any more."""
    try:
        return tokenizers.load(folder).prefix
    except LessonError:
        return ""
