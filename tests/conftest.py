"""What every test stands on: a workspace of its own, and a project with the sample in it."""

import pytest

from core import project as projects
from core.data import stages
from core.project import Project
from core.tokens import encode


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    folder = tmp_path / "workspace"
    monkeypatch.setenv("LLMS_WORKSPACE", str(folder))
    return folder


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
            project, stages.open_source({"write": "sample:poems", "summarize": "sample:notes"}[task], "es")
        )
        stages.prepare(project)
        encode.encode(project)
        return project

    return make
