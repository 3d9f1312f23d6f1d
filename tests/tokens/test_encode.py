import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers

from core import classroom, storage
from core.data import sources, stages, table
from core.errors import LessonError
from core.tasks import TASKS
from core.tokens import encode, lengths
from core.tokens import tokenizer as tokenizers
from core.tokens.encode import IGNORED, encode_rows
from core.tokens.form import fit

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


@pytest.mark.parametrize("text", ["\ufffd" * 30, "a\ufffdb", "ñ\ufffd\ufffd"])
def test_a_mark_that_looks_like_half_a_letter_is_not_lost(text):
    assert "".join(piece.text for piece in TOKENIZER.pieces(TOKENIZER.encode(text))) == text


def test_what_looks_like_a_special_token_in_a_text_is_only_letters():
    ids = TOKENIZER.encode("el fin<|endoftext|>")
    assert TOKENIZER.eos_id not in ids
    assert TOKENIZER.decode(ids) == "el fin<|endoftext|>"


def test_pieces_keep_their_spaces_where_the_decoder_drops_the_first_one(tmp_path):
    words = ["▁la", "▁luna", "▁", "l", "a", "u", "n", "<unk>"]
    backend = Backend(models.WordLevel({word: id for id, word in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    backend.save(str(tmp_path / "tokenizer.json"))
    tokenizer = tokenizers.load(tmp_path)
    pieces = tokenizer.pieces(tokenizer.encode("la luna la luna"))
    assert [piece.text for piece in pieces] == ["la", " luna", " la", " luna"]


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_shortest_length_still_leaves_something_to_learn(new_project, language):
    project = new_project("summarize")
    stages.load_texts(project, sources.open_source("sample:notes", language))
    stages.prepare(project)
    with pytest.raises(LessonError) as error:
        encode.encode(project, encode.SHORTEST - 1)
    shortest = int(re.search(r"\((\d+)–", error.value.facts["problems"])[1])
    encode.encode(project, shortest)
    for row in table.rows(project.tokens / "train"):
        assert len(row["input_ids"]) <= shortest
        assert any(label != IGNORED for label in row["labels"])


@given(st.integers(0, 50), st.integers(1, 50), st.integers(-10, 0))
def test_without_room_nothing_is_kept(source, scored, room):
    assert fit(list(range(source)), list(range(scored)), room) == ([], [])


@pytest.mark.parametrize(
    ("measured", "context", "value", "reason"),
    [
        ([10, 20, 30], 512, 32, "length.longest"),
        ([10, 600], 512, 512, "length.context"),
        ([30] * 200 + [400], 512, 32, "length.percentile"),
    ],
)
def test_a_suggested_length_comes_with_its_reason(measured, context, value, reason):
    suggested = lengths.suggest_length(measured, context)
    assert (suggested.value, suggested.reason) == (value, reason)
