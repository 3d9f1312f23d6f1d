"""What a run's model copied: its training texts read once, what was found kept with the run, and never waited for."""

import time

import pytest

from core import processes
from core.data import table
from core.errors import LessonError
from core.evaluation import copies
from core.evaluation.copying import Index


@pytest.fixture
def run(adapted_run):
    yield adapted_run
    for path in (adapted_run.folder / "copies.jsonl", copies.working_in(adapted_run) / "state.json"):
        path.unlink(missing_ok=True)


def planted(run):
    """A text with a stretch of a training text of the run in the middle, and that stretch."""
    row = table.row(table.read(run.prepared / "train"), 3)
    return f"Dicen que {row['text'].rstrip('.')} desde hace años", row


def test_a_planted_copy_is_found_with_the_text_it_comes_from_and_a_paraphrase_is_not(run):
    text, row = planted(run)
    looked = copies.index(run).look(text)
    (copy,) = looked.copies[:1]
    assert "El taller número" in text[copy.start : copy.end]
    assert copies.row(run, copy.row) == 3
    assert copies.text(run, copy.row) == row["text"]
    assert (
        copies.index(run).look("Hay un curso que empieza por la mañana, con bebida y asiento para todos.").copies == []
    )


def test_the_summaries_are_training_texts_too(run):
    assert list(copies.texts(run))[:2] == [
        *(table.row(table.read(run.prepared / "train"), 0)[c] for c in ("text", "summary"))
    ]


def test_what_was_found_is_kept_with_the_run_and_the_same_text_counts_once(run):
    assert copies.found(run) is None
    index = copies.index(run)
    text, _ = planted(run)
    for written in (text, "Nada de esto lo había escrito nadie hasta hoy, te juro", text):
        copies.keep(run, written, index.look(written), 1.5)
    found = copies.found(run)
    assert found.texts == 2
    assert 0 < found.share < 1
    assert found.longest >= 6
    assert found.is_high
    assert "El taller número" in max(copies.kept(run), key=lambda one: one["longest"])["passage"]


def test_an_index_opened_from_disk_finds_what_the_one_in_memory_finds(tmp_path):
    texts = ["uno dos tres cuatro cinco seis siete", "", "el mar el mar el mar el mar"]
    made = Index(texts)
    made.save(tmp_path)
    opened = Index.opened(tmp_path)
    for text in ("dos tres cuatro cinco seis siete ocho", "el mar el mar el mar", "nada", ""):
        assert opened.look(text) == made.look(text)


def test_many_texts_are_read_by_a_process_of_their_own(run, monkeypatch):
    copies.index(run)
    (copies.folder_of(run) / "record.json").unlink()
    monkeypatch.setattr(copies, "AT_ONCE", 0)
    monkeypatch.setattr(copies, "make", None)  # nothing is read in this one
    deadline = time.monotonic() + 60
    while copies.index(run) is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert copies.index(run).look(planted(run)[0]).copies


def test_a_reading_that_was_cut_short_is_said_and_begun_again(run, monkeypatch):
    copies.index(run)
    monkeypatch.setattr(copies, "AT_ONCE", 0)
    (copies.folder_of(run) / "record.json").unlink()
    processes.State(copies.working_in(run)).write(status="failed")
    with pytest.raises(LessonError) as caught:
        copies.index(run)
    assert caught.value.code == "copies_unread"
    monkeypatch.undo()
    assert copies.index(run) is not None
