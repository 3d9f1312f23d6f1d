"""A class: who shares is seen with the secret, and by nobody without it."""

import pytest

from core import project as projects
from core.errors import LessonError
from core.sharing import group


def code_of(error):
    return error.value.code


def test_a_teacher_sees_the_name_and_the_steps_of_who_shares_and_none_of_her_texts(workspace, new_project):
    code, secret = group.create(workspace, "Taller de los jueves")
    project = projects.update(new_project(), "04_try_model", {"prompts": ["Un secreto mío"]})
    assert group.share(workspace, f" {code.lower()[:3]} {code[3:]}", project, "  Ana ", ["01_language_models"]) == code
    name, (learner,) = group.learners(workspace, code, secret)
    assert (name, learner.name, learner.done) == ("Taller de los jueves", "Ana", ("01_language_models",))
    kept = b"".join(path.read_bytes() for path in (workspace / "classes").rglob("*") if path.is_file())
    assert b"Un secreto" not in kept
    assert project.id.encode() not in kept
    assert all(project.id not in str(path) for path in (workspace / "classes").rglob("*"))
    assert secret.encode() not in kept


def test_without_the_secret_nobody_sees_anyone(workspace):
    code, secret = group.create(workspace, "Jueves")
    for guess in ("", secret[:-1], "0" * 32, code):
        with pytest.raises(LessonError) as error:
            group.learners(workspace, code, guess)
        assert code_of(error) == "class_secret_wrong"


@pytest.mark.parametrize("code", ["", "ABC", "AAAAAA", "../../", "....//", "ABCDE0", "A" * 500])
def test_a_code_that_is_none_is_refused_before_it_touches_a_path(workspace, new_project, code):
    for ask in (
        lambda: group.learners(workspace, code, "x"),
        lambda: group.share(workspace, code, new_project(), "Ana", []),
    ):
        with pytest.raises(LessonError) as error:
            ask()
        assert code_of(error) == "class_not_found"
    assert group.shared(workspace, code, new_project()) is None
    group.stop(workspace, code, new_project())


def test_sharing_again_says_what_is_now_and_stopping_leaves_nothing(workspace, new_project):
    code, secret = group.create(workspace, "Jueves")
    project, other = new_project(), new_project()
    group.share(workspace, code, project, "Zoe", [])
    group.share(workspace, code, other, "ana", [])
    group.share(workspace, code, project, "Zoe", ["01_language_models"])
    assert [(one.name, len(one.done)) for one in group.learners(workspace, code, secret)[1]] == [("ana", 0), ("Zoe", 1)]
    group.stop(workspace, code, project)
    assert group.shared(workspace, code, project) is None
    assert [one.name for one in group.learners(workspace, code, secret)[1]] == ["ana"]


def test_a_name_is_needed(workspace, new_project):
    code, _ = group.create(workspace, "Jueves")
    with pytest.raises(LessonError) as error:
        group.share(workspace, code, new_project(), "  ", [])
    assert code_of(error) == "class_needs_name"
