"""Three runs that differ in how many texts they read, and what their losses say."""

import json
import time
from dataclasses import asdict

import pytest

from core import line, processes, storage, workshop
from core.data import table
from core.generation.score import Score
from core.tokens import encode
from core.training import dose, plan, runs, subset, watch
from core.training.runs import DOSE


def wait(ready, seconds=300):
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def statuses(made):
    return [processes.read_state(run.folder)["status"] for run in made]


@pytest.fixture(scope="module")
def own(new_project, tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("dose"))


@pytest.fixture(scope="module")
def finished(own):
    """A dose that ran to its end, in three processes at once that waited for each other."""
    before = {part: table.file_fingerprint(own.tokens / part) for part in ("train", "validation", "test")}
    settings = plan.settings(own, "quick").changed({"max_steps": 4, "evaluations": 2, "batch_size": 4, "patience": 1})
    made = dose.start(own, settings, "Número")
    wait(lambda: not dose.is_working(made))
    assert {part: table.file_fingerprint(own.tokens / part) for part in before} == before
    return made


def rows(run, part):
    return {row["row"] for row in table.rows(run.tokens / part)}


def test_each_share_lies_inside_the_next_and_all_are_measured_alike(finished, own):
    least, half, whole = (rows(run, "train") for run in finished)
    assert (len(least), len(half), len(whole)) == (4, 20, 40)
    assert least < half < whole
    assert whole == {row["row"] for row in table.rows(own.tokens / "train")}
    assert len({frozenset(rows(run, "validation")) for run in finished}) == 1
    assert rows(finished[0], "train") == {row["row"] for row in table.rows(finished[0].prepared / "train")}


def test_the_records_say_what_each_run_was_given(finished):
    records = [run.record() for run in finished]
    assert [record["rows_share"] for record in records] == [0.1, 0.5, 1.0]
    assert len({record["dose_group"] for record in records}) == 1
    kept = storage.load_json(finished[0].tokens / "record.json")
    assert kept["rows"]["train"] == storage.load_json(finished[0].prepared / "record.json")["rows"]["train"] == 4
    assert kept["tokens"]["train"] == sum(len(row["input_ids"]) for row in table.rows(finished[0].tokens / "train"))


def test_all_three_take_the_same_steps_and_none_stops_earlier(finished):
    assert statuses(finished) == ["finished"] * 3
    assert [processes.read_state(run.folder)["step"] for run in finished] == [4] * 3
    assert {run.settings().patience for run in finished} == {0}


def test_the_epochs_of_all_texts_become_everyones_steps(own):
    settings = plan.settings(own, "quick").changed({"epochs": 3, "batch_size": 8})
    assert dose.even(own, settings).max_steps == 15  # 40 texts by eights, three times


def test_the_smallest_is_looked_at_before_it_knows_its_texts_by_heart(own):
    thorough = plan.settings(own, "thorough")
    for settings in (plan.settings(own, "quick"), thorough):
        alike = dose.even(own, settings)
        epochs = alike.max_steps * alike.batch_size / 4
        assert epochs / alike.evaluations <= (2 if settings is not thorough else 4)
    assert dose.even(own, thorough.changed({"max_steps": 3})).evaluations == 3


def test_the_three_ran_one_after_the_other(finished):
    ends = sorted(
        (state["updated"] - state["train_seconds"], state["updated"])
        for state in (processes.read_state(run.folder) for run in finished)
    )
    assert all(ends[place][1] <= ends[place + 1][0] + 0.5 for place in range(2))


def test_each_point_is_the_lowest_validation_loss_and_the_base_a_line(finished):
    points = dose.points(finished)
    assert [(point.share, point.rows) for point in points] == [(0.1, 4), (0.5, 20), (1.0, 40)]
    assert [point.loss for point in points] == [watch.curve(run).best[1] for run in finished]
    assert dose.base(finished) == watch.curve(finished[2]).base > points[2].loss


def test_what_it_means_is_read_from_the_rows_of_half_and_all(finished):
    remark = dose.read(finished)
    assert remark.facts["low"] <= remark.facts["fall"] <= remark.facts["high"]
    half, whole = (dose.points(finished)[place].loss for place in (1, 2))
    assert remark.facts["fall"] == pytest.approx(half - whole, abs=1e-3)


def test_a_dose_is_never_taken_for_her_run(finished, own):
    assert runs.list_runs(own) == []
    assert workshop.adapted_run(own) is None
    assert "adapter" not in workshop.stages_made(own)
    assert workshop.progress(own)["11_evaluate"] == "locked"
    assert set(runs.list_runs(own, DOSE)) == set(runs.list_runs(own, purpose=None)) == set(finished)


def test_her_next_run_gets_a_number_of_its_own(finished, own):
    run = runs.create(own, plan.settings(own, "quick"))
    assert run.name not in {other.name for other in finished}
    assert runs.list_runs(own) == [run]
    assert run.purpose == "own"
    runs.discard(run)


def test_the_newest_dose_is_shown_the_smallest_share_first(finished, own):
    assert dose.latest(own) == finished
    again = dose.create(own, plan.settings(own, "quick"), "")
    assert dose.latest(own) == again
    for run in again:
        runs.discard(run)
    assert dose.latest(own) == finished


def test_texts_cut_anew_make_a_dose_one_of_before(finished, own):
    assert dose.is_of_these_texts(finished, own)
    encode.encode(own, 24)
    try:
        assert not dose.is_of_these_texts(finished, own)
    finally:
        encode.encode(own)


def test_a_dose_that_waits_in_line_is_paused_and_goes_on(own):
    queue = line.folder(own.folder.parent, line.TRAINING)
    another = line.join(queue, "another", own.folder)
    assert line.advance(queue, another)
    try:
        made = dose.start(own, plan.settings(own, "quick").changed({"max_steps": 3000}), "Número")
        wait(lambda: statuses(made) == ["waiting"] * 3)
        dose.pause(made)
        wait(lambda: not dose.is_working(made))
        assert statuses(made) == ["paused"] * 3
        assert dose.unfinished(made) == made
        assert all(point.loss is None for point in dose.points(made))
        assert dose.read(made) is None
        for run in made:
            runs.start(run)
        assert dose.is_working(made)
        assert dose.unfinished(made) == []
        for run in made:
            processes.kill(run.folder)
        wait(lambda: not dose.is_working(made))
    finally:
        line.leave(queue, another)
    assert dose.unfinished(made) == made
    for run in made:
        runs.discard(run)


# A nat is a token here, so that losses can be written down at once: validation rows of 100 tokens each.
MEANINGS = {
    "helps": (3.6, 3.4, 0.02, 40),
    "flat": (3.6, 3.59, 0.01, 40),
    "unsure": (3.6, 3.5, 1.0, 5),
    "worse": (3.4, 3.6, 0.02, 40),
    "nothing": (4.99, 4.98, 0.01, 40),
}


@pytest.mark.parametrize("code", MEANINGS)
def test_each_shape_has_its_meaning(own, tell, code):
    half, whole, spread, count = MEANINGS[code]
    made = dose.create(own, plan.settings(own, "quick"), "")
    for run, loss in zip(made, (4.0, half, whole), strict=True):
        tell(run, 5.0, [4.95, loss])
        sign = 1 if run is made[1] else -1
        losses = [loss + sign * spread * (-1) ** row * row / count for row in range(count)]
        scores = [asdict(Score(100 * each, 100, 300)) for each in losses]
        storage.write_json(run.folder / "after.json", {"scores": scores})
    assert dose.read(made).code == code
    for run in made:
        runs.discard(run)


def test_few_validation_rows_are_said(finished):
    assert dose.few_validation(finished) == 5


def test_the_time_is_reckoned_from_the_promise_and_the_more_looks(own):
    settings = plan.settings(own, "quick").changed({"max_steps": 20, "evaluations": 5})
    assert dose.seconds(own, settings) is None
    measured = runs.create(own, settings, folder=own.folder / "trial")
    kept = {"seconds": 30.0, "memory_mb": 500.0, "parts": {"looking": 5.0}, "steps": 20}
    storage.write_json(measured.folder / "promise.json", kept)
    assert dose.even(own, settings).evaluations == 10  # 20 steps of 4 are 20 epochs of the smallest's 4 rows
    assert dose.seconds(own, settings) == pytest.approx(3 * (30 + 5))


def test_one_choice_of_rows_lies_inside_a_larger_one_whatever_the_seed():
    for seed in (0, 7, 12345):
        chosen = [set(subset.choose(1000, wanted, seed)) for wanted in (1, 100, 500, 1000)]
        assert [len(one) for one in chosen] == [1, 100, 500, 1000]
        assert chosen[0] < chosen[1] < chosen[2] < chosen[3]
    assert subset.choose(1000, 100, 1) != subset.choose(1000, 100, 2)
    assert json.dumps(subset.choose(10, 3, 1))  # plain numbers
