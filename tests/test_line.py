"""A line of real processes: first come, first served; whoever is killed loses the place, nobody waits forever."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core import line, processes, storage
from core import project as projects

ROOT = Path(__file__).parent.parent
# Joins, says so, waits for its turn, notes it, works until it is told to end, and leaves.
WAITER = """
import sys, time
from pathlib import Path
from core import line
queue, name, owner, places = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
ticket = line.join(queue, owner, queue / name, 60.0)
(queue / f"{name}.joined").touch()
while not line.advance(queue, ticket, places):
    time.sleep(0.02)
with (queue / "served.txt").open("a") as served:
    served.write(name + "\\n")
while not (queue / f"{name}.end").exists():
    time.sleep(0.02)
line.leave(queue, ticket)
"""


def wait(ready: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@pytest.fixture
def queue(tmp_path):
    folder = line.folder(tmp_path, "training")
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def come(queue):
    """Lets somebody come, and answers her process once she stands in line."""
    came = []

    def begin(name: str, owner: str = "", places: int = 1) -> subprocess.Popen:
        command = [sys.executable, "-c", WAITER, str(queue), name, owner or name, str(places)]
        came.append(subprocess.Popen(command, cwd=ROOT))
        wait((queue / f"{name}.joined").exists)
        return came[-1]

    yield begin
    for process in came:
        process.kill()
        process.wait()


def served(queue: Path) -> list[str]:
    path = queue / "served.txt"
    return path.read_text().split() if path.exists() else []


def let_go(queue: Path, *names: str) -> list[str]:
    """Lets each of `names` end when her turn has come; answers the order of everybody's turns."""
    for name in names:
        wait(lambda name=name: name in served(queue))
        (queue / f"{name}.end").touch()
    return served(queue)


def test_whoever_comes_first_is_served_first_however_many_wait(queue, come):
    names = [f"p{number}" for number in range(8)]
    for name in names:
        come(name)
    assert served(queue) == ["p0"], "one at a time"
    assert let_go(queue, *names) == names
    wait(lambda: line.standing(queue) == [])


def test_nobodys_second_turn_is_before_anothers_first(queue, come):
    for name, owner in [("a1", "ana"), ("a2", "ana"), ("a3", "ana"), ("b1", "bea"), ("c1", "cora"), ("b2", "bea")]:
        come(name, owner)
    assert let_go(queue, "a1", "a2") == ["a1", "a2"], "ana was there alone when she asked for both"
    come("d1", "dora")
    assert let_go(queue, "b1", "c1") == ["a1", "a2", "b1", "c1"]
    assert let_go(queue, "a3", "b2", "d1")[4:] == ["a3", "b2", "d1"]


def test_who_is_killed_while_she_waits_or_works_holds_up_nobody(queue, come):
    first, second = come("first"), come("second")
    come("third")
    for process in (second, first):
        process.send_signal(signal.SIGKILL)
    wait(lambda: served(queue) == ["first", "third"])
    assert [ticket.told for ticket in line.standing(queue)] == [str(queue / "third")]


def test_a_line_left_by_a_machine_that_was_started_anew_or_half_written_is_no_line(queue):
    mine = line.join(queue, "ana", queue)
    for number, content in enumerate(['{"number": 1', "[]", '{"number": 2, "odd": 1}'], start=10):
        (queue / f"{number:09}.json").write_text(content)
    another_boot = {**storage.load_json(queue / f"{mine.number:09}.json"), "number": 0, "born": "another boot/1"}
    storage.write_json(queue / "000000000.json", another_boot | {"began": 1.0})
    assert line.advance(queue, mine)
    assert [ticket.number for ticket in line.standing(queue)] == [mine.number]
    line.leave(queue, mine)


def test_as_many_are_served_at_a_time_as_there_are_places(queue, come):
    for name in ("one", "two", "three"):
        come(name, places=2)
    wait(lambda: len(served(queue)) == 2)
    time.sleep(0.2)
    assert served(queue) == ["one", "two"]
    assert let_go(queue, "two", "three") == ["one", "two", "three"]


def test_the_place_says_how_many_are_ahead_and_when_they_will_have_ended(queue):
    at_work, promised, unknown, last = (
        line.join(queue, owner, queue / owner, seconds)
        for owner, seconds in [("a", 100.0), ("b", 60.0), ("c", None), ("d", None)]
    )
    assert line.advance(queue, at_work)
    assert line.place(queue, promised) == line.Place(1, pytest.approx(100, abs=2))
    assert line.place(queue, last) == line.Place(3, None), "what nobody knows is not told"
    state = {"status": "running", "pid": os.getpid(), "born": at_work.born, "seconds_left": 30.0}
    storage.write_json(queue / "a" / "state.json", state)
    assert line.place(queue, unknown) == line.Place(2, pytest.approx(90, abs=2)), "what is at work knows better"
    line.leave(queue, at_work)
    assert line.advance(queue, promised)
    assert not line.advance(queue, last)
    took = storage.load_json(queue / "clock.json")["took"]
    assert len(took) == 1
    storage.write_json(queue / "clock.json", {"number": 4, "round": 2, "took": [20.0]})
    assert line.place(queue, last) == line.Place(2, pytest.approx(80, abs=2)), "a turn is as long as turns were"


def test_a_lost_clock_gives_no_number_twice(queue):
    first = line.join(queue, "ana", queue)
    (queue / "clock.json").unlink()
    assert line.join(queue, "bea", queue).number == first.number + 1


def test_on_a_shared_server_helpers_take_turns_and_on_her_own_computer_they_wait_for_nobody(tmp_path):
    hosted, at_home = (projects.create(tmp_path, "Prueba", "es", owner="a" * 32, hosted=who) for who in (True, False))
    first, second, stopped = (processes.State(hosted.folder / name) for name in ("one", "two", "three"))
    asked_to_stop = threading.Event()
    told = []

    def help_too(state: processes.State) -> None:
        with line.helping(state, asked_to_stop.is_set) as ours:
            told.append((state.path.parent.name, ours))

    with line.helping(first) as ours, line.helping(processes.State(at_home.folder / "one")) as free:
        assert (ours, free) == (True, True)
        others = [threading.Thread(target=help_too, args=(state,)) for state in (stopped, second)]
        others[0].start()
        wait(lambda: storage.load_json(stopped.path)["status"] == "waiting")
        asked_to_stop.set()
        others[0].join()
        assert told == [("three", False)]
        asked_to_stop.clear()
        others[1].start()
        wait(lambda: storage.load_json(second.path)["status"] == "waiting")
        assert storage.load_json(second.path)["ahead"] == 1
    others[1].join()
    assert told == [("three", False), ("two", True)]
    assert second.seconds() < time.time() - psutil.Process().create_time(), "its wait was no work"
