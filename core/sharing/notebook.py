"""What she did as notebooks: the same with `transformers`, `datasets`, `peft` and `evaluate`, and without the workshop.

One notebook, or one a lesson, in a ZIP with what they read: her texts as they were split, the workshop's measures and,
where it is found nowhere else, the base model. The cells are those of `cells`; each has its prose in the texts, under
its name.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from core import texts
from core.data import table
from core.data.split import PARTS
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.sharing import cells
from core.sharing.cells import CELLS, Cells
from core.tasks import TASKS
from core.training import runs
from core.training.runs import Run

# What each lesson does, and what it stands on when it has a notebook to itself.
_BEGIN = ("install", "files", "base")
LESSONS = {
    1: ("write",),
    2: ("texts", "tokens", "lengths"),
    3: ("measure", "summaries", "order", "adapter", "train", "evaluate", "compare", "keep"),
}
_NEEDS = {1: (), 2: (), 3: ("write", "texts", "tokens")}
_ONLY = ("summaries",)  # cells that are only for runs of the form of that name


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
        if TASKS[project.task].code == "summarize":
            archive.write(CELLS / "rouge.py.txt", "metrics/rouge/rouge.py")
        for path in cells.base_files(run):
            archive.write(path, f"base/{path.name}")
    return buffer.getvalue()


def notebooks(run: Run, project: Project, language: str, one_a_lesson: bool = False) -> dict[str, str]:
    """Answers notebooks (format 4) by file name. Raises LessonError `run_not_finished`, `no_notebook`."""
    check(run)
    own, words = cells.of(run, project, language), texts.words(language, "notebook")
    if not one_a_lesson:
        names = [*_BEGIN, *(cell for lesson in LESSONS.values() for cell in lesson)]
        return {f"{words('file')}.ipynb": _written(names, words("title", name=project.name), own)}
    made = {}
    home = texts.words(language, "home")
    for lesson, its in LESSONS.items():
        title = f"{lesson}. {home(f'lesson_{lesson}')}"
        made[f"{words('file')}-{lesson}.ipynb"] = _written([*_BEGIN, *_NEEDS[lesson], *its], title, own)
    return made


def check(run: Run) -> None:
    """Raises LessonError `run_not_finished`, `no_notebook`, `texts_not_here` where none can be written of a run."""
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    models.check(Path(run.record()["model_folder"]))
    if run.settings().method != "qlora" and runs.is_in_four_bits(run):
        raise LessonError("no_notebook", run=run.name)
    for part in PARTS:
        table.read(run.prepared / part)


def _written(names: list[str], title: str, own: Cells) -> str:
    import nbformat
    from nbformat import v4

    book = v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    book.cells.append(v4.new_markdown_cell(f"# {title}\n\n{own.words.body('title')}", id="title"))
    for name in names:
        if name not in _ONLY or name in own.forms:
            book.cells.append(v4.new_markdown_cell(own.prose(name), id=f"{name}-why"))
            book.cells.append(v4.new_code_cell(own.code(name), id=name))
    nbformat.validate(book)
    return nbformat.writes(book)


def _lines(folder: Path, columns: tuple[str, ...]) -> str:
    return "".join(_rows(folder, columns))


def _rows(folder: Path, columns: tuple[str, ...]) -> Iterator[str]:
    for batch in table.read(folder).select([*columns]).to_batches(max_chunksize=table.BATCH_ROWS):
        for row in batch.to_pylist():
            yield json.dumps(row, ensure_ascii=False) + "\n"
