import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.data.split import FEWEST_ROWS, PARTS, SHARES, assign, honest_word, leak, naive
from core.errors import LessonError

TRAIN, VALIDATION, TEST = range(3)


def counts(parts):
    return np.bincount(parts, minlength=3).tolist()


@st.composite
def keys_of_groups(draw):
    """Keys of 3 to 60 groups of 1 to 40 rows, shuffled, with gaps between their numbers."""
    sizes = draw(st.lists(st.integers(1, 40), min_size=3, max_size=60))
    keys = np.repeat(np.arange(len(sizes)) * 7 - 11, sizes)
    assume(len(keys) >= FEWEST_ROWS)
    return np.random.default_rng(draw(st.integers(0, 9))).permutation(keys)


@given(keys_of_groups(), st.integers(0, 999))
def test_what_says_the_same_stays_on_one_side_and_nobody_is_lost(keys, seed):
    parts = assign(keys, seed)
    assert parts.dtype == np.int8
    assert parts.shape == keys.shape
    assert set(parts.tolist()) == {TRAIN, VALIDATION, TEST}  # no part is empty
    for key in set(keys.tolist()):
        assert len(set(parts[keys == key].tolist())) == 1
    assert leak(parts, keys)["leaked"] == 0


@given(keys_of_groups(), st.integers(0, 999))
def test_the_shares_are_as_near_as_whole_groups_allow(keys, seed):
    held_out = max(1, round(len(keys) / 10))
    groups = np.unique(keys, return_counts=True)[1]
    for size in counts(assign(keys, seed))[1:]:
        assert size <= max(held_out, sorted(groups)[1])  # more than a tenth only where one whole group is more
        assert size >= held_out - max(groups) + 1 or size == min(groups)


@given(st.integers(10, 3000), st.integers(0, 99))
def test_different_texts_are_divided_exactly(count, seed):
    held_out = max(1, round(count / 10))
    keys = np.random.default_rng(seed).permutation(count)
    assert counts(assign(keys, seed)) == [count - 2 * held_out, held_out, held_out]
    assert counts(naive(count, seed)) == [count - 2 * held_out, held_out, held_out]


def test_the_seed_decides_the_split():
    keys = np.arange(200)
    assert (assign(keys, 7) == assign(keys, 7)).all()
    assert (assign(keys, 7) != assign(keys, 8)).any()
    assert tuple(SHARES) == PARTS


def test_every_row_of_a_part_is_drawn_by_lot_not_by_its_place():
    chosen = np.mean([assign(np.arange(100), seed) == TEST for seed in range(400)], axis=0)
    assert 0.03 < chosen.min() < chosen.max() < 0.2  # each row is in the test set about one time in ten


def test_a_group_bigger_than_a_tenth_goes_to_train():
    keys = np.array([0] * 60 + list(range(1, 41)))
    parts = assign(keys, 7)
    assert set(parts[:60].tolist()) == {TRAIN}
    assert counts(parts) == [80, 10, 10]


def test_three_big_groups_fill_three_parts_and_the_biggest_trains():
    assert counts(assign(np.repeat([5, 6, 7], [300, 400, 350]), 7)) == [400, 350, 300]


def test_two_small_groups_beside_a_huge_one_are_shared_out():
    assert counts(assign(np.array([1, 2] + [3] * 98), 7)) == [98, 1, 1]


@pytest.mark.parametrize(
    ("keys", "code", "facts"),
    [
        (range(9), "too_few_texts", {"found": 9, "needed": 10}),
        ([1] * 9, "too_few_texts", {"found": 1, "needed": 10}),
        ([], "too_few_texts", {"found": 0, "needed": 10}),
        ([4] * 30 + [5] * 30, "too_few_groups", {"groups": 2, "rows": 60, "needed": 3}),
    ],
)
def test_too_few_to_divide_says_whether_texts_or_groups_are_missing(keys, code, facts):
    with pytest.raises(LessonError) as error:
        assign(np.array(keys, dtype=np.int64), 7)
    assert (error.value.code, error.value.facts) == (code, facts)


def test_a_naive_shuffle_leaks_where_texts_come_in_twos_and_ours_does_not():
    keys = np.repeat(np.arange(500), 2)
    told = leak(naive(len(keys), 7), keys)
    assert told["test"] == 100
    assert told["leaked"] > 60  # a sibling is in train eight times in ten
    assert told["share"] == told["leaked"] / 100
    assert leak(assign(keys, 7), keys) == {"test": 100, "leaked": 0, "share": 0.0}


def test_a_leak_is_counted_by_hand():
    parts = np.array([TRAIN, TEST, TEST, VALIDATION, TEST], np.int8)
    assert leak(parts, np.array([1, 1, 2, 2, 3])) == {"test": 3, "leaked": 1, "share": 1 / 3}


def test_the_size_of_a_test_set_has_an_honest_word():
    said = [honest_word(rows) for rows in (0, 9, 10, 29, 30, 9999)]
    assert said == ["few", "few", "some", "some", "enough", "enough"]
