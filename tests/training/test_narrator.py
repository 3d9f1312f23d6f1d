"""The curve in one remark, for every shape that a curve has."""

import pytest

from core import texts
from core.training.narrator import narrate
from core.training.watch import Curve

FALLING_TRAIN = [(step, 5 - step / 20) for step in range(1, 61)]
CURVES = {
    "waiting": Curve(base=5.0),
    "falling": Curve(FALLING_TRAIN, [(10, 4.5), (20, 4.2), (30, 4.0)], 5.0),
    "flat": Curve(FALLING_TRAIN, [(10, 4.0), (20, 3.99), (30, 4.0), (40, 3.99)], 5.0),
    "overfitting": Curve(FALLING_TRAIN, [(10, 4.0), (20, 3.5), (30, 3.7), (40, 3.9)], 5.0),
    "diverging": Curve([(1, 5.0), (2, 6.0), (3, 8.0)], [(3, 7.5)], 5.0),
}


@pytest.mark.parametrize("code", CURVES)
def test_each_shape_of_a_curve_has_its_remark(code):
    assert narrate(CURVES[code], is_over=False).code == code


@pytest.mark.parametrize("code", [code for code in CURVES if code != "waiting"])
def test_once_a_run_is_over_nothing_is_left_to_stop(code):
    assert narrate(CURVES[code], is_over=True).code == f"{code}.after"


def test_before_the_untouched_model_is_measured_there_is_nothing_to_say():
    assert narrate(Curve(), is_over=False) is None
    assert narrate(CURVES["waiting"], is_over=True) is None


def test_one_bad_evaluation_is_not_yet_learning_by_heart():
    assert narrate(Curve(FALLING_TRAIN, [(10, 4.0), (20, 3.5), (30, 3.6)], 5.0), is_over=False).code == "falling"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_remark_has_words_for_what_is_seen_and_for_what_to_do(language):
    words = texts.words(language, "10_train")
    for curve in CURVES.values():
        for is_over in (False, True):
            if remark := narrate(curve, is_over):
                said = (
                    words(f"narrator.{remark.code}", **remark.facts),
                    words.body(f"narrator.{remark.code}", **remark.facts),
                )
                assert all(said)
                assert "{" not in "".join(said)


def test_what_rises_far_above_the_untouched_model_is_still_by_heart_if_training_goes_on_falling():
    """Eight texts read over and over: too large a step would have undone what it reads, too."""
    by_heart = [(step, 4.6 * 0.95**step) for step in range(1, 41)]
    risen = [(4, 4.2), (8, 4.0), (12, 4.6), (16, 5.2), (20, 5.6)]
    assert narrate(Curve(by_heart, risen, 4.5), is_over=True).code == "overfitting.after"
    undone = [(step, 4.6 + step / 10) for step in range(1, 41)]
    assert narrate(Curve(undone, risen, 4.5), is_over=True).code == "diverging.after"
    settled = [(step, 20.0 if step < 10 else 7.2) for step in range(1, 41)]
    assert narrate(Curve(settled, risen, 4.5), is_over=True).code == "diverging.after"
