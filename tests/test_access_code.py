"""The access code: let in once, asked again when it changes, slow for whoever guesses, open for everybody else."""

import json
import time

import pytest

from core import access, storage
from core import project as projects
from core.errors import LessonError

CODE = "Isla del Tigre"


@pytest.fixture
def clock(monkeypatch):
    """Lets time stand still until a test moves it."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def tries(root, browser, given):
    try:
        access.let_in(root, browser, given, CODE)
    except LessonError as error:
        return error.code
    return "in"


def test_the_code_lets_a_browser_in_however_it_is_written_and_no_other_browser(workspace):
    mine, hers = projects.new_id(), projects.new_id()
    mark = access.let_in(workspace, mine, " isla  DEL tigre\n", CODE)
    assert access.is_let_in(mark, CODE, mine)
    assert not access.is_let_in(mark, CODE, hers), "a record of another browser opens nothing"
    assert not access.is_let_in(mark, "otro código", mine), "another code is asked for again"
    for forged in (None, "", 0, True, [mark], "0" * 64, "ñ"):
        assert not access.is_let_in(forged, CODE, mine)


def test_neither_the_code_nor_the_browser_can_be_read_from_what_is_kept(workspace):
    browser = projects.new_id()
    tries(workspace, browser, "no")
    mark = access.let_in(workspace, browser, CODE, CODE)
    kept = mark + (workspace / "access.json").read_text()
    assert "tigre" not in kept.lower()
    assert browser not in kept


def test_a_browser_that_guesses_waits_longer_and_longer_and_the_right_code_does_not_pass_meanwhile(workspace, clock):
    browser = projects.new_id()
    assert [tries(workspace, browser, f"guess {n}") for n in range(4)] == ["access_wrong"] * 3 + ["access_wait"]
    assert tries(workspace, browser, CODE) == "access_wait"
    clock(6)
    assert tries(workspace, browser, "guess") == "access_wrong"
    clock(6)
    assert tries(workspace, browser, CODE) == "access_wait"
    clock(5)
    assert tries(workspace, browser, CODE) == "in"
    assert tries(workspace, browser, "guess") == "access_wrong", "who was let in begins anew"


def test_who_throws_browsers_away_is_slowed_by_the_server_and_a_class_behind_one_address_is_not_locked_out(
    workspace, clock
):
    class_of_twenty = [projects.new_id() for _ in range(20)]
    for learner in class_of_twenty:
        assert tries(workspace, learner, "mal") == "access_wrong"
        assert tries(workspace, learner, CODE) == "in", "whatever the others mistyped"
    guesses = [tries(workspace, projects.new_id(), f"guess {n}") for n in range(200)]
    assert guesses.count("access_wrong") == 40
    clock(60)
    later = [tries(workspace, projects.new_id(), f"more {n}") for n in range(200)]
    assert later.count("access_wrong") == 60, "one a second"
    clock(2)
    assert tries(workspace, projects.new_id(), CODE) == "in", "and as soon as they pause, anybody may come in"


def test_what_is_kept_of_tries_stays_small_and_a_spoiled_file_locks_nobody_out(workspace, clock, monkeypatch):
    monkeypatch.setattr(access, "_MOST_BROWSERS", 20)
    for n in range(30):
        clock(1.1)
        tries(workspace, projects.new_id(), str(n))
    assert len(storage.load_json(workspace / "access.json")["browsers"]) == 20
    clock(4000)
    tries(workspace, projects.new_id(), "last")
    assert len(storage.load_json(workspace / "access.json")["browsers"]) == 1
    (workspace / "access.json").write_text(json.dumps(["?"]))
    assert tries(workspace, projects.new_id(), CODE) == "in"
