"""Following a run from outside, as the tests do: what it says, what it has told, what it kept."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core import processes, storage
from core import project as projects
from core.errors import LessonError
from core.training import runs, worker
from core.training.runs import Run

# What takes long and seldom breaks is checked by hand: `LLMS_SLOW=1 python3 -m core test`.
slow = pytest.mark.skipif(not os.environ.get("LLMS_SLOW"), reason="slow: asked for with LLMS_SLOW=1")


LEFT_AT_THE_END = {
    "settings.json", "state.json", "metrics.jsonl", "samples.jsonl", "log.txt", "worker.lock",
    ".folders.lock", "before.json", "after.json", "verdict.json", "data", "checkpoints", "adapter",
}  # fmt: skip
TRUE_WITHIN = 5  # seconds


def status(run: Run) -> str:
    return processes.read_state(run.folder)["status"]


def wait(condition: Callable[[], object], seconds: float = 200) -> None:
    """Waits for what a process should do soon; looks often, since a step takes a twentieth of a second."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.004)


def ended(run: Run) -> dict:
    """Waits until a run's process is no longer at work. Answers its state."""
    wait(lambda: status(run) not in processes.ACTIVE)
    return processes.read_state(run.folder)


def only_run(workspace: Path) -> Run:
    """Answers the one run of a workspace's one project."""
    (project,) = projects.list_projects(workspace)
    (run,) = runs.list_runs(project)
    return run


def train_here(run: Run, finish: bool = False) -> dict:
    """Trains in this process, where no process of its own is asked for: loading the libraries takes longer than the
    few steps of these runs. Answers the run's state, also where it failed."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        worker.train(run, finish)
    except LessonError as error:
        assert processes.read_state(run.folder)["error"]["code"] == error.code  # noqa: PT017
    finally:
        signal.signal(signal.SIGTERM, before)
    return processes.read_state(run.folder)


def told(run: Run, kind: str) -> list[int]:
    return [record["step"] for record in storage.read_json_lines(run.metrics) if record["kind"] == kind]


def has_trained(run: Run, step: int) -> Callable[[], bool]:
    return lambda: step in told(run, "train") or status(run) not in processes.ACTIVE


def send(run: Run, number: int) -> None:
    os.kill(processes.read_state(run.folder)["pid"], number)


def weights(run: Run) -> dict[str, torch.Tensor]:
    assert run.weights, "it has not ended"
    return load_file(run.weights)


def distance(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """The largest difference between any two corresponding weights."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)


def kept(run: Run) -> set[str]:
    return {folder.name for folder in run.checkpoints.iterdir()}


def command(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=processes.ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, "LLMS_LANGUAGE": "es"},
    )  # fmt: skip
