"""What fits where: never more with less memory, and never more to adapt than to use."""

from itertools import pairwise

from core import classroom
from core.models import sizes


def test_more_memory_never_allows_less_and_adapting_never_asks_for_less_than_using():
    found = [sizes.reach(mb) for mb in (300, 1000, 2000, 4000, 8000, 16_000, 64_000)]
    assert found[0].use == found[0].adapt == 0
    assert found[-1].use == found[-1].adapt == sizes.SIZES[-1].parameters // 10**6
    assert all(less.use <= more.use and less.adapt <= more.adapt for less, more in pairwise(found))
    assert all(one.adapt <= one.use for one in found)


def test_the_classrooms_model_is_the_one_that_is_read_from_its_files():
    found = sizes.reach(4000)
    assert 500 < found.classroom < 1000
    assert found.ours == round(classroom.record()["parameters"] / 1e6)
