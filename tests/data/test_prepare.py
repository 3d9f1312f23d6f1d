import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import storage
from core.data import stages, table
from core.data.clean import clean, sameness, tidy_spaces
from core.data.language import text_language
from core.data.split import SHARES, split
from core.errors import LessonError
from core.tasks import TASKS


def rows(*texts: str) -> list[dict]:
    return [{"row": number, "text": text} for number, text in enumerate(texts, start=1)]


def test_each_row_that_goes_says_why_and_the_first_of_equals_stays():
    cleaned = clean(rows("Uno", "", "  ", "uno ", "Dos"), TASKS["write"])
    assert [row["row"] for row in cleaned.kept] == [1, 5]
    assert [(row["row"], row["reason"]) for row in cleaned.dropped] == [(2, "empty"), (3, "empty"), (4, "duplicate")]


def test_a_step_that_is_off_does_nothing():
    cleaned = clean(rows("uno", "uno", "dos  "), TASKS["write"], steps=())
    assert [row["text"] for row in cleaned.kept] == ["uno", "uno", "dos  "]


def test_a_verse_keeps_its_indent_and_its_breaks():
    assert tidy_spaces("uno  dos \n   tres\t\n\n\n\ncuatro") == "uno dos\n   tres\n\ncuatro"


def test_an_emoji_made_of_several_stays_whole():
    assert tidy_spaces("👩‍🌾 va") == "👩‍🌾 va"


@given(st.lists(st.text()))
@example(["cafe\u200b\u0301"])  # an invisible mark between a letter and its accent
def test_cleaning_twice_changes_nothing_more(texts):
    once = clean(rows(*texts), TASKS["write"])
    twice = clean(once.kept, TASKS["write"])
    assert twice.kept == once.kept
    assert not twice.dropped
    assert not twice.tidied


@given(
    st.lists(st.sampled_from([f"texto {n}" for n in range(40)] + ["Texto  1", "TEXTO 2"]), min_size=60),
    st.integers(0, 99),
)
def test_equal_texts_never_fall_on_both_sides(texts, seed):
    try:
        parts = split(rows(*texts), seed)
    except LessonError:
        return
    keys = [{sameness(row) for row in parts[name]} for name in SHARES]
    assert keys[0] | keys[1] | keys[2] == {sameness(row) for row in rows(*texts)}
    assert not keys[0] & keys[1]
    assert not keys[0] & keys[2]
    assert not keys[1] & keys[2]


def test_a_split_is_80_10_10_and_the_seed_decides_it():
    texts = rows(*(f"texto {n}" for n in range(200)))
    parts = split(texts, 7)
    assert {name: len(part) for name, part in parts.items()} == {"train": 160, "validation": 20, "test": 20}
    assert split(texts, 7) == parts
    assert split(texts, 8) != parts


def test_too_few_texts_are_refused_with_the_number_that_is_needed(new_project, workspace):
    project = new_project()
    stages.load_texts(project, stages.Source("a.txt", table.Table(("text",), [{"text": f"t{n}"} for n in range(9)])))
    with pytest.raises(LessonError) as error:
        stages.prepare(project)
    assert error.value.code == "too_few_texts"
    assert error.value.facts == {"found": 9, "needed": 10}
    assert not project.prepared.exists()


def test_only_blank_texts_and_wrong_columns_are_refused(new_project):
    project = new_project()
    blank = stages.Source("a.csv", table.Table(("text",), [{"text": " "}] * 20))
    with pytest.raises(LessonError, match="only_blank_texts"):
        stages.load_texts(project, blank)
    full = stages.Source("a.csv", table.Table(("text",), [{"text": "x"}]))
    with pytest.raises(LessonError, match="column_not_found"):
        stages.load_texts(project, full, {"text": "otra"})
    assert not project.texts.exists()


def test_a_stage_says_what_it_was_made_from(loaded):
    project = loaded()
    texts, prepared = (storage.load_json(folder / "record.json") for folder in (project.texts, project.prepared))
    tokens = storage.load_json(project.tokens / "record.json")
    assert prepared["made_from"] == texts["fingerprint"]
    assert tokens["made_from"] == prepared["fingerprint"]
    assert sum(prepared["rows"].values()) == prepared["rows_kept"] == 258


def test_what_is_saved_opens_with_datasets_too(loaded):
    from datasets import load_from_disk

    project = loaded()
    assert load_from_disk(str(project.prepared / "train")).to_list() == table.rows(project.prepared / "train")


def test_the_language_of_texts_is_told_by_their_small_words():
    assert text_language(["The lamp is on the table by the door"]) == "en"
    assert text_language(["La lámpara está en la mesa de la casa"]) == "es"
    assert text_language([""]) == "es"


def test_a_poem_that_is_only_spaces_counts_as_empty_even_with_every_repair_off():
    assert clean(rows(" \n\t"), TASKS["write"], steps=()).reasons == {"empty": 1}


def test_summaries_without_a_text_go_and_texts_without_a_summary_too():
    pairs = [{"row": 1, "text": "uno", "summary": " "}, {"row": 2, "text": "", "summary": "dos"}]
    assert clean(pairs, TASKS["summarize"]).reasons == {"empty": 2}


@given(st.integers(10, 400), st.integers(0, 2**31 - 1))
def test_any_split_loses_nobody_and_leaves_no_part_empty(count, seed):
    parts = split(rows(*(f"texto {n}" for n in range(count))), seed)
    assert sorted(row["row"] for part in parts.values() for row in part) == list(range(1, count + 1))
    assert len(parts["validation"]) == len(parts["test"]) == max(1, round(count / 10))
