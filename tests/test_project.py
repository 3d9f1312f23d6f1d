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
