"""The rule that ends a tasting, and the interval of what came out: counted exactly, and tried on many tastings."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from core.evaluation import preference

MOST = 20


def taste(chances: np.ndarray, neither: float, seed: int) -> np.ndarray:
    """Simulates a tasting of MOST pairs for each chance of winning. Answers (wins, losses) [tastings, 2]."""
    draw = np.random.default_rng(seed)
    shape = (len(chances), MOST)
    prefers = draw.random(shape) >= neither
    won = (draw.random(shape) < chances[:, None]) & prefers
    wins, preferences = won.cumsum(1), prefers.cumsum(1)
    needed = np.array([1, *preference.boundary(MOST).wins])[preferences]
    over = np.maximum(wins, preferences - wins) >= np.where(preferences == 0, MOST + 1, needed)
    end = np.where(over.any(1), over.argmax(1), MOST - 1)
    rows = np.arange(len(chances))
    return np.stack([wins[rows, end], (preferences - wins)[rows, end]], 1)


def covered(chances: np.ndarray, outcomes: np.ndarray) -> float:
    intervals = np.array([preference.interval(int(wins), int(losses), MOST) for wins, losses in outcomes])
    return float(((intervals[:, 0] <= chances) & (chances <= intervals[:, 1])).mean())


def test_the_interval_covers_the_truth_in_93_to_97_of_100_tastings_stopped_as_they_are():
    chances = np.random.default_rng(1).uniform(size=1000)
    assert 0.93 <= covered(chances, taste(chances, 0.15, 2)) <= 0.97


@pytest.mark.parametrize("truth", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_for_no_true_preference_does_it_cover_much_less(truth):
    """So few answers have few intervals: for a single truth they cover a little less or more than on the whole."""
    chances = np.full(1000, truth)
    assert 0.91 <= covered(chances, taste(chances, 0.15, 3)) <= 0.995


@pytest.mark.parametrize("most", [1, 5, 6, 10, 14, 20])
def test_two_models_that_are_alike_are_told_apart_in_5_of_100_tastings_at_most(most):
    wins = preference.boundary(most).wins
    assert preference.boundary(most).error <= Fraction(5, 100)
    if most <= 14:  # every possible tasting, one by one
        wrong = 0
        for tasting in product((0, 1), repeat=most):
            sums = np.cumsum(tasting)
            wrong += any(max(won, n - won) >= wins[n - 1] for n, won in enumerate(sums.tolist(), 1))
        assert Fraction(wrong, 2**most) == preference.boundary(most).error


def test_a_tasting_is_settled_as_soon_as_its_answers_allow():
    assert preference.settled(6, 0, 20) is None
    assert preference.settled(7, 0, 20) == "adapted"
    assert preference.settled(0, 7, 20) == "base"
    assert preference.settled(10, 10, 20) is None
    assert preference.settled(0, 0, 20) is None
    assert preference.settled(5, 0, 5) is None, "five answers never settle anything: 2 / 32 is more than 5 of 100"


def test_the_chances_of_all_that_can_come_out_add_up_to_one():
    for most, p in ((10, 0.5), (20, 0.3), (20, 0.95)):
        outcomes = preference._outcomes(preference.boundary(most).wins)
        assert math.isclose(preference._chance(outcomes, p), 1)


def test_an_interval_says_no_more_than_the_rule_does():
    for wins, losses in product(range(8), range(8)):
        try:
            low, high = preference.interval(wins, losses, MOST)
        except ValueError:
            continue  # settled before it came so far
        assert 0 <= low < high <= 1
        settled = preference.settled(wins, losses, MOST)
        assert (low > 0.5, high < 0.5) == (settled == "adapted", settled == "base")


def test_both_models_are_treated_alike():
    low, high = preference.interval(9, 4, MOST)
    assert preference.interval(4, 9, MOST) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert preference.interval(0, 0, MOST) == (0, 1)
