import json
import math
import os
import shutil

import pytest
from filelock import FileLock

from core import processes, storage, texts
from core.data import table
from core.errors import LessonError
from core.evaluation import evaluate, summary
from core.generation import loaded as models
from core.generation.score import Score, score
from core.models.folder import find
from core.training.runs import Run

SURPRISE = {"loss", "perplexity", "bits_per_character"}
SUMMARIES = {"rouge1", "rouge2", "rougeL", "rougeLsum", "rouge1_normalised", "chrf", "bleu", "length_ratio", "copied"}


@pytest.fixture(scope="module")
def record(adapted_run: Run) -> dict:
    return evaluate.evaluate(adapted_run)


@pytest.fixture
def again(record: dict, adapted_run: Run, tmp_path) -> Run:
    """A copy of the evaluated run, to do with as one likes."""
    shutil.copytree(adapted_run.folder, tmp_path / "runs" / "run-1")
    return Run(tmp_path / "runs" / "run-1")


def forget(run: Run, side: str, kind: str) -> None:
    """Leaves an evaluation as one that was killed before it had done the second half of a side."""
    path = run.evaluation / "rows" / f"{side}.{kind}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]) + b'{"row": 1, "te')
    (run.evaluation / "record.json").unlink()


def test_every_side_has_the_metrics_that_it_can_have(record: dict, adapted_run: Run):
    sides = record["sides"]
    assert list(sides) == ["adapted", "base", "few_shot", "ngram", "lead1", "lead3", "ranker"]
    for side in ("adapted", "base", "few_shot"):
        assert sides[side].keys() > SURPRISE | SUMMARIES
    assert sides["ngram"].keys() == {"bits_per_character"}, "its tokens are not the others', and it reads no source"
    for side in ("lead1", "lead3", "ranker"):
        assert sides[side].keys() & SURPRISE == set()
        assert sides[side].keys() > SUMMARIES
    assert sides["lead1"]["copied"]["value"] == pytest.approx(1)
    assert record["rows"] == table.read(adapted_run.tokens / "test").num_rows
    assert evaluate.result(adapted_run) == record
    assert processes.read_state(adapted_run.evaluation)["status"] == "finished"


@pytest.mark.parametrize("side", ["base", "adapted"])
def test_each_sides_numbers_are_those_of_that_model_loaded_afresh(record: dict, adapted_run: Run, side: str):
    """The base's are measured with the adapter put aside: nothing of it may remain."""
    adapter = adapted_run.adapter if side == "adapted" else None
    model = models.load(find("classroom"), adapter, precision="fp32").model
    total = sum(score(model, table.rows(adapted_run.tokens / "test")), Score(0.0, 0, 0))
    found = evaluate.values(record, side)
    assert found["loss"] == pytest.approx(total.loss, rel=1e-5)
    assert found["perplexity"] == pytest.approx(math.exp(total.nats / total.tokens), rel=1e-4)
    assert found["bits_per_character"] == pytest.approx(total.nats / math.log(2) / total.characters, rel=1e-5)


def test_the_sides_are_compared_row_by_row_and_few_rows_are_said_to_be_few(record: dict):
    base, adapted = (evaluate.values(record, side) for side in ("base", "adapted"))
    against = record["against"]["base"]
    assert against["perplexity"]["difference"] == pytest.approx(adapted["perplexity"] / base["perplexity"])
    assert against["rougeL"]["difference"] == pytest.approx(adapted["rougeL"] - base["rougeL"])
    assert record["rows"] < 5
    assert {against[name]["says"] for name in ("rougeL", "loss", "bleu", "chrf")} == {"few"}
    best = record["wins"]["bits_per_character"]
    assert best["side"] == min(
        ("adapted", "base", "few_shot", "ngram"),
        key=lambda side: evaluate.values(record, side)["bits_per_character"],
    )


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_table_says_every_metric_and_side_in_words(record: dict, language: str):
    words = texts.words(language, "metrics", "evaluation")
    heading, *lines = summary.table(record, words)
    assert [len(line) for line in lines] == [len(heading)] * len(lines)
    assert {line[0] for line in lines} >= {words(f"metric.{name}") for name in SURPRISE | SUMMARIES}
    assert words("table.few") == summary.who_wins(record, "loss", words)
    assert "{" not in summary.as_text(record, words)


def test_the_examples_show_test_texts_with_what_each_side_made_of_them(record: dict, adapted_run: Run):
    rows = table.rows(adapted_run.prepared / "test")
    assert {kind for example in record["examples"] for kind in example["kinds"]} == {"best", "worst", "changed"}
    for example in record["examples"]:
        assert example["text"] == rows[example["row"]]["text"]
        assert example["summary"] == rows[example["row"]]["summary"]
        assert {"rougeL", "written"} == example["sides"]["adapted"].keys()
    spread = record["distributions"]["rougeL"]
    assert [sum(counts) for counts in spread["counts"].values()] == [record["rows"]] * 6


def test_a_killed_evaluation_goes_on_where_it_stopped_and_opens_the_set_no_second_time(again: Run, record: dict):
    forget(again, "adapted", "written")
    assert evaluate.is_unfinished(again)
    kept = {path.name: path.stat().st_mtime_ns for path in (again.evaluation / "rows").iterdir()}
    found = evaluate.evaluate(again)
    changed = {
        path.name for path in (again.evaluation / "rows").iterdir() if kept[path.name] != path.stat().st_mtime_ns
    }
    assert changed == {"adapted.written.jsonl"}
    assert found["opened"] == record["opened"] == 1
    assert found["sides"] == record["sides"]


def test_it_stops_when_asked_keeps_what_is_done_and_tells_how_long_the_rest_takes(again: Run, record: dict):
    forget(again, "base", "written")
    evaluate.stop(again)
    with pytest.raises(LessonError) as stopped:
        evaluate.evaluate(again)
    assert stopped.value.code == "evaluation_stopped"
    state = processes.read_state(again.evaluation)
    assert state["status"] == "stopped"
    assert state["side"] == "base"
    assert state["seconds_left"] >= 0
    (again.evaluation / "stop").unlink()
    assert evaluate.evaluate(again)["sides"] == record["sides"]


def test_each_new_opening_of_the_sealed_set_is_counted(again: Run):
    found = evaluate.evaluate(again)
    assert found["opened"] == len(found["openings"]) == 2
    assert evaluate.result(again)["opened"] == 2
    assert not evaluate.is_unfinished(again)


def test_a_base_that_is_gone_is_said_and_what_was_measured_stays(again: Run, record: dict):
    forget(again, "base", "written")
    settings = again.record()
    storage.write_json(again.folder / "settings.json", {**settings, "model_folder": "/nowhere/at/all"})
    with pytest.raises(LessonError) as gone:
        evaluate.evaluate(again)
    assert gone.value.code == "base_gone"
    assert processes.read_state(again.evaluation)["error"]["code"] == "base_gone"
    storage.write_json(again.folder / "settings.json", settings)
    assert evaluate.evaluate(again)["sides"] == record["sides"]


def test_empty_references_and_empty_summaries_are_counted_and_survived(again: Run):
    rows = table.rows(again.prepared / "test")
    shutil.rmtree(again.prepared / "test")
    table.save([{**row, "summary": "  "} for row in rows], again.prepared / "test", rows[0])
    path = again.evaluation / "rows" / "base.written.jsonl"
    path.write_text("".join(json.dumps({"row": n, "text": "", "ended": False}) + "\n" for n in range(len(rows))))
    (again.evaluation / "record.json").unlink()
    found = evaluate.evaluate(again)
    assert found["empty"]["references"] == found["empty"]["base"] == found["unended"]["base"] == len(rows)
    assert evaluate.values(found, "base")["rougeL"] == 0
    said = summary.as_text(found, texts.words("es", "metrics", "evaluation"))
    assert "sin una sola palabra" in said
    assert "nan" not in said.lower()


def test_without_test_texts_there_is_nothing_to_measure(again: Run):
    for part in (again.tokens / "test", again.prepared / "test"):
        columns = table.read(part).slice(0, 0)
        shutil.rmtree(part)
        table.save(columns, part)
    with pytest.raises(LessonError) as refused:
        evaluate.evaluate(again)
    assert refused.value.code == "no_test_texts"


def test_an_adapter_that_changed_since_has_no_evaluation(again: Run):
    weights = again.adapter / "adapter_model.safetensors"
    before = weights.stat()
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    assert evaluate.result(again) is None
    assert not evaluate.is_unfinished(again)


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
