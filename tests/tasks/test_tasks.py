import pytest

from core.classroom import sample_path
from core.data.columns import guess_columns
from core.data.read import read
from core.tasks import TASKS
from core.texts import LANGUAGES, words


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_task_has_words_and_a_sample_whose_columns_it_finds_by_name(task, language):
    known = words(language, "tasks")
    assert known.body(task.code)
    assert all(f"{task.code}.column.{column}" in known and f"column.{column}" in known for column in task.columns)
    guessed = guess_columns(read(sample_path(task.sample, language)), task)
    assert {wanted: choice.value for wanted, choice in guessed.items()} == {column: column for column in task.columns}
    assert {choice.reason for choice in guessed.values()} <= {"column.by_name", "column.summary_named"}


def test_to_write_the_whole_text_is_learned():
    row = {"text": "La luna\nsube"}
    task = TASKS["write"]
    assert (task.source(row), task.cue("es"), task.completion(row)) == ("", "", "La luna\nsube")


@pytest.mark.parametrize(("language", "cue"), [("es", "\n\nResumen:"), ("en", "\n\nSummary:")])
def test_to_summarize_the_text_is_read_and_the_summary_learned(language, cue):
    row = {"text": "Un texto.", "summary": "Corto."}
    task = TASKS["summarize"]
    assert task.source(row) + task.cue(language) + task.completion(row) == f"Un texto.{cue} Corto."
