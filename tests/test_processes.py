import os
import subprocess
import sys
import time

import psutil
import pytest

from core import processes, storage
from core.errors import LessonError
from core.processes import ROOT

WORK = """
import sys, time
from pathlib import Path
from core.processes import State
state = State(Path(sys.argv[1]), step=0)
state.write(status="running", step=3)
time.sleep(60)
"""


@pytest.fixture
def worker(tmp_path):
    """Starts a process that holds the state of `tmp_path` and says it runs."""
    child = subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path)], cwd=ROOT)
    while (storage.read_json(tmp_path / "state.json") or {}).get("status") != "running":
        time.sleep(0.02)
    yield child
    child.kill()
    child.wait()


def test_where_nothing_was_started_there_is_no_state(tmp_path):
    assert processes.read_state(tmp_path) == {"status": "none"}


def test_a_worker_that_is_killed_is_known_to_have_died_and_where(worker, tmp_path):
    assert processes.read_state(tmp_path)["status"] == "running"
    processes.kill(tmp_path)
    worker.wait(10)
    state = processes.read_state(tmp_path)
    assert (state["status"], state["step"]) == ("died", 3)


def test_a_child_that_has_ended_and_nobody_waited_for_is_not_alive(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.2)"])
    born = processes.birth(child.pid)
    assert processes.is_alive(child.pid, born)
    time.sleep(0.6)
    assert not processes.is_alive(child.pid, born)


def test_another_process_with_the_same_number_is_not_the_one_that_died(worker, tmp_path):
    state = storage.load_json(tmp_path / "state.json")
    storage.write_json(tmp_path / "state.json", {**state, "born": processes.birth(os.getpid())})
    assert processes.read_state(tmp_path)["status"] == "died"
    processes.kill(tmp_path)
    time.sleep(0.1)
    assert worker.poll() is None


def test_what_works_behind_the_pages_of_a_shared_server_lets_them_come_first():
    asked = "import psutil; from core import processes; processes.give_way(); print(psutil.Process().nice())"
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, **processes.APART)
    assert int(said.stdout) == 10


def test_what_a_process_that_fails_at_once_says_is_kept(tmp_path, nursery, monkeypatch):
    monkeypatch.setattr(processes, "spawn", nursery)  # as the workshop starts it
    began = time.monotonic()
    processes.launch(["train", str(tmp_path / "no-run")], tmp_path)
    assert time.monotonic() - began < processes._START_SECONDS
    log = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert "no-run" in log
    assert "Traceback" not in log
    assert processes.read_state(tmp_path) == {"status": "none"}


def test_a_state_keeps_what_was_told_before_and_forgets_the_old_error(tmp_path):
    storage.write_json(tmp_path / "state.json", {"status": "failed", "error": {"code": "disk_full"}, "step": 8})
    state = processes.State(tmp_path)
    assert (state.content["step"], state.content["error"], state.content["status"]) == (8, None, "starting")
    assert processes.read_state(tmp_path)["pid"] == os.getpid()


def test_peak_memory_is_at_least_what_is_held_now():
    assert processes.peak_memory_mb() >= 0.95 * psutil.Process().memory_info().rss / 1e6


def test_who_follows_a_process_is_told_each_state_and_how_it_ended(tmp_path):
    mine = {"pid": os.getpid(), "born": processes.birth(os.getpid())}
    storage.write_json(tmp_path / "state.json", {"status": "running", "step": 1, **mine})
    followed = processes.follow(tmp_path, seconds=0)
    assert next(followed)["step"] == 1
    storage.write_json(tmp_path / "state.json", {"status": "finished", "step": 2, **mine})
    assert [state["step"] for state in followed] == [2]
    error = {"code": "disk_full", "facts": {"folder": "/obra"}}
    storage.write_json(tmp_path / "state.json", {"status": "failed", "error": error, **mine})
    with pytest.raises(LessonError, match="disk_full"):
        list(processes.follow(tmp_path))
