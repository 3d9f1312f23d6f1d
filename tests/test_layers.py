"""Who may import whom, and where heavy libraries may be loaded."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each group may import from the groups before it, and from itself.
ORDER = (
    {"errors"}, {"texts", "storage", "questions", "grounds", "bootstrap"}, {"glossary"},
    {"machine", "tasks", "processes", "limits", "line", "access", "project", "clearing", "testbed", "classroom",
     "decision"}, {"data"}, {"models"}, {"tokens"}, {"generation"}, {"training"}, {"evaluation"}, {"pretraining"},
    {"sharing"}, {"remote"}, {"workshop"}, {"learned"}, {"ui"}, {"commands"}, {"cli"}, {"setup"}, {"__main__"},
)  # fmt: skip
HEAVY = {"torch", "transformers", "peft", "datasets", "evaluate", "bitsandbytes", "accelerate"}
SOURCES = sorted(path for path in (ROOT / "core").rglob("*.py"))
PAGES = [ROOT / "Home.py", *sorted((ROOT / "pages").glob("*.py"))]


def rank(module: str) -> int:
    return next(place for place, group in enumerate(ORDER) if module in group)


def imported(path: Path, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_the_stages_before_its_own(path):
    own = path.relative_to(ROOT / "core").with_suffix("").parts[0]
    if own == "__init__":
        return
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("core.") and name.count(".")}
    known = {name for name in ours if any(name in group for group in ORDER)}
    late = {"cli"} if own == "setup" else set()
    assert all(rank(name) <= rank(own) for name in known - late), known


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_streamlit_is_known_only_to_the_pages_and_core_ui(path):
    uses = any(name.split(".")[0] == "streamlit" for name in imported(path))
    assert not uses or "ui" in path.parts


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_are_imported_only_inside_the_functions_that_need_them(path):
    if "metrics" in path.parts:
        return  # evaluate's own modules are loaded by evaluate
    assert not {name.split(".")[0] for name in imported(path, top_level_only=True)} & HEAVY


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_a_short_script_without_functions(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 80
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(ast.parse(text)))


def test_nothing_heavy_is_loaded_when_every_module_of_core_is():
    """Also what is imported inside an `if`, a `try`, or by a library."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES if "metrics" not in path.parts]
    modules = [name.removesuffix(".__init__") for name in names if name != "core.__main__"]
    script = f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
    script += f"print(*sorted(sys.modules.keys() & {HEAVY}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# What the texts cannot hold: HTML and scripts, a typeface's name, a language's own name for itself.
NOT_WORDS = re.compile(r"[<>{};()]|Literata Display|new FontFace|^Español$")


@pytest.mark.parametrize("path", [*PAGES, *(ROOT / "core" / "ui").glob("*.py")], ids=lambda path: path.name)
def test_no_visible_word_stands_in_python(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = [n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef)]
    said = {id(n.body[0].value) for n in documented if n.body and isinstance(n.body[0], ast.Expr)}
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in said]
    worded = re.compile(r"[áéíóúüñ¿¡ÁÉÍÓÚÑ]|[A-Za-z]{2,} [A-Za-z]{2,}")
    assert [s for s in strings if isinstance(s, str) and worded.search(s) and not NOT_WORDS.search(s)] == []
