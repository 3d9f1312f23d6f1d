"""Rows tokenised once and cut by the thousand: the same as one by one, at any length, and no more often than needed."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import classroom, storage
from core import project as projects
from core.data import table
from core.errors import LessonError
from core.tasks import TASKS
from core.tokens import encode, lengths
from core.tokens import tokenizer as tokenizers
from core.tokens.cut import COLUMNS
from core.tokens.encode import encode_rows

TOKENIZER = tokenizers.load(classroom.MODEL)
TEXT = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(["", "niñez", "La lluvia no avisa. " * 8])


def prepared(workspace, rows, task="write", **changes):
    """A project whose prepared texts are `rows`: (text, summary) pairs, two of them held out."""
    project = projects.create(Path(workspace), "Prueba", "es", task=task, **changes)
    fields = {"write": ("text",), "summarize": ("text", "summary")}[task]
    made = [{"row": i, **dict(zip(fields, row, strict=False))} for i, row in enumerate(rows, start=1)]
    parts = {"train": made[:-2], "validation": made[-2:-1], "test": made[-1:]}
    for name, part in parts.items():
        table.save(part, project.prepared / name, ("row", *fields))
    record = {"fingerprint": storage.fingerprint(made), "language": "es"}
    storage.write_json(project.prepared / "record.json", record)
    return project, made


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["write", "summarize"]),
    st.lists(st.tuples(TEXT, TEXT), min_size=3, max_size=12),
    st.integers(16, 120),
)
def test_rows_cut_by_the_thousand_are_what_each_alone_would_be(task, rows, max_length):
    with tempfile.TemporaryDirectory() as workspace:
        project, made = prepared(workspace, rows, task)
        record = encode.encode(project, max_length)
        alone = encode_rows(made, TASKS[task], TOKENIZER, "es", max_length)
        written = [row for name in ("train", "validation", "test") for row in table.rows(project.tokens / name)]
        assert written == [
            {
                "row": one.row,
                "input_ids": one.input_ids,
                "labels": one.labels,
                "length": len(one.input_ids),
                "characters": one.characters,
            }
            for one in alone
        ]
        assert record["truncated_rows"] == sum(one.truncated for one in alone)
        assert sum(record["tokens"].values()) == sum(len(one.input_ids) for one in alone)
        whole = encode_rows(made, TASKS[task], TOKENIZER, "es", 10**9)
        assert encode.measure(project).tolist() == [len(one.input_ids) for one in whole]


ROWS = [(f"Copla número {i}. " * i,) for i in range(1, 15)]


def test_rows_are_tokenised_once_until_texts_or_model_change(tmp_path, monkeypatch):
    project, made = prepared(tmp_path, ROWS)
    asked = []
    real = tokenizers.Tokenizer.encode_all
    monkeypatch.setattr(
        tokenizers.Tokenizer, "encode_all", lambda self, texts: asked.append(len(texts)) or real(self, texts)
    )
    encode.measure(project)
    first = list(asked)
    encode.measure(project)
    encode.encode(project, 32)
    encode.encode(project, 64)
    assert asked == first != []
    record = storage.load_json(project.prepared / "record.json")
    table.save(made[:3], project.prepared / "train", ("row", "text"))
    storage.write_json(project.prepared / "record.json", {**record, "fingerprint": "other"})
    assert len(encode.measure(project)) == 5


def test_what_was_left_half_written_is_made_again(tmp_path):
    project, _ = prepared(tmp_path, ROWS)
    before = encode.measure(project).tolist()
    (project.folder / "lengths" / "record.json").unlink()
    assert encode.measure(project).tolist() == before


def test_progress_grows_up_to_the_whole(tmp_path):
    project, _ = prepared(tmp_path, ROWS)
    for stage in (encode.measure, lambda project, progress: encode.encode(project, 24, progress)):
        told = []
        stage(project, progress=told.append)
        assert told == sorted(told)
        assert told[-1] == pytest.approx(1)


def test_texts_that_are_not_prepared_are_said_so(tmp_path):
    project = projects.create(tmp_path, "Prueba", "es")
    for stage in (encode.measure, encode.encode):
        with pytest.raises(LessonError, match="not_prepared"):
            stage(project)


def test_ids_on_disk_are_32_bits_and_open_as_a_data_set(tmp_path):
    import pyarrow as pa

    project, _ = prepared(tmp_path, ROWS)
    encode.encode(project, 24)
    schema = table.read(project.tokens / "train").schema
    assert tuple(schema.names) == COLUMNS
    assert schema.field("input_ids").type == schema.field("labels").type == pa.list_(pa.int32())


LENGTHS = st.lists(st.integers(1, 2000), min_size=1, max_size=200)


@given(LENGTHS, st.integers(1, 2100))
def test_coverage_says_what_a_cut_keeps(measured, limit):
    cuts, whole, kept = lengths.coverage(measured, points=4000)
    assert whole[-1] == kept[-1] == 1
    assert whole == sorted(whole)
    assert kept == sorted(kept)
    if limit in cuts:
        over, lost = lengths.cut_by(measured, limit)
        assert whole[cuts.index(limit)] == pytest.approx(1 - over / len(measured))
        assert kept[cuts.index(limit)] == pytest.approx(1 - lost / sum(measured))


@given(LENGTHS, st.integers(1, 2100))
def test_examples_of_a_cut_are_the_shortest_a_middle_one_and_the_longest(measured, limit):
    places = lengths.cut_examples(measured, limit)
    over = sorted(length for length in measured if length > limit)
    assert len(places) == min(3, len(over))
    if over:
        assert measured[places[0]] == over[0]
        assert measured[places[-1]] == over[-1]


@given(LENGTHS, st.integers(1, 2100), st.integers(1, 2100))
def test_a_shorter_cut_never_costs_more_and_saves_more_than_its_tokens(measured, one, other):
    from core.models import folder as models

    facts = models.describe("classroom", classroom.MODEL)
    short, long = sorted((one, other))
    most = max(measured)
    costs = [lengths.relative_cost(measured, limit, most, facts) for limit in (short, long)]
    assert costs[0] <= costs[1] <= 1
    tokens_kept = np.minimum(measured, short).sum() / np.sum(measured)
    assert costs[0] <= tokens_kept + 1e-9
