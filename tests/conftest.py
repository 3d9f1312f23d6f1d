"""What every test stands on: a workspace of its own, and a project with the sample in it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import make_models
import pytest
from filelock import FileLock
from nursery import Forked, Nursery

from core import processes
from core import project as projects
from core.data import sources, stages
from core.project import Project
from core.tokens import encode
from core.training import ready

# The files that take longest, in that order: begun last, one of them would keep one processor waiting for the other.
LONGEST = (
    "test_stories",
    "test_worker",
    "test_faults",
    "test_pages",
    "test_many",
    "test_cli",
    "test_dose",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    monkeypatch.setenv("LLMS_WORKSPACE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch):
    """No page of a test leaves a worker waiting, which the next test's run would find; the browser stories have one."""
    monkeypatch.setattr(ready.READY, "warm", lambda: None)


@pytest.fixture(scope="session", autouse=True)
def nursery() -> Iterator[Callable]:
    """Forks the workers that a test launches from a process in which the libraries are loaded; see `nursery`.

    Answers what starts a process as the workshop does.
    """
    forking, spawn = Nursery(), processes.spawn

    def fork(arguments: list[str], log: BinaryIO, secret: str = "") -> Forked | subprocess.Popen:
        forks = not secret and forking.can(arguments)
        return forking.fork(arguments, Path(log.name)) if forks else spawn(arguments, log, secret)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "spawn", fork)
        patch.setattr(processes, "give_way", lambda: None)  # in a test's own process, it would be the test that waits
        yield spawn
    forking.close()


@pytest.fixture
def new_project(workspace):
    def make(task: str = "write", **changes) -> Project:
        return projects.create(workspace, "Prueba", "es", task=task, **changes)

    return make


@pytest.fixture
def loaded(new_project):
    """A project with the sample of its task, tokenised."""

    def make(task: str = "write") -> Project:
        project = new_project(task)
        stages.load_texts(
            project, sources.open_source({"write": "sample:poems", "summarize": "sample:notes"}[task], "es")
        )
        stages.prepare(project)
        encode.encode(project)
        return project

    return make


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Answers a folder that is filled once, by whichever of the processes that run tests asks for it first."""
    own = tmp_path_factory.getbasetemp()
    root = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def find(name: str, make: Callable[[Path], None]) -> Path:
        with FileLock(root / f"{name}.lock"):
            if not (root / f"{name}.made").exists():
                shutil.rmtree(root / name, ignore_errors=True)
                make(root / name)
                (root / f"{name}.made").touch()
        return root / name

    return find


@pytest.fixture(scope="session")
def base(tmp_path_factory) -> Callable[[str], Path]:
    """Answers the folder of a little model of a family, drawn at random; each is made once."""
    made: dict[str, Path] = {}

    def find(family: str) -> Path:
        if family not in made:
            made[family] = make_models.make(family, tmp_path_factory.mktemp("models") / family)
        return made[family]

    return find


@pytest.fixture(scope="session")
def summarizing(tmp_path_factory) -> Callable[[Path], Project]:
    """Makes a project of 25 short notes with their summaries, tokenised for the model in a folder."""
    path = tmp_path_factory.mktemp("notes") / "notes.jsonl"
    notes = [
        {
            "text": f"El taller número {n} abre a las {n % 12} en la plaza. Hay mate y sillas.",
            "summary": f"Abre el taller {n}.",
        }
        for n in range(25)
    ]
    path.write_text("".join(json.dumps(note) + "\n" for note in notes), encoding="utf-8")

    def make(model: Path, max_length: int = 64) -> Project:
        root = tmp_path_factory.mktemp("summaries")
        project = projects.create(root, "Notas", "es", task="summarize", model=str(model))
        stages.load_texts(project, sources.open_source(str(path), "es"))
        stages.prepare(project)
        encode.encode(project, max_length)
        return projects.open_project(root, project.id)

    return make
