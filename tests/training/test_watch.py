from pathlib import Path

import pytest

from core import storage
from core.training import watch
from core.training.runs import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def tell(run: Run, kind: str, *points: tuple[int, float]) -> None:
    for step, loss in points:
        storage.append_json(run.metrics, {"kind": kind, "step": step, "loss": loss})


def test_a_run_that_has_told_nothing_has_an_empty_curve(run: Run):
    assert watch.curve(run) == watch.Curve()
    assert watch.curve(run).best is None
    assert watch.samples(run) == []


def test_a_step_told_twice_counts_as_told_last(run: Run):
    tell(run, "base", (0, 5.0))
    tell(run, "validation", (4, 4.0), (8, 3.0), (8, 3.5), (12, 3.6))
    tell(run, "train", (1, 5.0), (2, 4.9), (2, 4.8))
    curve = watch.curve(run)
    assert curve == watch.Curve([(1, 5.0), (2, 4.8)], [(4, 4.0), (8, 3.5), (12, 3.6)], 5.0)
    assert curve.best == (8, 3.5)


def test_a_line_still_being_written_is_left_for_later(run: Run):
    tell(run, "validation", (4, 4.0))
    with run.metrics.open("a", encoding="utf-8") as file:
        file.write('{"kind": "validation", "st')
    assert watch.curve(run).validation == [(4, 4.0)]


def test_a_long_curve_is_thinned_to_means_and_ends_where_it_ended():
    points = [(step, float(step)) for step in range(1, 1001)]
    thin = watch.thinned(points)
    assert len(thin) <= watch.MOST_POINTS
    assert thin[0] == (4, 2.5)
    assert thin[-1][0] == 1000


def test_the_samples_come_in_order_of_steps(run: Run):
    for step, text in ((0, "base"), (8, "a"), (16, "b"), (8, "again")):
        storage.append_json(run.samples, {"step": step, "text": text})
    assert [sample["text"] for sample in watch.samples(run)] == ["base", "again", "b"]
