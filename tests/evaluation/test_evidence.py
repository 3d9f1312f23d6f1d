"""What was measured, read from a real run's folder; what nobody measured is missing."""

import math

import pytest

from core import processes, storage
from core.evaluation import copies, energy, evidence
from core.grounds import Comparison, Copying
from core.project import open_project


@pytest.fixture
def project(adapted_run):
    return open_project(adapted_run.workspace, adapted_run.folder.parent.parent.name)


def compared(kind, difference, low, high, says):
    return {"kind": kind, "difference": difference, "low": low, "high": high, "says": says}


def test_what_nobody_measured_is_missing(project, adapted_run):
    found = evidence.read(project, adapted_run)
    assert found.rows == storage.load_json(adapted_run.tokens / "record.json")["rows"]["train"]
    assert (found.comparisons, found.tasting, found.dose) == ((), None, None)
    assert (found.train_seconds, found.memory_mb) == (None, None)


def test_an_evaluation_from_before_rivals_and_intervals_says_nothing_of_quality():
    assert evidence.comparisons(None) == ()
    assert evidence.comparisons({"rows": 25, "base": {"perplexity": 9.0}, "adapted": {"perplexity": 7.0}}) == ()


def test_each_rival_is_read_so_that_more_is_better_for_the_adapted_model():
    record = {
        "rows": 206,
        "sides": {"adapted": {"bits_per_character": {"rows": 206}, "rougeL": {"rows": 100}}},
        "against": {
            "base": {
                "perplexity": compared("ratio", 0.61, 0.58, 0.66, "better"),
                "bits_per_character": compared("ratio", 0.8, 0.75, 0.9, "better"),
            },
            "few_shot": {"bits_per_character": compared("difference", 0.2, 0.1, 0.3, "worse")},
            "ngram": {"bits_per_character": compared("difference", -0.2, None, None, "few")},
            "lead1": {"rougeL": compared("difference", 0.04, -0.01, 0.09, "unknown")},
            "hers": {"distinct1": compared("difference", 0.04, -0.01, 0.09, "unknown")},
        },
    }
    base, few_shot, ngram, lead = evidence.comparisons(record)
    assert (base.rival, base.metric, base.rows, base.is_share) == ("base", "bits_per_character", 206, True)
    assert (base.gain, base.low, base.high) == pytest.approx((0.2, 0.1, 0.25))
    assert (few_shot.gain, few_shot.low, few_shot.high) == pytest.approx((-0.2, -0.3, -0.1))
    assert ngram == Comparison("ngram", "bits_per_character", 0.2, -math.inf, math.inf, 206)
    assert lead == Comparison("lead1", "rougeL", 0.04, -0.01, 0.09, 100)
    assert (base.wins, few_shot.loses, ngram.wins, ngram.loses, lead.wins) == (True, True, False, False, False)


def test_of_copying_the_worse_of_what_was_looked_at_and_what_was_measured_counts(adapted_run):
    def measured(value):
        return {"sides": {"adapted": {"novelty": {"value": value, "rows": 26}}}}

    assert evidence.copying_of(adapted_run, None) is None
    assert evidence.copying_of(adapted_run, measured(None)) is None
    assert evidence.copying_of(adapted_run, measured(0.75)) == Copying(26, 0.25, 0)
    try:
        text = f"hoy {next(copies.texts(adapted_run))}"
        copies.keep(adapted_run, text, copies.index(adapted_run).look(text), 1.0)
        found = evidence.copying_of(adapted_run, measured(1.0))
        assert (found.texts, found.longest) == (1, round(found.share * (found.longest + 1)))
    finally:
        (adapted_run.folder / "copies.jsonl").unlink()


def test_a_finished_run_tells_its_time_and_its_memory(project, adapted_run):
    state = processes.State(adapted_run.folder)
    state.write(status="finished", seconds=12.5, peak_memory_mb=700)
    try:
        found = evidence.read(project, adapted_run)
        assert (found.train_seconds, found.memory_mb) == (12.5, 700)
    finally:
        state.path.unlink()


def test_energy_is_seconds_times_watts_and_the_watts_have_their_source():
    assert energy.kwh(3600, 1000) == 1
    power = energy.power()
    assert power.source in ("cores", "card")
    if power.source == "cores":
        least = energy.CORE_WATTS * power.facts["cores"]
        assert least < power.watts < least + energy.GB_WATTS * (power.facts["memory"] + 1) + 1
