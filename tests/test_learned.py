"""What a person did, told from what is on disk, and nothing else."""

from core import decision, learned, questions, workshop
from core import project as projects
from core.data import stages
from core.learned import Deed


def test_who_did_nothing_has_nothing_told(new_project):
    assert learned.deeds(None) == {}
    assert learned.deeds(new_project()) == {}


def test_what_is_on_disk_is_told_with_its_own_numbers(loaded):
    project = loaded()
    told = learned.deeds(project)
    assert list(told) == ["05_load_texts", "06_clean_texts", "08_lengths"]
    rows = told["05_load_texts"][0].facts["rows"]
    cleaned = told["06_clean_texts"][0].facts
    assert cleaned["kept"] + cleaned["left_out"] == rows
    assert told["08_lengths"][0].facts["length"] == 80


def test_a_stage_that_is_stale_is_no_longer_told(loaded):
    project = loaded()
    stages.prepare(project, seed=8)
    assert "08_lengths" not in learned.deeds(project)


def test_prompts_a_decision_an_exercise_and_answers_are_told(new_project):
    project = new_project()
    projects.update(project, "04_try_model", {"prompts": ["a", "b"], "exercise": True})
    decision.keep(project, chosen="none")
    answers = {questions.choice(1): "a", questions.choice(2): "zz", questions.choice(3): "b"}
    project = projects.update(project, "07_tokens", answers)
    told = learned.deeds(project)
    assert told["04_try_model"] == [Deed("prompts", {"prompts": 2}), Deed("exercise")]
    assert told["12_compare"] == [Deed("decided.none")]
    assert told["07_tokens"] == [Deed("questions", {"answered": 2})]


def test_a_step_that_is_only_read_is_told_as_gone_through(new_project):
    project = workshop.mark_done(new_project(), "01_language_models")
    assert learned.deeds(project) == {"01_language_models": [Deed("gone_through")]}
