from core import project as projects
from core import testbed, workshop
from core.testbed import Beginning


def kept(project):
    return projects.open_project(project.folder.parent, project.id)


def test_what_was_kept_without_kinds_takes_them_in_their_order(new_project):
    project = projects.update(new_project(), testbed.STEP, {"prompts": ["a", "b", "c", "d"]})
    assert [one.kind for one in testbed.beginnings(project)] == ["like", "other", "hard", "free"]
    assert testbed.beginnings(None) == []


def test_the_testbed_keeps_order_and_kinds_and_drops_blanks_and_repeats(new_project):
    project = new_project()
    wanted = [Beginning(" El río ", "hard"), Beginning("  ", "like"), Beginning("Ayer", "other")]
    testbed.keep(project, [*wanted, Beginning("El río", "free")])
    assert testbed.beginnings(kept(project)) == [Beginning("El río", "hard"), Beginning("Ayer", "other")]


def test_an_added_beginning_takes_the_first_kind_that_is_missing(new_project):
    project = testbed.keep(new_project(), [Beginning("Ayer", "other")])
    for text in ("uno", "dos", "tres"):
        project = testbed.add(project, text)
    assert [one.kind for one in testbed.beginnings(project)] == ["other", "like", "hard", "free"]


def test_the_samples_go_on_from_the_beginning_that_she_chose_while_it_is_there(new_project):
    project = projects.update(new_project(), testbed.STEP, {"prompts": ["La luna", "El río"]})
    assert workshop.first_prompt(project) == "La luna"
    project = projects.update(project, "10_train", {"prompt": "El río"})
    assert workshop.first_prompt(project) == "El río"
    project = testbed.keep(project, [Beginning("La luna", "like")])
    assert workshop.first_prompt(project) == "La luna"
