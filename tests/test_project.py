import subprocess
import sys

import pytest

from core import project as projects
from core.errors import LessonError
from core.processes import ROOT


@pytest.mark.parametrize("id", ["", "..", "../../etc", "a" * 31, "A" * 32, "0" * 33, None])
def test_an_id_that_is_not_ours_never_touches_a_path(workspace, id):
    with pytest.raises(LessonError, match="project_not_found"):
        projects.open_project(workspace, id)


def test_two_tabs_that_choose_at_once_lose_nothing(new_project):
    project = new_project()
    code = (
        "import sys; from pathlib import Path; from core import project as p\n"
        "folder = Path(sys.argv[1]); mine = p.open_project(folder.parent, folder.name)\n"
        "for i in range(40): p.update(mine, sys.argv[2], {str(i): i})"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(project.folder), tab], cwd=ROOT) for tab in "ab"]
    assert [child.wait() for child in children] == [0, 0]
    choices = projects.open_project(project.folder.parent, project.id).choices
    assert len(choices["a"]) == len(choices["b"]) == 40


def test_projects_are_listed_the_newest_first(new_project, workspace):
    first, second = new_project(), new_project()
    assert [project.id for project in projects.list_projects(workspace)] == [second.id, first.id]


def test_a_hostile_id_opens_nothing_even_where_there_is_a_project(workspace, new_project):
    project = new_project()
    for id in (f"../{workspace.name}/{project.id}", f"./{project.id}", f"{project.id}/", f"{project.id}\n"):
        with pytest.raises(LessonError, match="project_not_found"):
            projects.open_project(workspace, id)


def test_ids_are_128_bits_that_nobody_guesses():
    ids = {projects.new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(projects.is_id(id) and len(id) == 32 for id in ids)


def test_a_damaged_project_does_not_hide_the_others(new_project, workspace):
    whole, damaged = new_project(), new_project()
    (damaged.folder / "project.json").write_text("{")
    assert [project.id for project in projects.list_projects(workspace)] == [whole.id]


def test_a_choice_keeps_the_others_of_its_step(new_project, workspace):
    project = new_project()
    projects.update(project, "05_load_texts", {"origin": "file"})
    projects.update(project, "05_load_texts", {"done": True})
    kept = projects.open_project(workspace, project.id).choices["05_load_texts"]
    assert kept == {"origin": "file", "done": True}
