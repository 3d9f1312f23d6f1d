"""What a run will take: measured by real steps, for these settings and these texts and no others."""

import time
from dataclasses import asdict

import numpy as np
import pytest

from core import processes, storage
from core.tokens import encode
from core.training import promise, runs
from core.training.runs import Run


@pytest.fixture(scope="module")
def own(new_project, tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("promise"))


@pytest.fixture(scope="module")
def run(own, new_run) -> Run:
    """A run of thirty steps, and a promise that was made for it."""
    run = new_run(own)
    promise.ask(own, run.settings(), "Número")
    while promise.state(own)["status"] in processes.ACTIVE:
        time.sleep(0.1)
    return run


def test_a_promise_says_time_and_memory_and_what_the_time_goes_on(own, run):
    assert promise.state(own)["status"] == "finished", (own.folder / "trial" / "log.txt").read_text()
    promised = promise.read(own, run.settings())
    assert promised.steps == 30
    assert promised.seconds == pytest.approx(sum(promised.parts.values()))
    assert all(seconds > 0 for seconds in promised.parts.values())
    assert 100 < promised.memory_mb < 20_000


def test_it_holds_for_these_settings_only_and_stays_beside_the_run_it_was_made_for(own, run):
    assert promise.read(own, run.settings().changed({"epochs": 9.0})) is None
    promise.carry(own, run)
    assert promise.kept(run) == promise.read(own, run.settings())
    other = runs.create(own, run.settings().changed({"batch_size": 2}))
    promise.carry(own, other)
    assert promise.kept(other) is None


def test_measuring_makes_no_run_and_keeps_nothing_that_was_learned(own, run):
    before = runs.list_runs(own)
    assert run in before
    trial = own.folder / "trial"
    assert not (trial / "adapter").exists()
    assert not list((trial / "checkpoints").glob("checkpoint-*"))
    assert not [path for path in own.runs.iterdir() if path.name.startswith("trial")]


def test_it_is_forgotten_once_the_texts_are_others(own, run):
    assert promise.read(own, run.settings())
    encode.encode(own, 24)
    assert promise.read(own, run.settings()) is None


def test_a_batchs_time_grows_with_its_tokens_and_never_falls():
    rising = promise._line(np.array([100, 200, 300]), [1.0, 2.0, 3.0])
    assert rising(np.array([150, 400])) == pytest.approx([1.5, 4.0])
    falling = promise._line(np.array([100, 200, 300]), [3.0, 2.0, 1.0])(np.array([100, 300]))
    assert 0 < falling[0] < falling[1]
    assert promise._line(np.array([64, 64]), [1.0, 2.0])(np.array([64, 64])) == pytest.approx([1.5, 1.5])


def test_a_promise_is_written_whole(run):
    promised = promise.Promise(1.5, 300.0, {"loading": 1.5}, 3)
    storage.write_json(run.folder / "promise.json", asdict(promised))
    assert promise.kept(run) == promised
