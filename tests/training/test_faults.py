"""What befalls a run from outside: it is stopped, doubled, its clock jumps, its disk fills up or forgets."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import torch
from following import (
    TRUE_WITHIN,
    command,
    distance,
    ended,
    has_trained,
    kept,
    send,
    slow,
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
from core.training import checkpoints, runs, verdict, watch
from core.training.order import LikeLengths
from core.training.runs import PAUSE, Run


def as_if_killed(run: Run, folder: Path) -> Run:
    """Copies a finished run to another place, as it would lie there had it been killed just before its last words."""
    copy = Run(folder)
    shutil.copytree(run.folder, copy.folder)
    shutil.rmtree(copy.adapter)
    (copy.folder / "verdict.json").unlink()
    state = storage.load_json(copy.folder / "state.json")
    storage.write_json(copy.folder / "state.json", {**state, "status": "running", "born": "before"})
    return copy


def saved(run: Run, checkpoint: str) -> dict[str, torch.Tensor]:
    return load_file(run.checkpoints / checkpoint / "adapter_model.safetensors")


# ------------------------------------------------------------------------------------------ killed while it ends


@pytest.mark.parametrize("kind", ["it had lost patience", "its last step was in mid-epoch"])
def test_a_run_that_is_killed_while_it_ends_takes_no_further_step(
    project: Project, new_run: Callable[..., Run], impatient_run: Run, kind: str, tmp_path: Path
):
    if kind == "it had lost patience":
        whole = impatient_run
    else:  # five steps to the epoch
        whole = new_run(project, max_steps=8, evaluations=2)
        train_here(whole)
    run = as_if_killed(whole, tmp_path / "project" / "runs" / "run-1")
    assert status(run) == "died"
    assert train_here(run)["status"] == "finished"
    assert told(run, "train") == told(whole, "train")
    assert processes.read_state(run.folder)["step"] == processes.read_state(whole.folder)["step"]
    assert distance(weights(run), weights(whole)) == 0
    assert verdict.read(run) == verdict.read(whole)


# ------------------------------------------------------------------------------------------ the disk forgets


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("which", ["last", "best"])
def test_a_checkpoint_with_one_wrong_byte_in_its_weights_is_not_built_upon(
    impatient_run: Run, which: str, tmp_path: Path
):
    """Nothing in a file of weights says that a number in it is another than it was."""
    run = as_if_killed(impatient_run, tmp_path / "project" / "runs" / "run-1")
    last = checkpoints.last(run)
    damaged = last if which == "last" else checkpoints.best(last)
    assert last != checkpoints.best(last)
    flip_a_byte(damaged / "adapter_model.safetensors")
    assert train_here(run)["status"] == "finished"
    assert distance(weights(run), weights(impatient_run)) == 0
    assert watch.curve(run) == watch.curve(impatient_run)


def damaged(content: bytes, chance: random.Random) -> Iterator[bytes]:
    """What a crash may leave of a file: less of it, nothing, blocks that were never written, somebody else's bytes."""
    yield b""
    yield b"\0" * len(content)
    for _ in range(12):
        cut = chance.randrange(len(content))
        yield content[:cut]
        yield content[:cut] + b"\0" * (len(content) - cut)
        yield content[:cut] + chance.randbytes(40)
        yield content + chance.randbytes(40)
        yield content + b'\n[1]\n7\nnull\n{"kind": "train"}\n{"kind": [], "step": {}, "loss": "x"}\n'


@pytest.mark.parametrize(
    "name",
    ["metrics.jsonl", "samples.jsonl", "state.json", "settings.json", "reshaped.json", "verdict.json", "label.json"],
)
def test_what_a_crash_left_of_a_file_is_read_or_said_never_raised(
    finished_run: Run, project: Project, tmp_path: Path, name: str
):
    run = Run(tmp_path / "project" / "runs" / "run-1")
    shutil.copytree(finished_run.folder, run.folder, ignore=shutil.ignore_patterns("checkpoints", "data", "adapter"))
    storage.write_json(run.folder / "reshaped.json", {"batch_size": 4, "gradient_accumulation_steps": 2})
    runs.set_label(run, runs.Label("mía", "una nota"))
    elsewhere = Project(tmp_path / "project", "id", "name")
    content = (run.folder / name).read_bytes()
    readers: list[Callable[[], object]] = [
        lambda: processes.read_state(run.folder),
        run.record, run.settings, run.reshaped, run.label,
        lambda: watch.curve(run), lambda: watch.samples(run), lambda: verdict.read(run),
        lambda: [one.settings() for one in runs.list_runs(elsewhere)],
    ]  # fmt: skip
    said = set()
    for broken in damaged(content, random.Random(name)):
        (run.folder / name).write_bytes(broken)
        for reader in readers:
            try:
                reader()
            except LessonError as error:
                said.add(error.code)
    assert said == ({"run_not_found"} if name == "settings.json" else set())


def test_one_run_whose_settings_are_lost_does_not_hide_the_others(project: Project, new_run: Callable[..., Run]):
    lost, other = new_run(project), new_run(project)
    path = lost.folder / "settings.json"
    path.write_bytes(b"\0" * path.stat().st_size)
    found = runs.list_runs(project)
    assert other in found
    assert lost not in found


# ------------------------------------------------------------------------------------------ the machine's clock

CLOCK = """
import os, time
from pathlib import Path
import psutil

_time, _boot_time, _by = time.time, psutil._psplatform.boot_time, Path(os.environ["CLOCK_MOVED_BY"])
time.time = lambda: _time() + float(_by.read_text())
psutil._psplatform.boot_time = lambda: _boot_time() + float(_by.read_text())
"""


@pytest.fixture
def move_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of this process, and of those it starts, by so many seconds.

    When a clock is put right, Linux moves with it the time of boot that it tells.
    """
    by = tmp_path / "by"

    def move(seconds: float) -> None:
        storage.write_text(by, str(seconds))

    move(0)
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "clock"))
    monkeypatch.setenv("CLOCK_MOVED_BY", str(by))
    true_time, true_boot = time.time, psutil._psplatform.boot_time
    monkeypatch.setattr(time, "time", lambda: true_time() + float(by.read_text()))
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: true_boot() + float(by.read_text()))
    return move


@slow
def test_a_clock_that_jumps_hides_no_worker_and_makes_no_time_absurd(
    project: Project, new_run: Callable[..., Run], finished_run: Run, move_clock: Callable[[float], None]
):
    began = time.monotonic()
    run = new_run(project)
    runs.start(run)
    pid = processes.read_state(run.folder)["pid"]
    for step, jump in ((2, 86_400), (10, -3 * 86_400), (18, 40), (26, -7000)):
        wait(has_trained(run, step))
        move_clock(jump)
        if step == 10:  # the files of these tests are dated by the true clock, so this one is dated by hand
            os.utime(run.checkpoints / "checkpoint-8", (time.time() + 5 * 86_400,) * 2)
        if step < 26:
            assert status(run) in ("running", "stopping")
            runs.start(run)  # what she would press, were it said to have died
            assert processes.read_state(run.folder)["pid"] == pid
    state = ended(run)
    assert state["status"] == "finished"
    assert 0 < state["train_seconds"] < state["seconds"] < time.monotonic() - began + 2
    assert state["seconds_left"] == 0
    assert kept(run) == {"checkpoint-24", "checkpoint-30"}, "the newest by their steps"
    assert distance(weights(run), weights(finished_run)) == 0


# ------------------------------------------------------------------------------------------ the machine is restarted


@slow
def test_after_a_restart_a_run_has_died_and_goes_on_though_its_number_lives(
    project: Project, new_run: Callable[..., Run], finished_run: Run
):
    run = new_run(project)
    runs.start(run)
    wait(has_trained(run, 9))
    send(run, signal.SIGKILL)
    state = ended(run)
    assert state["status"] == "died"
    same_tick = processes.birth(os.getpid()).rpartition("/")[2]
    for born in (state["born"], f"another-boot/{same_tick}"):
        storage.write_json(run.folder / "state.json", {**state, "status": "running", "pid": os.getpid(), "born": born})
        assert status(run) == "died"
        processes.kill(run.folder)  # would end this very test
    runs.start(run)
    assert ended(run)["status"] == "finished"
    assert distance(weights(run), weights(finished_run)) == 0


# ------------------------------------------------------------------------------------------ two at once


@slow
def test_of_two_workers_that_begin_at_one_instant_exactly_one_works(
    project: Project, new_run: Callable[..., Run], finished_run: Run
):
    run = new_run(project)
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "core", "train", str(run.folder)],
            cwd=processes.ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ, "LLMS_LANGUAGE": "es"},
        )
        for _ in range(2)
    ]  # fmt: skip
    said = {worker.pid: worker.communicate(timeout=200)[1] for worker in both}
    assert sorted(worker.returncode for worker in both) == [0, 2]
    refused = next(worker for worker in both if worker.returncode == 2)
    assert said[refused.pid].startswith("Ya hay un proceso trabajando en eso.")
    state = processes.read_state(run.folder)
    assert (state["status"], state["pid"]) == ("finished", next(w.pid for w in both if w is not refused))
    assert distance(weights(run), weights(finished_run)) == 0


@slow
def test_a_run_that_is_started_from_everywhere_at_once_and_while_it_ends_goes_on_once(
    project: Project, new_run: Callable[..., Run], finished_run: Run
):
    run = new_run(project)

    def start_often() -> None:
        with pytest.raises(LessonError, match="run_is_finished"):
            while True:
                runs.start(run)
                time.sleep(0.02)

    tabs = [threading.Thread(target=start_often) for _ in range(2)]
    for tab in tabs:
        tab.start()
    wait(lambda: 9 in told(run, "train"))
    runs.ask(run, PAUSE)  # and it is continued while it still says good-bye
    for tab in tabs:
        tab.join()
    ended(run)
    assert told(run, "base") == [0]
    assert sorted(set(told(run, "train"))) == list(range(1, 31))
    assert len(told(run, "train")) == 30, "no step was taken twice"
    assert distance(weights(run), weights(finished_run)) == 0


def test_a_run_that_is_killed_in_line_frees_its_place(
    new_project: Callable[..., Project], new_run: Callable[..., Run], tmp_path: Path
):
    project = new_project(tmp_path)
    at_work, in_line, last = (new_run(project, max_steps=2000) for _ in range(3))

    def ahead_of_last() -> int | None:
        state = processes.read_state(last.folder)
        return state.get("ahead") if state["status"] == "waiting" else None

    try:
        runs.start(at_work)
        wait(lambda: status(at_work) in ("loading", "running"))
        runs.start(in_line)
        wait(lambda: status(in_line) == "waiting")
        runs.start(last)
        wait(lambda: ahead_of_last() == 2)
        send(in_line, signal.SIGKILL)
        wait(lambda: status(in_line) == "died", TRUE_WITHIN)
        wait(lambda: ahead_of_last() == 1, TRUE_WITHIN)
        send(at_work, signal.SIGKILL)
        wait(lambda: status(last) in ("loading", "running"), TRUE_WITHIN)
        assert status(at_work) == "died"
    finally:
        for run in (at_work, in_line, last):
            processes.kill(run.folder)


# ------------------------------------------------------------------------------------------ it hangs


@slow
def test_a_worker_that_is_frozen_still_holds_its_run_and_goes_on_when_it_thaws(
    project: Project, new_run: Callable[..., Run], finished_run: Run
):
    run = new_run(project)
    runs.start(run)
    wait(has_trained(run, 9))
    pid = processes.read_state(run.folder)["pid"]
    send(run, signal.SIGSTOP)
    try:
        wait(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, TRUE_WITHIN)
        assert status(run) in processes.ACTIVE
        assert command("train", run.folder).returncode == 2
        runs.start(run)
        assert processes.read_state(run.folder)["pid"] == pid
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ended(run)["status"] == "finished"
    assert distance(weights(run), weights(finished_run)) == 0


# ------------------------------------------------------------------------------------------ the disk is full


def fill(disk: Path, leaving: int) -> Path:
    """Fills a disk but for so many bytes. Answers the file that does."""
    film = disk / "film"
    with film.open("wb") as file:
        while (free := shutil.disk_usage(disk).free) > leaving:
            file.write(b"\0" * min(free - leaving, 1 << 20))
            file.flush()
    return film


def test_a_disk_with_no_room_for_the_adapter_keeps_the_run_to_be_ended_later(small_disk: Path, finished_run: Run):
    subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
    run = as_if_killed(finished_run, small_disk / "project" / "runs" / "run-1")
    film = fill(small_disk, 600_000)  # of an adapter of 1.9 MB
    state = train_here(run)
    assert (state["status"], state["error"]["code"]) == ("failed", "disk_full")
    assert not run.adapter.exists()
    assert not any(run.folder.glob(".adapter*"))
    assert kept(run) == kept(finished_run)
    film.unlink()
    assert train_here(run)["status"] == "finished"
    assert distance(weights(run), weights(finished_run)) == 0


def test_a_disk_too_full_to_say_anything_is_said_before_the_start(small_disk: Path, finished_run: Run):
    subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
    run = as_if_killed(finished_run, small_disk / "project" / "runs" / "run-1")
    fill(small_disk, 0)
    with pytest.raises(LessonError, match="disk_full"):
        runs.start(run)
    assert status(run) == "died"


# ------------------------------------------------------------------------------------------ kept, whatever happened


def met_last(run: Run) -> tuple[int, int]:
    """Answers a seed, and a token that with it only the last batch of the first epoch has; no other text has it."""
    rows, size = table.rows(run.tokens / "train"), run.settings().batch_size
    unseen = [set(row["input_ids"]) for row in table.rows(run.tokens / "validation")]
    for seed in range(100):
        ids = [set(rows[at]["input_ids"]) for at in LikeLengths([row["length"] for row in rows], size, seed)]
        if own := set.union(*ids[-size:]) - set.union(*ids[:-size], *unseen):
            return seed, max(own)
    raise AssertionError("every token of every last batch is in other texts too")


@slow
def test_a_run_that_diverged_can_still_be_ended_with_its_best(
    new_project: Callable[..., Project], new_run: Callable[..., Run], tmp_path: Path
):
    """The model is sound but for the embedding of one token, which training meets in its fifth step."""
    seed, spoiled = met_last(new_run(new_project(tmp_path / "probe")))
    model = tmp_path / "my-model"
    shutil.copytree(classroom.MODEL, model)
    tensors = load_file(model / "model.safetensors")
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    tensors["model.embed_tokens.weight"][spoiled] = float("nan")
    save_file(tensors, model / "model.safetensors", {"format": "pt"})
    config = storage.load_json(model / "config.json")
    storage.write_json(model / "config.json", {**config, "tie_word_embeddings": False})

    run = new_run(new_project(tmp_path / "workspace", str(model)), seed=seed, max_steps=10, evaluations=10)
    runs.start(run)
    state = ended(run)
    assert (state["status"], state["error"]["code"]) == ("failed", "training_diverged")
    assert state["error"]["facts"]["step"] == "5"
    runs.start(run, finish=True)
    state = ended(run)
    assert (state["status"], state["error"], state["step"]) == ("finished", None, 4)
    best = watch.curve(run).best[0]
    assert distance(weights(run), saved(run, f"checkpoint-{best}")) == 0
    assert all(bool(tensor.isfinite().all()) for tensor in weights(run).values())
    assert verdict.read(run).code in ("learned", "luck", "worse")


def test_a_run_that_stands_still_can_be_ended_with_its_best_from_the_command_line(impatient_run: Run, tmp_path: Path):
    run = as_if_killed(impatient_run, tmp_path / "project" / "runs" / "run-1")
    last = checkpoints.last(run)
    shutil.rmtree(last)  # so that there were steps left to take
    best = checkpoints.last(run)
    assert command("train", run.folder, "--finish").returncode == 0
    state = processes.read_state(run.folder)
    assert (state["status"], state["step"]) == ("finished", int(best.name.removeprefix("checkpoint-")))
    assert distance(weights(run), saved(run, best.name)) == 0


def test_a_run_that_kept_nothing_has_nothing_to_end_with(project: Project, new_run: Callable[..., Run]):
    run = new_run(project)
    done = command("train", run.folder, "--finish")
    assert done.returncode == 2
    assert done.stderr.startswith("Ese entrenamiento todavía no dejó un adaptador.")
    assert not run.adapter.exists()
    assert told(run, "train") == []
