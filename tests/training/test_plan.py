import dataclasses

import pytest

from core import texts
from core.errors import LessonError
from core.models.folder import ModelFacts
from core.project import Project, create
from core.training import plan
from core.training.settings import DIALS, Settings


@pytest.mark.parametrize("dial", DIALS)
def test_every_dial_gives_a_value_and_a_worded_reason_for_each_setting_it_decides(project: Project, dial: str):
    planned = plan.plan(project, dial)
    assert planned.keys() <= {field.name for field in dataclasses.fields(Settings)}
    assert plan.settings(project, dial).problems() == []
    for language in texts.LANGUAGES:
        words = texts.words(language, "settings")
        for name, choice in planned.items():
            assert getattr(plan.settings(project, dial), name) == choice.value
            said = words(f"reason.{choice.reason}", **choice.facts)
            assert said
            assert not texts.placeholders(said), f"{name}: a fact is missing in «{said}»"


def test_what_she_changed_by_hand_stands_in_the_plan_as_hers(project: Project):
    chosen = plan.plan(project, "quick")
    settings = plan.settings(project, "quick")
    assert plan.used(chosen, settings) == chosen
    used = plan.used(chosen, settings.changed({"learning_rate": 0.01, "seed": 8}))
    assert (used["learning_rate"].value, used["learning_rate"].reason) == (0.01, "by_hand")
    assert (used["seed"].value, used["seed"].reason) == (8, "by_hand")
    assert used["epochs"] == chosen["epochs"]


def test_steps_set_by_hand_take_the_place_of_the_epochs(project: Project):
    chosen = plan.plan(project, "quick")
    used = plan.used(chosen, plan.settings(project, "quick").changed({"max_steps": 20, "epochs": 9}))
    assert [*used] == ["max_steps" if name == "epochs" else name for name in chosen]
    assert (used["max_steps"].value, used["max_steps"].reason) == (20, "by_hand.max_steps")


def test_a_more_thorough_dial_takes_longer(project: Project):
    quick, balanced, thorough = (plan.settings(project, dial) for dial in DIALS)
    assert quick.epochs < balanced.epochs < thorough.epochs
    assert quick.evaluations < balanced.evaluations < thorough.evaluations
    assert quick.patience == 0 < balanced.patience <= thorough.patience


def test_few_texts_get_small_batches():
    assert [plan.batch_size(rows) for rows in (8, 159, 160, 319, 320, 10_000)] == [4, 4, 8, 8, 16, 16]


def test_a_larger_model_learns_in_smaller_steps(tmp_path):
    def rate(parameters: float) -> float:
        facts = ModelFacts("m", tmp_path, "causal", "llama", int(parameters), 512, 8192, 6, 256, 704, 0)
        return plan.learning_rate(facts).value

    assert rate(7e6) == 2e-3
    assert rate(7e6) > rate(124e6) > rate(1.7e9) == 2e-4


def test_four_bits_only_where_the_base_would_take_a_third_of_the_free_memory(tmp_path):
    def method(parameters: float):
        return plan.method(ModelFacts("m", tmp_path, "causal", "llama", int(parameters), 512, 8192, 6, 256, 704, 0))

    assert method(7e6).value == "lora"
    assert method(1e12).value == "qlora"
    assert method(1e12).facts["model_gb"] > method(1e12).facts["free_gb"] / 3


def test_without_tokens_there_is_no_plan(tmp_path):
    with pytest.raises(LessonError) as refused:
        plan.plan(create(tmp_path, "empty", "es"), "quick")
    assert refused.value.code == "not_tokenised"
