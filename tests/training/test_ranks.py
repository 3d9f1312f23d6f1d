"""What one process knows of the others; the runs of several are in test_many."""

import pytest
from datasets import load_from_disk

from core.errors import LessonError
from core.training import engine, ranks
from core.training.settings import Settings


@pytest.fixture
def among(monkeypatch: pytest.MonkeyPatch):
    """Makes this process the one of that number among so many."""

    def be(count: int, number: int = 0, **more: str) -> None:
        for name, value in {"WORLD_SIZE": count, "RANK": number, "LOCAL_RANK": number, **more}.items():
            monkeypatch.setenv(name, str(value))

    return be


def test_without_a_launcher_it_is_alone_and_the_main_one():
    assert (ranks.count(), ranks.number()) == (1, 0)
    assert ranks.is_main()
    assert ranks.is_first_here()
    with ranks.together() as call:
        call.say(1)
    assert ranks.same("this") == "this"
    assert ranks.strongest((None, "pause"), "pause") == "pause"


@pytest.mark.parametrize(("count", "accumulation", "steps"), [(1, 2, 12), (2, 1, 12), (3, 1, 8), (4, 2, 4)])
def test_several_processes_take_the_steps_of_one_that_gathers_as_many_batches(among, count, accumulation, steps):
    settings = Settings(epochs=4, batch_size=8, gradient_accumulation_steps=accumulation)
    alone = Settings(epochs=4, batch_size=8, gradient_accumulation_steps=accumulation * count)
    expected = engine.schedule(alone, rows=40)
    among(count)
    assert engine.schedule(settings, rows=40) == expected
    assert expected.steps == steps


@pytest.mark.parametrize(
    ("began_with", "now", "batch", "accumulation"),
    [(2, 2, 8, 3), (2, 1, 8, 6), (1, 2, 6, 2), (1, 4, 6, 1), (1, 3, 8, 1), (6, 1, 8, 18), (1, 24, 1, 1)],
)
def test_another_number_of_processes_reads_the_same_texts_for_each_update(among, began_with, now, batch, accumulation):
    settings = Settings(batch_size=8, gradient_accumulation_steps=3)
    among(now)
    shared = ranks.shared(settings, began_with)
    assert (shared.batch_size, shared.gradient_accumulation_steps) == (batch, accumulation)
    assert shared.batch_size * shared.gradient_accumulation_steps * now == 24 * began_with


def test_a_number_that_does_not_divide_them_is_refused(among):
    among(5)
    with pytest.raises(LessonError) as refused:
        ranks.shared(Settings(batch_size=8, gradient_accumulation_steps=1), 2)
    assert (refused.value.code, refused.value.facts) == (
        "processes_do_not_divide",
        {"before": 2, "now": 5, "rows": 16},
    )


@pytest.mark.parametrize(("rows", "batch", "blanks"), [(40, 8, 8), (44, 4, 4), (48, 8, 0), (41, 8, 7), (3, 8, 13)])
def test_two_processes_read_as_many_whole_batches(among, rows, batch, blanks):
    assert ranks.blank_rows(rows, batch) == 0
    among(2)
    assert ranks.blank_rows(rows, batch) == blanks
    assert (rows + blanks) % (2 * batch) == 0


def test_what_fills_up_the_last_batch_teaches_nothing(project):
    train = load_from_disk(str(project.tokens / "train")).select_columns(["input_ids", "labels", "length"])
    filled = ranks.filled(train, 3)
    assert filled[:40] == train[:40]
    assert len(filled) == 43
    added = filled[40:]
    assert {label for labels in added["labels"] for label in labels} == {-100}
    assert max(added["length"]) == min(train["length"])


def test_a_lost_process_is_told_from_a_fault_of_ours(among):
    gone = RuntimeError("[gloo/transport/tcp/pair.cc:538] Connection closed by peer [127.0.0.1]:30817")
    assert not ranks.is_lost(gone)
    among(2)
    assert ranks.is_lost(gone)
    assert not ranks.is_lost(RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"))
    assert not ranks.is_lost(ValueError("Connection closed by peer"))
