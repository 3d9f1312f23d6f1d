"""Runs on disk: names and notes of hers, away and back, and less memory."""

import os
import time

import pytest

from core.errors import LessonError
from core.training import runs
from core.training.runs import Label


def test_a_name_and_a_note_stay_with_a_run(project, new_run):
    run = new_run(project)
    assert run.label() == Label()
    runs.set_label(run, Label("la de <b>julio</b>", "más épocas"))
    assert runs.open_run(run.folder).label() == Label("la de <b>julio</b>", "más épocas")


def test_a_discarded_run_is_gone_and_comes_back_whole(project, new_run):
    run = new_run(project)
    runs.set_label(run, Label("mía"))
    runs.discard(run)
    assert run not in runs.list_runs(project)
    assert new_run(project).name != run.name  # its number waits for it
    (away,) = [one for one in runs.discarded(project) if one.name == run.name]
    runs.restore(away)
    assert run in runs.list_runs(project)
    assert run.label().name == "mía"
    assert all(one.name != run.name for one in runs.discarded(project))


def test_after_a_week_a_discarded_run_is_gone_for_good(project, new_run):
    old, other = new_run(project), new_run(project)
    runs.discard(old)
    away = old.folder.parent / ".discarded" / old.name
    os.utime(away, (time.time() - 8 * 86_400,) * 2)
    runs.discard(other)
    assert old.name not in {run.name for run in runs.discarded(project)}


def test_half_the_batch_twice_as_often_makes_the_same_updates(project, new_run):
    run = new_run(project, batch_size=6, gradient_accumulation_steps=1)
    assert runs.halve_batch(run)
    assert (run.settings().batch_size, run.settings().gradient_accumulation_steps) == (3, 2)
    assert runs.halve_batch(run)
    assert (run.settings().batch_size, run.settings().gradient_accumulation_steps) == (1, 6)
    assert not runs.halve_batch(run)
    assert run.record()["settings"]["batch_size"] == 6


def test_a_run_at_work_is_not_discarded(project, new_run):
    run = new_run(project)
    runs.start(run)
    try:
        with pytest.raises(LessonError, match="run_is_busy"):
            runs.discard(run)
    finally:
        from core import processes

        processes.kill(run.folder)
