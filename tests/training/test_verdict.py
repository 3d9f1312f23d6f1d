"""Did it learn: what is luck and what is not."""

import random

import pytest

from core import texts
from core.generation.score import Score
from core.training import verdict
from core.training.runs import Run


def scores(losses, tokens=20):
    return [Score(loss * tokens, tokens, 4 * tokens) for loss in losses]


def around(mean, spread, rows, seed):
    chance = random.Random(seed)
    return [mean + chance.uniform(-spread, spread) for _ in range(rows)]


def test_a_fall_in_every_row_is_learning():
    before = around(5, 1, 30, 1)
    found = verdict.judge(scores(before), scores([loss - 0.5 for loss in before]), False, True)
    assert found.code == "learned"
    assert found.low == pytest.approx(found.fall) == pytest.approx(0.5)


def test_a_fall_in_some_rows_and_a_rise_in_others_may_be_luck():
    found = verdict.judge(scores(around(5, 1, 8, 1)), scores(around(4.95, 1, 8, 2)), False, True)
    assert found.code == "luck"
    assert found.low < found.fall < found.high


def test_a_rise_is_worse():
    before = around(5, 1, 30, 1)
    assert verdict.judge(scores(before), scores([loss + 0.5 for loss in before]), False, True).code == "worse"


def test_an_adapter_of_zeros_learned_nothing_whatever_was_measured():
    assert verdict.judge(scores([5.0, 4.0]), scores([4.0, 3.0]), True, False).code == "untouched"


def test_of_four_rows_nothing_can_be_said():
    found = verdict.judge(scores([5.0, 4.0, 6.0, 5.0]), scores([4.0, 3.0, 5.1, 4.2]), False, True)
    assert (found.code, found.low, found.high) == ("few", None, None)


def test_long_rows_weigh_more_than_short_ones():
    before = [Score(500.0, 100, 400), Score(5.0, 1, 4)]
    after = [Score(400.0, 100, 400), Score(50.0, 1, 4)]
    assert verdict.fall_of_loss(before, after).value == pytest.approx((100 - 45) / 101)


def test_a_finished_run_says_whether_it_learned(finished_run: Run):
    found = verdict.read(finished_run)
    assert (found.code, found.adapter_is_zero, found.rows) == ("learned", False, 5)
    assert found.low > 0
    for language in texts.LANGUAGES:
        assert texts.words(language, "10_train")(f"verdict.{found.code}")


def test_a_run_of_before_this_check_says_nothing(tmp_path):
    assert verdict.read(Run(tmp_path)) is None
