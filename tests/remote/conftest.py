import json
import shutil
from pathlib import Path

import pytest
from hub_server import COMMIT, FILES, Repository, facts, point_at
from jobs_server import TOKEN, renting

from core import project as projects
from core.classroom import MODEL
from core.data import sources, stages
from core.tokens import encode
from core.training import plan, runs


@pytest.fixture
def service(tmp_path, monkeypatch):
    with renting(tmp_path / "service") as server:
        server.repositories["models"]["ana/base"] = Repository(
            FILES, facts=facts(gated="auto"), closed=True, token=TOKEN
        )
        point_at(monkeypatch, server, tmp_path / "hf")
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr("core.remote.away.POLL_SECONDS", 0.3)
        yield server


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """Forty short texts, tokenised. Never written to."""
    path = tmp_path_factory.mktemp("texts") / "coplas.jsonl"
    lines = [{"text": f"Copla {n}: el río de la tarde\nllega hasta la puerta {n * n}"} for n in range(40)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    project = projects.create(tmp_path_factory.mktemp("workspace"), "Coplas", "es")
    stages.load_texts(project, sources.open_source(str(path), "es"))
    stages.prepare(project)
    encode.encode(project)
    return project


@pytest.fixture
def new_run(project, workspace):
    """Makes a run of three steps."""

    def make(**changes):
        mine = Path(shutil.copytree(project.folder, workspace / project.id, dirs_exist_ok=True))
        few = {"max_steps": 3, "evaluations": 1, **changes}
        settings = plan.settings(project, "quick").changed(few)
        return runs.create(projects.open_project(workspace, mine.name), settings, "Copla")

    return make


@pytest.fixture
def run(new_run):
    return new_run()


@pytest.fixture
def run_of_the_hub(new_run, tmp_path):
    """A run whose base model came from the Hub, which gives it only to who was let in."""
    run = new_run()
    runs.base_is_at(run, shutil.copytree(MODEL, tmp_path / "snapshots" / COMMIT))
    content = json.loads((run.folder / "settings.json").read_text())
    (run.folder / "settings.json").write_text(json.dumps(content | {"model": "ana/base"}))
    return run
