import math
import os

import pytest
from filelock import FileLock

from core import processes
from core.data import table
from core.errors import LessonError
from core.evaluation import evaluate
from core.generation import loaded as models
from core.generation.score import Score, score
from core.models.folder import find
from core.training.runs import Run

ROUGE = {f"rouge{kind}{ending}" for kind in ("1", "2", "L", "Lsum") for ending in ("", "_normalised")}
METRICS = {"loss", "perplexity", "bits_per_character"} | ROUGE


@pytest.fixture(scope="module")
def record(adapted_run: Run) -> dict:
    return evaluate.evaluate(adapted_run)


def test_the_record_has_both_sides_each_with_every_metric(record: dict, adapted_run: Run):
    assert record["base"].keys() == record["adapted"].keys() == METRICS
    assert record["rows"] == len(record["examples"]) == table.read(adapted_run.tokens / "test").num_rows
    assert evaluate.result(adapted_run) == record
    assert processes.read_state(adapted_run.evaluation)["status"] == "finished"


@pytest.mark.parametrize("side", ["base", "adapted"])
def test_each_sides_numbers_are_those_of_that_model_loaded_afresh(record: dict, adapted_run: Run, side: str):
    """The base's are measured with the adapter put aside: nothing of it may remain."""
    adapter = adapted_run.adapter if side == "adapted" else None
    model = models.load(find("classroom"), adapter, precision="fp32").model
    total = sum(score(model, table.rows(adapted_run.tokens / "test")), Score(0.0, 0, 0))
    assert record[side]["loss"] == pytest.approx(total.loss, rel=1e-5)
    assert record[side]["perplexity"] == pytest.approx(math.exp(total.nats / total.tokens), rel=1e-4)
    assert record[side]["bits_per_character"] == pytest.approx(total.nats / math.log(2) / total.characters, rel=1e-5)


def test_the_two_sides_are_two_models(record: dict):
    assert record["base"]["loss"] != pytest.approx(record["adapted"]["loss"], rel=1e-3)
    assert any(example["base"]["summary"] != example["adapted"]["summary"] for example in record["examples"])


def test_the_examples_show_each_test_text_with_what_both_wrote(record: dict, adapted_run: Run):
    texts = table.rows(adapted_run.prepared / "test")
    assert [(example["text"], example["summary"]) for example in record["examples"]] == [
        (text["text"], text["summary"]) for text in texts
    ]


def test_each_opening_of_the_sealed_set_is_counted(record: dict, adapted_run: Run):
    assert record["opened"] == 1
    assert evaluate.evaluate(adapted_run)["opened"] == 2
    assert evaluate.result(adapted_run)["opened"] == 2


def test_an_adapter_that_changed_since_has_no_evaluation(record: dict, adapted_run: Run):
    weights = adapted_run.adapter / "adapter_model.safetensors"
    before = weights.stat()
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    try:
        assert evaluate.result(adapted_run) is None
    finally:
        os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_only_one_evaluation_of_a_run_at_a_time(record: dict, adapted_run: Run):
    before = evaluate.result(adapted_run)
    with FileLock(adapted_run.evaluation / "worker.lock"), pytest.raises(LessonError) as refused:
        evaluate.evaluate(adapted_run)
    assert refused.value.code == "run_is_busy"
    assert evaluate.result(adapted_run) == before


def test_without_an_adapter_there_is_nothing_to_evaluate(tmp_path):
    with pytest.raises(LessonError) as refused:
        evaluate.evaluate(Run(tmp_path / "run-1"))
    assert refused.value.code == "run_not_finished"
