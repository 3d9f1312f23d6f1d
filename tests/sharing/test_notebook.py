"""The notebooks, looked at cell by cell; tests/ui/test_share.py runs one whole, on a real run."""

import ast
import builtins
import io
import json
import shutil
import zipfile

import pytest

from core import storage
from core.data import table
from core.errors import LessonError
from core.sharing import notebook
from core.training import plan, runs


@pytest.fixture
def run_of(loaded):
    def make(task: str = "write", project=None, **settings):
        project = project or loaded(task)
        run = runs.create(project, plan.settings(project, "quick").changed(settings), "Anoche")
        run.adapter.mkdir()
        (run.adapter / "adapter_model.safetensors").write_bytes(b"learned")
        return run, project

    return make


def cells(content: str) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"}


def python(code: str) -> ast.Module:
    return ast.parse("\n".join("    pass" if "%pip" in line else line for line in code.splitlines()))


KINDS = {
    "lora": ("classroom", "write", {}),
    "some layers": ("classroom", "summarize", {"lora_targets": "mlp"}),
    "four bits": ("classroom", "write", {"method": "qlora", "lora_targets": "attention"}),
    "all the weights": ("classroom", "summarize", {"method": "full", "precision": "bf16"}),
    "read and written apart": ("bart", "summarize", {"method": "full"}),
    "apart, in four bits": ("mbart", "summarize", {"method": "qlora"}),
}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(("model", "task", "settings"), KINDS.values(), ids=KINDS)
def test_each_notebook_has_all_that_its_cells_use_and_nothing_of_this_project(
    run_of, base, summarizing, language, model, task, settings
):
    run, project = run_of(task, None if model == "classroom" else summarizing(base(model)), **settings)
    books = notebook.notebooks(run, project, language, one_a_lesson=True) | notebook.notebooks(run, project, language)
    assert len(books) == 4
    for content in books.values():
        known = set(dir(builtins))
        for code in cells(content).values():
            tree = python(code)
            names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
            known |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
            known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
            known |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
            known |= {
                (alias.asname or alias.name).split(".")[0]
                for node in ast.walk(tree)
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            }
            assert {node.id for node in names} <= known
            assert "core" not in {
                (node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
            }
        prose = [cell for cell in json.loads(content)["cells"] if cell["cell_type"] == "markdown"]
        assert len(prose) == len(cells(content)) + 1
        assert str(project.folder.parent) not in content


@pytest.mark.parametrize("task", ["write", "summarize"])
def test_its_cells_cut_her_texts_as_the_workshop_did(run_of, task, tmp_path, monkeypatch):
    run, project = run_of(task)
    zipfile.ZipFile(io.BytesIO(notebook.parcel(run, project, "es"))).extractall(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    code = cells((tmp_path / "taller.ipynb").read_text(encoding="utf-8"))
    names: dict = {}
    for cell in ("base", "texts", "tokens"):
        exec(code[cell], names)
    for part in ("train", "validation", "test"):
        ours = table.read(run.tokens / part)
        for column in ("input_ids", "labels", "length", "characters"):
            assert list(names["tokens"][part][column]) == ours.column(column).to_pylist()


def test_the_parcel_holds_her_texts_as_they_were_split_and_the_classrooms_model(run_of):
    run, project = run_of()
    with zipfile.ZipFile(io.BytesIO(notebook.parcel(run, project, "en", one_a_lesson=True))) as parcel:
        names = set(parcel.namelist())
        modules = [parcel.read(name).decode() for name in names if name.endswith(".py")]
        rows = [json.loads(line)["text"] for line in parcel.read("texts/test.jsonl").splitlines()]
    assert {"workshop-1.ipynb", "workshop-2.ipynb", "workshop-3.ipynb", "base/model.safetensors"} <= names
    assert rows == table.read(run.prepared / "test").column("text").to_pylist()
    assert modules, "the measure comes along"
    assert not any("core" in module for module in modules), "and needs nothing of the workshop"


def test_what_a_notebook_cannot_do_yet_is_said(run_of, tmp_path):
    run, project = run_of()
    base = shutil.copytree(run.record()["model_folder"], tmp_path / "in four bits")
    config = storage.load_json(base / "config.json")
    storage.write_json(base / "config.json", config | {"quantization_config": {"load_in_4bit": True}})
    runs.base_is_at(run, base)
    with pytest.raises(LessonError) as error:
        notebook.notebooks(run, project, "es")
    assert error.value.code == "no_notebook"
