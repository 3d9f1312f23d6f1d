"""Who may import whom, and where heavy libraries may be loaded."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each group may import from the groups before it, and from itself.
ORDER = (
    {"errors"}, {"texts", "storage"}, {"machine", "tasks", "processes", "project", "classroom"}, {"data"}, {"models"},
    {"tokens"}, {"generation"}, {"training"}, {"evaluation"}, {"sharing"}, {"workshop"}, {"ui"}, {"cli"}, {"setup"},
    {"__main__"},
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
