"""The interval holds the truth as often as it says, on evaluations whose truth is known."""

import numpy as np
import pytest

from core import bootstrap

SIMULATED = 1000


def losses(rows, chance):
    """Two models' losses a token, and the tokens: texts differ in length and in how hard they are for both."""
    tokens = np.maximum(3, chance.lognormal(3.6, 0.6, rows)).astype(int)
    hard = 0.2 * chance.normal(size=rows)
    one, other = (np.exp(chance.normal(mean, 0.15, rows) + hard) for mean in (1.25, 1.30))
    return one, other, tokens


def overlaps(rows, chance):
    """Two systems' ROUGE: between 0 and 1, often 0, both good at the same texts; all texts weigh the same."""
    easy = chance.beta(1.2, 5, rows) * (chance.random(rows) > 0.15)
    one, other = (np.clip(easy + (easy > 0) * chance.normal(mean, 0.1, rows), 0, 1) for mean in (0.03, 0.0))
    return one, other, np.ones(rows)


@pytest.mark.parametrize("kind", [losses, overlaps])
@pytest.mark.parametrize("rows", [20, 50])
def test_the_interval_of_a_difference_holds_the_truth_in_95_of_100_evaluations(kind, rows):
    one, other, weights = kind(1_000_000, np.random.default_rng(1))
    truth = np.average(one - other, weights=weights)
    chance = np.random.default_rng(2)
    found = [bootstrap.difference(*kind(rows, chance)) for _ in range(SIMULATED)]
    held = sum(one.low <= truth <= one.high for one in found) / SIMULATED
    print(f"{kind.__name__}, {rows} rows: the truth is held in {held:.1%}")
    assert 0.93 <= held <= 0.97


def test_the_interval_of_a_mean_holds_the_truth_in_95_of_100_evaluations():
    rows, _, tokens = losses(1_000_000, np.random.default_rng(1))
    truth = np.average(rows, weights=tokens)
    chance = np.random.default_rng(3)
    drawn = (losses(30, chance) for _ in range(SIMULATED))
    found = [bootstrap.mean(one, weights) for one, _, weights in drawn]
    held = sum(one.low <= truth <= one.high for one in found) / SIMULATED
    print(f"one mean, 30 rows: the truth is held in {held:.1%}")
    assert 0.93 <= held <= 0.97


def test_a_row_weighs_what_it_says_and_one_that_weighs_nothing_is_not_there():
    heavy = bootstrap.mean([1.0, 3.0] * 5 + [100.0], [1.0, 3.0] * 5 + [0.0])
    assert heavy.value == pytest.approx((1 + 9) / 4)
    assert heavy.rows == 10
    assert heavy.low < heavy.value < heavy.high


def test_where_every_row_says_the_same_there_is_nothing_to_doubt():
    found = bootstrap.difference([2.0] * 8, [1.5] * 8, range(1, 9))
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)
    assert found.apart() == 1


def test_where_hardly_a_row_differs_there_is_no_interval_and_never_an_absurd_one():
    """Two texts of 26 rhyme: a third of the draws hold neither, and their error of nothing once made millions of it."""
    rows, weights = [0.0] * 24 + [0.5, 0.33], np.random.default_rng(2).integers(3, 10, 26).tolist()
    sparse = bootstrap.mean(rows, weights)
    assert (sparse.low, sparse.high) == (None, None)
    assert sparse.value == pytest.approx(np.average(rows, weights=weights))
    plenty = bootstrap.mean([0.0] * 14 + [0.5, 0.4, 0.6] * 4, weights)
    assert 0 < plenty.low < plenty.value < plenty.high < 1


def test_four_rows_have_no_interval_and_no_rows_no_mean():
    assert bootstrap.mean([1.0, 2.0, 3.0, 4.0]) == bootstrap.Interval(2.5, None, None, 4)
    assert bootstrap.mean([1.0, 2.0, 3.0, 4.0]).apart() == 0
    with pytest.raises(ValueError, match="no rows"):
        bootstrap.mean([], [])


def test_the_same_rows_always_give_the_same_interval_and_exp_keeps_its_order():
    rows = list(np.random.default_rng(4).normal(3, 1, 40))
    found = bootstrap.mean(rows)
    assert bootstrap.mean(rows) == found
    perplexity = bootstrap.exponential(found)
    assert perplexity.low < perplexity.value < perplexity.high
    assert perplexity.value == pytest.approx(np.exp(np.mean(rows)))
