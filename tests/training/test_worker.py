"""Runs in real processes: finished, paused, told to end, killed, continued, queued, broken."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import torch
from following import (
    LEFT_AT_THE_END,
    command,
    distance,
    ended,
    has_trained,
    kept,
    send,
    status,
    told,
    train_here,
    wait,
    weights,
)  # fmt: skip
from safetensors.torch import load_file, save_file

from core import classroom, processes, storage
from core.data import table
from core.errors import LessonError
from core.project import Project
from core.training import checkpoints, engine, runs, watch, worker
from core.training.runs import FINISH, PAUSE, Run

# ------------------------------------------------------------------------------------------ a run that finishes


def test_a_finished_run_says_how_it_went(finished_run: Run):
    state = processes.read_state(finished_run.folder)
    assert state["status"] == "finished"
    assert state["error"] is None
    assert (state["step"], state["steps"]) == (30, 30)
    assert state["train_seconds"] > 0
    assert state["tokens_trained"] > 0
    assert state["peak_memory_mb"] > 100
    assert state["precision"] in ("bf16", "fp32")
    assert state["trainable_parameters"] == sum(tensor.numel() for tensor in weights(finished_run).values())


def test_the_untouched_model_is_measured_and_heard_before_the_first_step(finished_run: Run):
    first, second, *_ = storage.read_json_lines(finished_run.metrics)
    assert (first["kind"], first["step"]) == ("base", 0)
    assert (second["kind"], second["step"]) == ("train", 1)
    assert watch.curve(finished_run).base == first["loss"]
    assert watch.samples(finished_run)[0]["step"] == 0


def test_every_step_has_its_loss_and_every_evaluation_its_sample(finished_run: Run):
    assert told(finished_run, "train") == list(range(1, 31))
    assert told(finished_run, "validation") == [8, 16, 24, 30]
    assert [sample["step"] for sample in watch.samples(finished_run)] == [0, 8, 16, 24, 30]
    assert all(sample["text"].strip() for sample in watch.samples(finished_run))


def test_it_learned(finished_run: Run):
    curve = watch.curve(finished_run)
    assert curve.best[1] < curve.base - 0.5


def test_the_adapter_lies_in_pefts_layout_and_tells_nothing_of_this_machine(finished_run: Run):
    assert {path.name for path in finished_run.adapter.iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    config = json.loads((finished_run.adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert (config["peft_type"], config["task_type"], config["r"]) == ("LORA", "CAUSAL_LM", 16)
    assert config["base_model_name_or_path"] == "classroom"
    assert str(processes.ROOT) not in json.dumps(config)
    assert {tensor.dtype for tensor in weights(finished_run).values()} == {torch.float32}


def test_peft_alone_loads_the_adapter_and_it_gives_the_best_validation_loss_again(finished_run: Run):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from core.generation.score import Score, score

    precision = finished_run.settings().precision
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[precision]
    base = AutoModelForCausalLM.from_pretrained(classroom.MODEL, dtype=dtype)
    model = PeftModel.from_pretrained(base, finished_run.adapter)
    total = sum(score(model, table.rows(finished_run.tokens / "validation")), Score(0.0, 0, 0))
    rounded = 5e-3 if precision == "bf16" else 1e-3  # in bf16 the rows beside a row round it otherwise
    assert total.loss == pytest.approx(watch.curve(finished_run).best[1], abs=rounded)


def test_nothing_half_written_or_asked_stays_behind(finished_run: Run):
    assert {path.name for path in finished_run.folder.iterdir()} == LEFT_AT_THE_END
    assert "Traceback" not in (finished_run.folder / "log.txt").read_text(encoding="utf-8")


def test_a_finished_run_is_not_trained_again(finished_run: Run):
    before = (finished_run.folder / "state.json").read_bytes()
    with pytest.raises(LessonError) as refused:
        runs.start(finished_run)
    assert refused.value.code == "run_is_finished"
    with pytest.raises(LessonError) as refused:
        worker.train(finished_run)
    assert refused.value.code == "run_is_finished"
    assert (finished_run.folder / "state.json").read_bytes() == before


# ------------------------------------------------------------------------------------------ a run that is disturbed


@dataclass
class Story:
    """What was seen of one run at each turn of its life."""

    run: Run
    copy: Run
    states: dict[str, dict] = field(default_factory=dict)
    refusal: subprocess.CompletedProcess | None = None


@pytest.fixture(scope="module")
def disturbed(project: Project, new_run: Callable[..., Run]) -> Story:
    """A run that is paused, told to end, killed, and each time continued. No stop falls on an evaluation."""
    run = new_run(project)
    story = Story(run, Run(project.runs / "run-1000"))

    runs.start(run)
    wait(has_trained(run, 9))
    runs.ask(run, PAUSE)
    story.states["paused"] = ended(run)
    shutil.copytree(run.folder, story.copy.folder)

    runs.start(run)
    wait(lambda: status(run) == "loading")
    before = processes.read_state(run.folder)["pid"]
    story.refusal = command("train", run.folder)
    assert processes.read_state(run.folder)["pid"] == before
    wait(has_trained(run, 17))
    send(run, signal.SIGTERM)
    story.states["told to end"] = ended(run)

    # As a person does it who continues from the command line, with the old request still lying there.
    child = subprocess.Popen(
        [sys.executable, "-m", "core", "train", str(run.folder)],
        cwd=processes.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait(lambda: status(run) in processes.ACTIVE)
    wait(has_trained(run, 25))
    send(run, signal.SIGKILL)
    child.wait()
    story.states["killed"] = ended(run)

    story.states["continued"] = train_here(run)
    return story


def test_a_pause_keeps_the_very_step(disturbed: Story):
    state = disturbed.states["paused"]
    assert state["status"] == "paused"
    assert 9 < state["step"] < 16
    assert f"checkpoint-{state['step']}" in kept(disturbed.copy)
    assert not disturbed.copy.adapter.exists()


def test_a_pause_is_no_evaluation(disturbed: Story):
    assert told(disturbed.copy, "validation") == [8]


def test_sigterm_is_a_pause(disturbed: Story):
    state = disturbed.states["told to end"]
    assert state["status"] == "paused"
    assert 17 < state["step"] < 24


def test_a_killed_run_is_known_to_have_died(disturbed: Story):
    assert disturbed.states["killed"]["status"] == "died"
    assert 24 <= disturbed.states["killed"]["step"] < 30


def test_a_second_worker_on_the_same_run_is_refused_in_one_line(disturbed: Story):
    assert disturbed.refusal.returncode == 2
    assert disturbed.refusal.stdout == ""
    assert disturbed.refusal.stderr.count("\n") == 1
    assert disturbed.refusal.stderr.startswith("Ya hay un proceso trabajando en eso.")


def test_a_disturbed_run_ends_with_the_very_weights_of_an_undisturbed_one(disturbed: Story, finished_run: Run):
    """On a CPU the tolerance is none: every weight is the same number."""
    assert disturbed.states["continued"]["status"] == "finished"
    assert distance(weights(disturbed.run), weights(finished_run)) == 0


def test_a_disturbed_run_tells_the_same_curve_and_the_same_samples(disturbed: Story, finished_run: Run):
    assert watch.curve(disturbed.run) == watch.curve(finished_run)
    assert watch.samples(disturbed.run) == watch.samples(finished_run)


def test_time_and_tokens_add_up_over_the_stops(disturbed: Story, finished_run: Run):
    seconds = [disturbed.states[turn]["train_seconds"] for turn in ("paused", "told to end", "killed", "continued")]
    assert seconds == sorted(seconds)
    whole = processes.read_state(finished_run.folder)
    assert disturbed.states["continued"]["tokens_trained"] == whole["tokens_trained"]


def test_a_run_goes_on_from_the_checkpoint_before_a_broken_one(disturbed: Story, finished_run: Run):
    run, last = disturbed.copy, f"checkpoint-{disturbed.states['paused']['step']}"
    assert {"checkpoint-8", last} == kept(run)
    broken = run.checkpoints / last / "optimizer.pt"
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    assert train_here(run)["status"] == "finished"
    assert distance(weights(run), weights(finished_run)) == 0


@pytest.mark.parametrize(
    "name",
    ["adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json"],
)
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "one wrong byte"])
def test_a_checkpoint_with_a_broken_file_does_not_count(finished_run: Run, tmp_path: Path, name: str, damage: str):
    run = Run(tmp_path / "run-1")
    shutil.copytree(finished_run.checkpoints, run.checkpoints)
    assert checkpoints.last(run).name == "checkpoint-30"
    path = run.checkpoints / "checkpoint-30" / name
    content = path.read_bytes()
    path.unlink()
    half = len(content) // 2
    left = {"cut": content[:half], "empty": b"", "one wrong byte": content[:half] + b"\xff\xfe" + content[half + 2 :]}
    if damage in left:
        path.write_bytes(left[damage])
    assert checkpoints.last(run).name == "checkpoint-24"
    assert kept(run) == {"checkpoint-24"}


# ------------------------------------------------------------------------------------------ a run that ends early


def test_finishing_early_evaluates_there_and_keeps_an_adapter(project: Project, new_run: Callable[..., Run]):
    run = new_run(project, max_steps=2000)
    runs.start(run)
    wait(has_trained(run, 3))
    runs.ask(run, FINISH)
    state = ended(run)
    assert state["status"] == "finished"
    assert 3 < state["step"] < 500
    assert told(run, "validation") == [state["step"]]
    saved = load_file(run.checkpoints / f"checkpoint-{state['step']}" / "adapter_model.safetensors")
    assert distance(weights(run), saved) == 0


def test_a_run_that_reaches_its_minutes_on_a_shared_server_ends_with_the_best_it_had(
    project: Project, new_run: Callable[..., Run]
):
    run = new_run(project, max_steps=2000)
    storage.write_json(run.folder / "settings.json", run.record() | {"most_minutes": 0.02})
    runs.start(run)
    state = ended(run)
    assert (state["status"], state["over_time"]) == ("finished", True)
    assert state["step"] < 500
    assert told(run, "validation") == [state["step"]]
    assert run.weights


def test_patience_stops_a_run_that_no_longer_improves_and_keeps_its_best(impatient_run: Run):
    best = watch.curve(impatient_run).best[0]
    assert processes.read_state(impatient_run.folder)["step"] == best + 2 * 3 < 60
    saved = load_file(impatient_run.checkpoints / f"checkpoint-{best}" / "adapter_model.safetensors")
    assert distance(weights(impatient_run), saved) == 0


# ------------------------------------------------------------------------------------------ too little memory


def test_where_memory_does_not_suffice_it_reads_fewer_texts_at_a_time_and_learns_the_same(
    project: Project, new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
):
    few = {"max_steps": 6, "evaluations": 2}
    run, smaller = (
        new_run(project, batch_size=8, **few),
        new_run(project, batch_size=2, gradient_accumulation_steps=4, **few),
    )
    whole = engine.collate

    def allocator(rows, pad_id, multiple):
        if len(rows) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return whole(rows, pad_id, multiple)

    monkeypatch.setattr(engine, "collate", allocator)
    for one in (run, smaller):
        assert train_here(one)["status"] == "finished"
    assert run.reshaped() == {"batch_size": 2, "gradient_accumulation_steps": 4}
    assert distance(weights(run), weights(smaller)) == 0


def test_where_not_even_one_text_fits_the_run_fails_and_says_so(
    project: Project, new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
):
    def allocator(rows, pad_id, multiple):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(engine, "collate", allocator)
    run = new_run(project, batch_size=4, max_steps=2, evaluations=1)
    assert train_here(run)["error"]["code"] == "out_of_memory"
    assert run.settings().batch_size == 1


# ------------------------------------------------------------------------------------------ a run that fails


def copy_model(folder: Path, change: Callable[[dict[str, torch.Tensor]], dict], **config: object) -> str:
    """Copies the classroom model with changed weights and configuration. Answers its folder."""
    shutil.copytree(classroom.MODEL, folder)
    tensors = change(load_file(folder / "model.safetensors"))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**settings, **config}), encoding="utf-8")
    return str(folder)


def test_a_model_whose_weights_are_no_numbers_fails_before_training(
    new_project: Callable[..., Project], new_run: Callable[..., Run], tmp_path: Path
):
    def spoil(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        tensors["model.norm.weight"][:] = float("nan")
        return tensors

    run = new_run(new_project(tmp_path / "workspace", copy_model(tmp_path / "my-model", spoil)))
    state = train_here(run)
    assert state["status"] == "failed"
    assert state["error"] == {"code": "broken_model", "facts": {"folder": "my-model", "file": "NaN"}}
    assert not run.adapter.exists()
    assert told(run, "base") == []


def test_a_run_that_diverges_stops_at_that_step_and_says_so(
    new_project: Callable[..., Project], new_run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture
):
    """The model is sound but for the embedding of one token, that only training texts have."""
    probe = new_project(tmp_path / "probe")
    ids = {
        part: {i for row in table.rows(probe.tokens / part) for i in row["input_ids"]}
        for part in ("train", "validation")
    }
    only_in_training = max(ids["train"] - ids["validation"])

    def spoil(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
        tensors["model.embed_tokens.weight"][only_in_training] = float("nan")
        return tensors

    model = copy_model(tmp_path / "my-model", spoil, tie_word_embeddings=False)
    run = new_run(new_project(tmp_path / "workspace", model), evaluations=1, learning_rate=0.01)
    state = train_here(run)
    assert state["status"] == "failed"
    assert state["error"]["code"] == "training_diverged"
    assert state["error"]["facts"]["learning_rate"] == 0.01
    assert int(state["error"]["facts"]["step"]) == len(told(run, "train")) + 1 <= 5, (
        "all texts are read within five steps"
    )
    assert not run.adapter.exists()
    assert "Traceback" not in capsys.readouterr().err


def test_a_disk_that_fills_up_is_said_and_the_run_goes_on_once_there_is_room(
    small_disk: Path, new_project: Callable[..., Project], new_run: Callable[..., Run], finished_run: Run
):
    run = new_run(new_project(small_disk))
    runs.start(run)
    state = ended(run)
    assert state["status"] == "failed"
    assert state["error"]["code"] == "disk_full"
    assert kept(run) == {"checkpoint-8", "checkpoint-16"}
    assert checkpoints.last(run).name == "checkpoint-16"
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert train_here(run)["status"] == "finished"
    assert distance(weights(run), weights(finished_run)) == 0


def test_a_disk_that_others_have_filled_to_the_last_byte_is_said_too(
    small_disk: Path, new_project: Callable[..., Project], new_run: Callable[..., Run]
):
    run = new_run(new_project(small_disk), max_steps=2000)
    runs.start(run)
    wait(has_trained(run, 3))
    with (small_disk / "film").open("wb", buffering=0) as film, pytest.raises(OSError, match="No space left"):
        while True:
            film.write(b"\0" * 4096)
    state = ended(run)
    assert state["status"] == "failed"
    assert state["error"]["code"] == "disk_full"


# ------------------------------------------------------------------------------------------ several runs


def test_runs_of_a_workspace_wait_in_line_and_know_their_place(
    new_project: Callable[..., Project], new_run: Callable[..., Run], tmp_path: Path
):
    first, second = new_project(tmp_path), new_project(tmp_path)
    at_work, next_up, last = new_run(first, max_steps=2000), new_run(second), new_run(first)

    def place(run: Run) -> tuple[str, int | None]:
        state = processes.read_state(run.folder)
        return state["status"], state.get("ahead")

    try:
        runs.start(at_work)
        wait(lambda: status(at_work) in ("loading", "running"))
        runs.start(next_up)
        wait(lambda: place(next_up) == ("waiting", 1))
        runs.start(last)
        wait(lambda: place(last) == ("waiting", 2))

        send(last, signal.SIGTERM)
        assert ended(last)["status"] == "paused", "whoever waits can be told to end"
        runs.start(last)
        wait(lambda: place(last) == ("waiting", 2))
        runs.ask(last, PAUSE)
        assert ended(last)["status"] == "paused", "and can be asked to pause"

        send(at_work, signal.SIGKILL)
        wait(lambda: status(next_up) in ("loading", "running"))
        assert status(at_work) == "died"
    finally:
        for run in (at_work, next_up, last):
            processes.kill(run.folder)


def test_starting_a_run_that_is_at_work_starts_nothing(
    new_project: Callable[..., Project], new_run: Callable[..., Run], tmp_path: Path
):
    run = new_run(new_project(tmp_path), max_steps=2000)
    runs.start(run)
    try:
        pid = processes.read_state(run.folder)["pid"]
        children = {child.pid for child in psutil.Process().children()}
        runs.start(run)
        assert processes.read_state(run.folder)["pid"] == pid
        assert {child.pid for child in psutil.Process().children()} <= children
    finally:
        processes.kill(run.folder)
