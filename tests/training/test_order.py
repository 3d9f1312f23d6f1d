import numpy as np
import pytest

from core.training.order import LikeLengths

LENGTHS = np.random.default_rng(5).integers(30, 79, 206).tolist()


def read(lengths: list[int], together: int, seed: int = 0, epoch: int = 0, blanks: int = 0) -> list[int]:
    order = LikeLengths(lengths, together, seed, blanks)
    order.set_epoch(epoch)
    assert len(order) == len(lengths) + blanks
    return list(order)


def padding(lengths: list[int], order: list[int], together: int) -> float:
    """The share of what is computed that is no text."""
    batches = [[lengths[at] for at in order[start : start + together]] for start in range(0, len(order), together)]
    return 1 - sum(lengths) / sum(max(batch) * len(batch) for batch in batches)


@pytest.mark.parametrize("rows", [1, 7, 8, 206])
@pytest.mark.parametrize("together", [1, 8, 64])
def test_every_text_is_read_once_an_epoch_and_the_blanks_after_them(rows: int, together: int):
    order = read(LENGTHS[:rows], together, blanks=3)
    assert sorted(order[:rows]) == list(range(rows))
    assert order[rows:] == [rows, rows + 1, rows + 2]


@pytest.mark.parametrize("together", [4, 8, 16])
def test_little_of_what_is_computed_is_padding(together: int):
    orders = [read(LENGTHS, together, epoch=epoch) for epoch in range(10)]
    assert np.mean([padding(LENGTHS, order, together) for order in orders]) < 0.06


def test_the_longest_text_is_in_the_first_batch_unless_it_fills_none():
    for epoch in range(10):
        order = read(LENGTHS[:200], 8, epoch=epoch)
        assert max(LENGTHS[:200]) in {LENGTHS[at] for at in order[:8]}


def test_short_and_long_batches_come_mixed_and_each_epoch_otherwise():
    means = [[LENGTHS[at] for at in read(LENGTHS, 8, epoch=epoch)[8:200]] for epoch in range(20)]
    rising = [np.corrcoef(range(len(lengths)), lengths)[0, 1] for lengths in means]
    assert abs(np.mean(rising)) < 0.2
    assert len({tuple(lengths) for lengths in means}) == 20
