"""One run on two processes of this computer, by the commands of core/training/many/README.md."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from following import slow
from safetensors.torch import load_file

from core import classroom, processes, storage
from core.data import table
from core.errors import LessonError
from core.generation import loaded as models
from core.generation.score import Score, score
from core.project import Project
from core.training import runs, verdict, watch, worker
from core.training.runs import PAUSE, Run

MANY = processes.ROOT / "core" / "training" / "many"
TOLERANCE = 1e-5  # nats a token: only the order of sums may differ. Measured: 0; with the model shared out, 4e-7
WEIGHTS = 1e-4  # of a largest weight of about 0.1. Measured: 0
# 40 texts are five batches of 8: two processes, or two gathered batches, take three updates an epoch, the last a
# half one. Looked at after 5, 10 and 15 of them; no stop falls there or between two epochs.
FEW = {
    "max_steps": 15, "evaluations": 3, "batch_size": 8, "lora_dropout": 0, "precision": "fp32",
    "schedule": "constant", "warmup_share": 0,
}  # fmt: skip


def launch(configuration: Path, run: Run, *program: object) -> subprocess.Popen:
    """Starts `accelerate launch`, as its command does."""
    accelerate = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch"]
    return start([*accelerate, "--config_file", configuration, *(program or ("-m", "core")), "train", run.folder], run)


def start(command: list, run: Run) -> subprocess.Popen:
    environment = {**os.environ, "LLMS_LANGUAGE": "es", "PYTHONPATH": str(processes.ROOT)}
    with (run.folder / "log.txt").open("ab") as log:
        return subprocess.Popen(list(map(str, command)), cwd=processes.ROOT, stdout=log, stderr=log, env=environment)


def wait(condition: Callable[[], object], launcher: subprocess.Popen) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert launcher.poll() is None, "it ended before"
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def has_trained(run: Run, step: int) -> Callable[[], bool]:
    return lambda: any(r["step"] == step for r in storage.read_json_lines(run.metrics) if r["kind"] == "train")


def process(launcher: subprocess.Popen, number: int) -> psutil.Process:
    children = psutil.Process(launcher.pid).children(recursive=True)
    return next(child for child in children if child.environ().get("RANK") == str(number))


def told(run: Run) -> dict[tuple[str, int], float]:
    """Answers all losses, by kind and step, as they were told last."""
    return {(record["kind"], record["step"]): record["loss"] for record in storage.read_json_lines(run.metrics)}


def largest_difference(one: Run, other: Run) -> float:
    losses, others = told(one), told(other)
    assert losses.keys() == others.keys()
    return max(abs(losses[key] - others[key]) for key in losses)


def distance(one: Run, other: Run) -> float:
    """The largest difference between any two corresponding weights of their adapters."""
    weights, others = (load_file(run.adapter / "adapter_model.safetensors") for run in (one, other))
    assert weights.keys() == others.keys()
    return max(float((weights[name] - others[name]).abs().max()) for name in weights)


@dataclass
class Story:
    """What was seen of one run of two processes at each turn of its life: the launcher's status, the run's state."""

    run: Run
    copy: Run
    codes: dict[str, int] = field(default_factory=dict)
    states: dict[str, dict] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def keep(self, turn: str, launcher: subprocess.Popen, run: Run) -> None:
        self.codes[turn] = launcher.wait(timeout=300)
        self.states[turn] = processes.read_state(run.folder)
        log = run.folder / "log.txt"
        self.said[turn] = log.read_text(encoding="utf-8")
        log.write_text("")


@pytest.fixture(scope="module")
def alone(project: Project, new_run: Callable[..., Run]) -> Run:
    """A run of one process that gathers two batches for each update."""
    run = new_run(project, **FEW, gradient_accumulation_steps=2)
    worker.train(run)
    return run


@pytest.fixture(scope="module")
def story(project: Project, new_run: Callable[..., Run]) -> Story:
    """A run of two processes that is paused, and continued."""
    run = new_run(project, **FEW)
    story = Story(run, Run(project.runs / "run-2000"))

    launcher = launch(MANY / "ddp_cpu.yaml", run)
    wait(has_trained(run, 6), launcher)
    runs.ask(run, PAUSE)
    story.keep("paused", launcher, run)
    shutil.copytree(run.folder, story.copy.folder)

    story.keep("continued", torchrun(2, run), run)
    return story


@pytest.fixture(scope="module")
def lost(story: Story, project: Project) -> Story:
    """The paused run, continued by two processes of which one is killed, by three, and then to its end by two."""
    lost = Story(Run(project.runs / "run-3000"), story.copy)
    shutil.copytree(story.copy.folder, lost.run.folder)

    launcher = launch(MANY / "ddp_cpu.yaml", lost.run)
    wait(has_trained(lost.run, 11), launcher)
    process(launcher, 1).kill()
    lost.keep("killed", launcher, lost.run)

    lost.keep("three", torchrun(3, lost.run), lost.run)
    lost.keep("continued", torchrun(2, lost.run), lost.run)
    return lost


def torchrun(processes_at_work: int, run: Run) -> subprocess.Popen:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", processes_at_work]
    return start([*command, "-m", "core", "train", run.folder], run)


def test_two_processes_tell_the_curve_of_one_that_gathers_twice_as_many_batches(story: Story, alone: Run):
    assert story.states["continued"]["status"] == "finished"
    assert len(told(alone)) == 1 + 15 + 3
    assert largest_difference(story.run, alone) < TOLERANCE


def test_they_learn_the_same_adapter_and_come_to_the_same_verdict(story: Story, alone: Run):
    assert distance(story.run, alone) < WEIGHTS
    judged, expected = verdict.read(story.run), verdict.read(alone)
    assert judged.code == expected.code == "learned"
    assert judged.fall == pytest.approx(expected.fall, abs=TOLERANCE)


def test_only_the_main_process_writes(story: Story, alone: Run):
    steps = [record["step"] for record in storage.read_json_lines(story.run.metrics) if record["kind"] == "train"]
    assert steps == list(range(1, 16))
    assert watch.samples(story.run) == watch.samples(alone)
    assert [record["step"] for record in storage.read_json_lines(story.run.samples)] == [0, 5, 10, 15]
    assert {path.name for path in story.run.folder.iterdir()} == {path.name for path in alone.folder.iterdir()} | {
        "log.txt"
    }


def test_a_pause_ends_both_at_the_same_step_and_well(story: Story):
    assert story.codes["paused"] == 0
    state = story.states["paused"]
    assert state["status"] == "paused"
    assert 6 < state["step"] < 10
    assert (story.copy.checkpoints / f"checkpoint-{state['step']}" / "rng_state_1.pth").is_file()


@slow
def test_a_process_that_is_lost_ends_the_run_and_the_run_says_so(lost: Story):
    assert lost.codes["killed"] == 1
    state = lost.states["killed"]
    assert state["status"] in ("failed", "died")
    if state["status"] == "failed":
        assert state["error"] == {"code": "process_lost", "facts": {"now": "2"}}


@slow
def test_what_was_trained_twice_after_a_loss_is_told_twice_and_nothing_else(lost: Story, alone: Run):
    steps = [record["step"] for record in storage.read_json_lines(lost.run.metrics) if record["kind"] == "train"]
    assert {step for step in steps if steps.count(step) > 1} <= {11, 12, 13, 14}
    assert largest_difference(lost.run, alone) < TOLERANCE
    assert distance(lost.run, alone) < WEIGHTS


@slow
def test_as_many_processes_as_do_not_divide_its_texts_are_refused_by_all_in_one_sentence(lost: Story):
    assert lost.codes["three"] == 1
    assert "exitcode  : 2" in lost.said["three"]
    assert lost.said["three"].count("No se puede repartir ese entrenamiento entre 3 procesos.") == 1
    assert lost.states["three"] == lost.states["killed"]


def test_what_two_began_one_goes_on_with_and_learns_the_same(story: Story, alone: Run):
    assert worker.train(story.copy)["status"] == "finished"
    assert largest_difference(story.copy, alone) < TOLERANCE
    assert distance(story.copy, alone) < WEIGHTS


@slow
def test_a_model_that_is_shared_out_learns_the_same(project: Project, new_run: Callable[..., Run], alone: Run):
    """Its first five steps; the rate is constant, so they are those of the longer run."""
    run = new_run(project, **FEW | {"max_steps": 5, "evaluations": 1})
    launcher = launch(MANY / "fsdp.yaml", run, Path(__file__).with_name("cpu_fsdp.py"))
    assert launcher.wait(timeout=300) == 0
    assert processes.read_state(run.folder)["status"] == "finished"
    assert (run.checkpoints / "checkpoint-5" / "pytorch_model_fsdp.bin").is_file()
    losses, others = told(run), told(alone)
    assert len(losses) == 1 + 5 + 1
    assert max(abs(loss - others[key]) for key, loss in losses.items()) < TOLERANCE
    assert watch.samples(run) == watch.samples(alone)[:2]
    assert verdict.read(run).code == "learned"

    whole = models.load(classroom.MODEL, run.adapter, precision="fp32")
    kept = sum(score(whole.model, table.rows(run.tokens / "validation")), Score(0.0, 0, 0))
    assert kept.loss == pytest.approx(losses["validation", 5], abs=TOLERANCE)

    storage.write_json(run.folder / "state.json", {**processes.read_state(run.folder), "status": "paused"})
    with pytest.raises(LessonError, match="run_is_sharded"):
        worker.train(run)
