"""What she did as notebooks: the same with `transformers`, `datasets`, `peft` and `evaluate`, and without the workshop.

One notebook, or one a lesson, in a ZIP with what they read: her texts as they were split, the workshop's measure and,
where it is found nowhere else, the base model. The cells are `pages/notebook/*.py.txt`; each has its prose in the
texts, under its name.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

from core import classroom, storage, testbed, texts
from core.data import table
from core.data.split import PARTS
from core.errors import LessonError
from core.evaluation import evaluate
from core.models import folder as models
from core.models.folder import CLASSROOM, public_name
from core.models.kind import SEQ2SEQ, kind_of
from core.project import Project
from core.tasks import TASKS
from core.texts import Words
from core.tokens import form as forms
from core.tokens import tokenizer as tokenizers
from core.training import engine
from core.training.runs import Run

CELLS = Path(__file__).parent.parent.parent / "pages" / "notebook"
# What each lesson does, and what it stands on when it has a notebook to itself.
_BEGIN = ("install", "files", "base")
LESSONS = {
    1: ("write",),
    2: ("texts", "tokens", "lengths"),
    3: ("measure", "order", "adapter", "train", "evaluate", "compare", "keep"),
}
_NEEDS = {1: (), 2: (), 3: ("write", "texts", "tokens")}
_PINNED = ("transformers", "datasets", "peft", "evaluate", "accelerate")


def parcel(run: Run, project: Project, language: str, one_a_lesson: bool = False) -> bytes:
    """Answers the ZIP with the notebooks and what they read. Raises LessonError `run_not_finished`, `no_notebook`."""
    made = notebooks(run, project, language, one_a_lesson)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in made.items():
            archive.writestr(name, content)
        for part in PARTS:
            archive.writestr(f"texts/{part}.jsonl", _lines(run.prepared / part, TASKS[project.task].columns))
        archive.write(CELLS / "perplexity.py.txt", "metrics/perplexity/perplexity.py")
        if run.record()["model"] == CLASSROOM:
            for path in sorted(classroom.MODEL.iterdir()):
                archive.write(path, f"base/{path.name}")
    return buffer.getvalue()


def notebooks(run: Run, project: Project, language: str, one_a_lesson: bool = False) -> dict[str, str]:
    """Answers notebooks (format 4) by file name. Raises LessonError `run_not_finished`, `no_notebook`."""
    check(run)
    facts, words = _facts(run, project, language), texts.words(language, "notebook")
    if not one_a_lesson:
        cells = [*_BEGIN, *(cell for lesson in LESSONS.values() for cell in lesson)]
        return {f"{words('file')}.ipynb": _written(cells, words("title", name=project.name), words, facts)}
    made = {}
    home = texts.words(language, "home")
    for lesson, own in LESSONS.items():
        title = f"{lesson}. {home(f'lesson_{lesson}')}"
        made[f"{words('file')}-{lesson}.ipynb"] = _written([*_BEGIN, *_NEEDS[lesson], *own], title, words, facts)
    return made


def check(run: Run) -> None:
    """Raises LessonError `run_not_finished`, `no_notebook`, `texts_not_here` where none can be written of a run."""
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    settings, base = run.settings(), Path(run.record()["model_folder"])
    models.check(base)
    is_plain = settings.method == "lora" and settings.lora_targets == "all-linear"
    if not is_plain or kind_of(storage.load_json(base / "config.json"), base.name) == SEQ2SEQ:
        raise LessonError("no_notebook", run=run.name)
    for part in PARTS:
        table.read(run.prepared / part)


def _written(cells: list[str], title: str, words: Words, facts: dict[str, str]) -> str:
    import nbformat
    from nbformat import v4

    book = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    book.cells.append(v4.new_markdown_cell(f"# {title}\n\n{words.body('title')}", id="title"))
    for cell in cells:
        code = Template((CELLS / f"{cell}.py.txt").read_text(encoding="utf-8")).substitute(facts)
        book.cells.append(v4.new_markdown_cell(f"## {words(cell)}\n\n{words.body(cell)}", id=f"{cell}-why"))
        book.cells.append(v4.new_code_cell(code.rstrip(), id=cell))
    nbformat.validate(book)
    return nbformat.writes(book)


def _facts(run: Run, project: Project, language: str) -> dict[str, str]:
    """Answers what stands in the cells for each of their placeholders, as Python."""
    settings, record = run.settings(), run.record()
    tokenizer = tokenizers.of_model(Path(record["model_folder"]))
    task = TASKS[record["task"]]
    form = forms.of(tokenizer, task, record["language"])
    planned = engine.schedule(settings, len(table.read(run.tokens / "train")))
    measured = evaluate.result(run)
    is_write, is_chat = record["task"] == "write", form.code == forms.CHAT
    values: dict[str, Any] = {
        "versions": {name: version(name) for name in _PINNED},
        "base": "base" if record["model"] == CLASSROOM else public_name(record["model"]),
        "no_files": texts.words(language, "notebook")("no_files"),
        "begin": form.begin, "cue": form.cue, "end": form.end, "prompts": _prompts(run, project, language),
        "max_length": storage.load_json(run.tokens / "record.json")["max_length"],
        "seed": settings.seed, "rank": settings.lora_rank,
        "alpha": settings.lora_alpha, "dropout": settings.lora_dropout, "targets": settings.lora_targets,
        "steps": planned.steps, "every": planned.evaluate_every, "batch_size": settings.batch_size,
        "accumulation": settings.gradient_accumulation_steps, "learning_rate": settings.learning_rate,
        "schedule": "constant_with_warmup" if settings.schedule == "constant" else settings.schedule,
        "warmup_steps": round(settings.warmup_share * planned.steps), "weight_decay": settings.weight_decay,
        "patience": settings.patience, "checkpointing": settings.gradient_checkpointing,
        "measured": evaluate.values(measured, "adapted") if measured else None,
    }  # fmt: skip
    return {name: repr(value) for name, value in values.items()} | {
        "dtype": "bfloat16" if settings.precision == "bf16" else "float32",
        "source": '""' if is_write else 'row["text"]',
        "completion": 'row["text"]' if is_write else 'row["summary"].strip()' if is_chat else '" " + row["summary"]',
    }


def _prompts(run: Run, project: Project, language: str) -> list[str]:
    """Answers what the models go on from: her beginnings; or, to summarise, a text that neither learned from."""
    if project.task != "write":
        return [table.row(table.read(run.prepared / "validation"), 0)["text"]]
    mine = [beginning.text for beginning in testbed.beginnings(project)]
    return mine or [texts.words(language, "notebook")("prompt.default")]


def _lines(folder: Path, columns: tuple[str, ...]) -> str:
    return "".join(_rows(folder, columns))


def _rows(folder: Path, columns: tuple[str, ...]) -> Iterator[str]:
    for batch in table.read(folder).select([*columns]).to_batches(max_chunksize=table.BATCH_ROWS):
        for row in batch.to_pylist():
            yield json.dumps(row, ensure_ascii=False) + "\n"
