"""A worker that waits for its run: the same run, sooner; and never one worker more than there should be."""

import os
import signal
import time

import following
import psutil
import pytest

from core import processes
from core.training import ready, runs
from core.training.ready import Ready


@pytest.fixture
def waiting(monkeypatch):
    """The process of a server's waiting worker, started for real."""
    mine = Ready()
    monkeypatch.setattr(runs, "READY", mine)
    mine.warm()
    child = mine._child
    yield child
    child.kill()
    child.wait()


@pytest.fixture
def run(project, new_run):
    return new_run(project, max_steps=2, evaluations=1)


def test_a_run_is_done_by_the_worker_that_waited_and_its_wait_is_not_the_runs_time(waiting, run):
    time.sleep(3)
    asked = time.time()
    runs.start(run)
    assert processes.read_state(run.folder)["pid"] == waiting.pid
    state = following.ended(run)
    assert state["status"] == "finished"
    assert run.weights
    assert (run.folder / "log.txt").exists()
    assert state["seconds"] <= time.time() - asked
    assert not runs.READY.take(run.folder)  # it does one run, and is gone


def test_where_the_waiting_worker_was_killed_another_does_the_run(waiting, run):
    os.kill(waiting.pid, signal.SIGKILL)
    runs.start(run)
    assert following.ended(run)["status"] == "finished"


def test_a_worker_whose_server_goes_goes_with_it(waiting):
    waiting.stdin.close()
    assert waiting.wait(timeout=60) == 0


def test_with_little_memory_to_spare_nobody_waits(monkeypatch):
    monkeypatch.setattr(ready, "free_memory_mb", lambda: 500)
    mine = Ready()
    mine.warm()
    assert mine._child is None


def test_a_run_in_four_bits_is_not_given_to_a_worker_that_left_bitsandbytes_out(waiting, project, new_run):
    run = new_run(project, max_steps=1, evaluations=1, method="qlora")
    runs.start(run)
    assert processes.read_state(run.folder)["pid"] != waiting.pid
    assert psutil.pid_exists(waiting.pid)
    following.send(run, signal.SIGKILL)
