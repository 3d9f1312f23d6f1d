import pytest
from hub_server import point_at
from jobs_server import TOKEN, renting

from core.training import plan, runs


@pytest.fixture
def service(tmp_path, monkeypatch):
    with renting(tmp_path / "service") as server:
        point_at(monkeypatch, server, tmp_path / "hf")
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr("core.remote.away.POLL_SECONDS", 0.3)
        yield server


@pytest.fixture
def run(loaded):
    project = loaded()
    return runs.create(project, plan.settings(project, "quick").changed({"max_steps": 3, "evaluations": 1}), "Anoche")
