"""Old work on a shared server goes, and only that: not what is young, at work, or on her own computer."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import clearing, limits, line, processes, storage
from core import project as projects
from core.errors import LessonError

ROOT = Path(__file__).parent.parent
DAYS = 86_400.0


@pytest.fixture
def hosted(workspace):
    def make(days: float = 0, owner: str = "a" * 32, hosted: bool = True) -> projects.Project:
        project = projects.create(workspace, "Prueba", "es", owner=owner, hosted=hosted)
        aged(project.folder / "project.json", days)
        return project

    return make


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * DAYS
    os.utime(path, (then, then))
    return path


def here(*made) -> list[bool]:
    return [project.folder.exists() for project in made]


def test_what_nobody_visited_for_the_stated_days_goes_and_nothing_else(hosted, workspace):
    old, young, at_home = hosted(31), hosted(29), hosted(400, hosted=False)
    came_back = hosted(31)
    clearing.visited(came_back.folder)
    cleared = clearing.clear(workspace)
    assert here(old, young, at_home, came_back) == [False, True, True, True]
    assert cleared
    assert cleared.projects == 1
    assert clearing.clear(workspace).projects == 0, "to clear again does nothing"
    assert clearing.goes_at(at_home.folder) is None


def test_a_project_in_which_something_works_stays(hosted, workspace):
    project = hosted(90)
    state = project.folder / "runs" / "run-1" / "evaluation" / "state.json"
    storage.write_json(state, {"status": "waiting", "pid": os.getpid(), "born": processes.birth(os.getpid())})
    clearing.clear(workspace)
    assert here(project) == [True]
    with pytest.raises(LessonError, match="project_is_busy"):
        clearing.erase(project.folder)
    storage.write_json(state, {"status": "running", "pid": os.getpid(), "born": "another process"})
    clearing.clear(workspace)
    assert here(project) == [False]


def test_a_visit_renews_and_is_not_written_at_every_click(hosted):
    project = hosted(20)
    goes = clearing.goes_at(project.folder)
    clearing.visited(project.folder)
    assert clearing.goes_at(project.folder) > goes + 19 * DAYS
    mark = aged(project.folder / "visited", 0.01)
    before = mark.stat().st_mtime_ns
    clearing.visited(project.folder)
    assert mark.stat().st_mtime_ns == before
    assert not clearing.is_soon(clearing.goes_at(project.folder))
    for path in (mark, project.folder / "project.json"):
        aged(path, 26)
    assert clearing.is_soon(clearing.goes_at(project.folder))


def test_her_own_project_goes_when_she_says_and_one_of_her_own_computer_never(hosted, workspace):
    mine, at_home = hosted(), hosted(hosted=False)
    clearing.erase(mine.folder)
    clearing.erase(at_home.folder)
    assert here(mine, at_home) == [False, True]
    assert not (workspace / ".cleared").exists()


def test_leftovers_go_and_what_is_being_made_stays(hosted, workspace):
    hosted()
    half_upload, fresh_upload = workspace / "tmpold", workspace / "tmpnew"
    half_made = workspace / f".{'c' * 32}.999999999.0badcafe"
    in_the_making = workspace / f".{'d' * 32}.{os.getpid()}.0badcafe"
    cut_off = workspace / ".cleared" / "half"
    for folder in (half_upload, fresh_upload, half_made, in_the_making, cut_off):
        folder.mkdir(parents=True)
    aged(half_upload, 2)
    queue = line.folder(workspace, line.TRAINING)
    queue.mkdir(parents=True)
    (queue / "000000001.json").write_text("{}")
    clearing.clear(workspace)
    left = [path.exists() for path in (half_upload, fresh_upload, half_made, in_the_making, cut_off)]
    assert left == [False, True, False, True, False]
    assert line.standing(queue) == []


def test_records_of_browsers_and_classes_go_with_time_unless_they_are_somebodys_own(hosted, workspace):
    hosted(owner="1" * 32)
    records = {name: workspace / "browsers" / f"{name * 32}.json" for name in "1234"}
    for name, path in records.items():
        storage.write_json(path, {"language": "es", "hosted": name != "3"})
        aged(path, 0 if name == "4" else 90)
    classes = [workspace / "classes" / code for code in ("OLDHST", "OLDOWN")]
    for folder, is_hosted in zip(classes, (True, False), strict=True):
        storage.write_json(folder / "class.json", {"name": "x", "hosted": is_hosted})
        aged(folder / "class.json", 90)
    clearing.clear(workspace)
    kept = {name for name, path in records.items() if path.exists()}
    assert kept == {"1", "3", "4"}, "of who has a project, of her own computer, of who was here lately"
    assert [folder.exists() for folder in classes] == [False, True]


def test_two_processes_that_clear_at_once_do_no_harm(hosted, workspace):
    old, young = [hosted(60, projects.new_id()) for _ in range(12)], [hosted() for _ in range(4)]
    command = [sys.executable, "-m", "core", "clear", "--workspace", str(workspace)]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert here(*old, *young) == [False] * 12 + [True] * 4
    assert limits.hosted(workspace, young[0].owner)
