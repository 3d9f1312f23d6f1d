"""The notebook for Colab, run outside it on the sample, where what only Colab has is left out."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from traitlets.config import Config

from core import project as projects
from core import texts
from core.evaluation import evaluate
from core.processes import ROOT
from core.sharing import arrival
from core.training import runs

SHORT = {"MAX_STEPS": 6}


def book_with(**chosen: object) -> nbformat.NotebookNode:
    """Answers the notebook with these choices made in its forms."""
    book = nbformat.read(ROOT / "colab.ipynb", 4)
    for name, value in chosen.items():
        field = re.compile(rf"^{name} = .*?(?=  # @param)", re.MULTILINE)
        (cell,) = (cell for cell in code(book) if field.search(cell.source))
        cell.source = field.sub(f"{name} = {value!r}", cell.source)
    return book


def code(book: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


@pytest.fixture
def shell(monkeypatch) -> Iterator[InteractiveShell]:
    """IPython in this process, so that the notebook's workers are forked as those of every test; see `nursery`."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PLOTLY_RENDERER", "json")
    config = Config()
    config.HistoryManager.enabled = False
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


def check(workspace: Path, language: str, said: dict[str, str]) -> None:
    """Holds that the sample became an evaluated adapter, told in `language`, and a capsule that opens elsewhere."""
    (project,) = projects.list_projects(workspace)
    (run,) = runs.list_runs(project)
    assert run.weights
    assert run.settings().max_steps == SHORT["MAX_STEPS"]
    assert texts.words(language, "evaluation")("side.adapted") in said["evaluate"]
    assert said["compare"].count("Abrí la ventana y") == 2
    (kept,) = (project.folder / "share" / "capsule").glob("*.zip")
    opened = arrival.open_capsule(workspace / "elsewhere", kept)
    assert evaluate.result(runs.list_runs(opened)[0])
    assert (run.folder / "share" / "adapter.zip").stat().st_size > 1_000_000


def test_cell_by_cell_the_sample_becomes_an_evaluated_adapter_and_a_capsule(workspace, shell):
    said = {}
    for cell in code(book_with(LANGUAGE="en", **SHORT)):  # the smaller sample
        with capture_output() as told:
            done = shell.run_cell(cell.source, store_history=False)
        done.raise_error()
        said[cell.id] = told.stdout
    check(workspace, "en", said)


@pytest.mark.skipif(
    os.environ.get("LLMS_SLOW") != "1", reason="in Jupyter's own kernel it is slow: LLMS_SLOW=1 runs it"
)
@pytest.mark.parametrize("language", ["es", "en"])
def test_in_jupyter_it_does_the_same_in_both_languages(workspace, monkeypatch, language):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    book = book_with(LANGUAGE=language, **SHORT)
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(book, timeout=300, kernel_name="python3", resources=resources).execute()
    check(workspace, language, {cell.id: "".join(o.get("text", "") for o in cell.outputs) for cell in code(book)})


def test_what_can_be_mended_is_said_in_a_sentence_and_not_as_a_traceback(workspace, shell):
    cells = {cell.id: cell.source for cell in code(book_with(LANGUAGE="es", PROJECT="0" * 32))}
    with capture_output() as told:
        for name in ("bring", "drive"):
            shell.run_cell(cells[name]).raise_error()
        assert not shell.run_cell(cells["texts"]).success
    assert "Traceback" not in told.stdout + told.stderr
    assert told.stdout.strip().split("\n")[-1].startswith("No encontr")


def test_every_cell_is_explained_before_it_in_both_languages():
    book = book_with()
    for before, cell in zip(book.cells, book.cells[1:], strict=False):
        if cell.cell_type == "code":
            assert before.id == f"{cell.id}-why"
            assert before.source.index("**Español.**") < before.source.index("**English.**")
        assert not cell.get("outputs"), "it is kept as nobody ran it"
