import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import classroom, storage
from core.data import table
from core.errors import LessonError
from core.tasks import TASKS
from core.tokens import encode, lengths
from core.tokens import tokenizer as tokenizers
from core.tokens.encode import IGNORED, encode_rows, fit

TOKENIZER = tokenizers.load(classroom.MODEL)
UNICODE = st.text(st.characters(codec="utf-8"))
NOTE = {"row": 1, "text": "El mercado abre el lunes. " * 30, "summary": "Abre el mercado."}


@given(UNICODE)
def test_any_text_comes_back_from_its_tokens_in_its_composed_form(text):
    """The classroom's tokenizer composes accents (NFC), as its card says; nothing else changes."""
    plain = unicodedata.normalize("NFC", text)
    assert TOKENIZER.decode(TOKENIZER.encode(plain)) == plain


@given(UNICODE)
def test_pieces_put_together_are_the_text(text):
    plain = unicodedata.normalize("NFC", text)
    assert "".join(piece.text for piece in TOKENIZER.pieces(TOKENIZER.encode(plain))) == plain


@pytest.mark.parametrize("text", ["¿Qué ñandú?", "corazón", "🦜 vuela", "👩‍🌾", "日本"])
def test_no_piece_shows_half_a_letter(text):
    assert not any("\ufffd" in piece.text for piece in TOKENIZER.pieces(TOKENIZER.encode(text)))


def test_only_the_summary_and_its_end_are_scored():
    (example,) = encode_rows([{**NOTE, "text": "El mercado abre."}], TASKS["summarize"], TOKENIZER, "es", 400)
    scored = [label for label in example.labels if label != IGNORED]
    assert TOKENIZER.decode(scored[:-1]) == " Abre el mercado."
    assert scored[-1] == TOKENIZER.eos_id
    read = example.input_ids[: -len(scored)]
    assert TOKENIZER.decode(read[1:]) == "El mercado abre.\n\nResumen:"
    assert example.characters == len(" Abre el mercado.")


def test_a_cut_takes_from_the_source_and_leaves_the_summary_whole():
    (example,) = encode_rows([NOTE], TASKS["summarize"], TOKENIZER, "es", 64)
    assert len(example.input_ids) == 64
    assert example.truncated
    text = TOKENIZER.decode(example.input_ids)
    assert text.endswith("\n\nResumen: Abre el mercado.<|endoftext|>")


@given(st.integers(0, 300), st.integers(1, 300), st.integers(1, 200))
def test_a_cut_fills_the_room_and_never_more(source, scored, room):
    kept, rest = fit(list(range(source)), list(range(scored)), room)
    assert len(kept) + len(rest) == min(room, source + scored)
    assert len(kept) >= min(source, room // 2)


def test_every_label_of_a_poem_counts_but_the_first_mark(loaded):
    for row in table.rows(loaded().tokens / "train")[:20]:
        assert row["labels"] == [IGNORED, *row["input_ids"][1:]]
        assert row["length"] == len(row["input_ids"])


@pytest.mark.parametrize("max_length", [0, 7, 513])
def test_a_length_that_the_model_cannot_read_is_refused(loaded, max_length):
    project = loaded()
    before = storage.load_json(project.tokens / "record.json")
    with pytest.raises(LessonError, match="settings_out_of_range"):
        encode.encode(project, max_length)
    assert storage.load_json(project.tokens / "record.json") == before


def test_truncated_rows_are_counted(loaded):
    project = loaded()
    measured = encode.measure(project)
    record = encode.encode(project, 40)
    assert record["truncated_rows"] == lengths.cut_by(measured, 40)[0] > 0


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=300))
def test_bins_lose_no_text_and_percentiles_are_lengths_that_exist(measured):
    middles, counts, _ = lengths.bins(measured)
    assert sum(counts) == len(measured)
    assert len(middles) == len(counts) <= 40
    for share in (1, 50, 90, 100):
        value = lengths.percentile(measured, share)
        assert value in measured
        assert sum(length <= value for length in measured) >= len(measured) * share / 100


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=300), st.sampled_from([128, 512, 1024]))
def test_a_suggested_length_is_one_that_the_model_can_read(measured, context):
    assert 0 < lengths.suggest_length(measured, context).value <= context
