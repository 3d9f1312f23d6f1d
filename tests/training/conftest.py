import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from following import ended, only_run, train_here

from core import project as projects
from core import storage
from core.data import sources, stages
from core.project import Project
from core.tokens import encode
from core.training import plan, runs
from core.training.runs import Run

SEASONS = ("enero", "abril", "julio", "octubre", "el deshielo", "la siega", "la feria", "el domingo")
KEEPERS = (
    "la costurera",
    "el panadero",
    "mi tía Elvira",
    "el cartero",
    "la maestra",
    "el barquero",
    "don Ramón",
)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Workers of these tests compute with one thread: two that wait for each other crawl on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="session")
def verses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of fifty short texts."""
    path = tmp_path_factory.mktemp("texts") / "verses.jsonl"
    lines = [
        f"Número {n}, dijo {KEEPERS[n % 7]},\nya llega {SEASONS[n % 8]}:\n"
        + "cierren bien la puerta\n" * (n % 3)
        + "y a dormir."
        for n in range(50)
    ]
    path.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def new_project(verses: Path) -> Callable[..., Project]:
    """Makes a project of those texts, prepared and cut in tokens: 40 to train, 5 to validate, 5 to test."""

    def make(workspace: Path, model: str = "classroom") -> Project:
        project = projects.create(workspace, "verses", "es", model=model)
        stages.load_texts(project, sources.open_source(str(verses), "es"))
        stages.prepare(project)
        encode.encode(project)
        return projects.open_project(workspace, project.id)

    return make


@pytest.fixture(scope="session")
def project(new_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="session")
def new_run() -> Callable[..., Run]:
    """Makes a run of 30 steps, five to the epoch, looked at (and kept) at steps 8, 16, 24 and 30."""

    def make(project: Project, **changes: object) -> Run:
        few = {"max_steps": 30, "evaluations": 4, "batch_size": 8, **changes}
        return runs.create(project, plan.settings(project, "quick").changed(few), prompt="Número")

    return make


@pytest.fixture(scope="session")
def finished_run(new_project: Callable[..., Project], new_run: Callable[..., Run], made_once) -> Run:
    """A run of thirty steps, in a process of its own, that nothing disturbed. Never written to."""

    def make(folder: Path) -> None:
        run = new_run(new_project(folder))
        runs.start(run)
        assert ended(run)["status"] == "finished", (run.folder / "log.txt").read_text(encoding="utf-8")

    return only_run(made_once("finished_run", make))


@pytest.fixture(scope="session")
def impatient_run(new_project: Callable[..., Project], new_run: Callable[..., Run], made_once) -> Run:
    """A run that patience stopped in mid-epoch, some evaluations after its best. Never written to."""

    def make(folder: Path) -> None:
        run = new_run(
            new_project(folder),
            max_steps=60, evaluations=20, patience=2, learning_rate=0.01, schedule="constant", warmup_share=0,
        )  # fmt: skip  # steps too large to settle, on whatever processor
        assert train_here(run)["status"] == "finished"

    return only_run(made_once("impatient_run", make))


@pytest.fixture(scope="session")
def tell() -> Callable[..., None]:
    """Writes what a run's process would have told: its curve and how it ended."""

    def write(run: Run, base: float, validation: list[float], train: list[float] = (), **state: object) -> None:
        kinds = {"base": [base], "validation": validation, "train": train}
        first = {"base": 0, "validation": 10, "train": 1}
        lines = [
            {"kind": kind, "step": first[kind] + place * max(1, first[kind]), "loss": loss}
            for kind, losses in kinds.items()
            for place, loss in enumerate(losses)
        ]
        run.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        storage.write_json(run.folder / "state.json", {"status": "finished", "error": None, **state})

    return write


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for two checkpoints of 6 MB and not for a third."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only the administrator of a Linux machine can mount a small disk")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=14m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)
