"""What a person sees of tokens: whole letters, whole accents, whole families; and nothing of it lost."""

import random
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models

from core import classroom
from core.tokens import tokenizer as tokenizers
from core.tokens.tokenizer import Tokenizer

TOKENIZER = tokenizers.load(classroom.MODEL)
VOCABULARY = TOKENIZER.backend.get_vocab_size()
UNICODE = st.text(st.characters(codec="utf-8"))
WHOLE = ["ñ", "¿", "«", "e\u0301", "n\u0303", "🦜", "👩‍🌾", "👨‍👩‍👧‍👦", "👍🏽", "🇦🇷", "❤️", "日本", "ي", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]


@given(UNICODE)
def test_chips_put_together_are_the_text_and_hold_every_id(text):
    ids = TOKENIZER.encode(text)
    chips = TOKENIZER.chips(ids)
    assert "".join(chip.text for chip in chips) == TOKENIZER.decode(ids)
    assert [id for chip in chips for id in chip.ids] == ids
    assert [piece.id for piece in TOKENIZER.pieces(ids)] == ids


@given(st.lists(st.integers(0, VOCABULARY - 1), max_size=60))
def test_any_ids_even_cut_in_the_middle_of_a_letter_decode_to_their_chips(ids):
    """A model, or a cut, may end anywhere: what is then no letter is shown as decoding shows it."""
    chips = TOKENIZER.chips(ids)
    assert "".join(chip.text for chip in chips) == TOKENIZER.decode(ids)
    assert [id for chip in chips for id in chip.ids] == ids


@given(UNICODE)
def test_no_chip_of_a_whole_text_shows_half_a_letter(text):
    plain = text.replace("\ufffd", "")
    assert not any("\ufffd" in chip.text for chip in TOKENIZER.chips(TOKENIZER.encode(plain)))


@pytest.mark.parametrize("letter", WHOLE)
def test_what_is_read_as_one_sign_stands_in_one_chip(letter):
    """Also with one token a byte, where every accent is divided."""
    from core.tokens.alternatives import letters

    for tokenizer in (TOKENIZER, letters()):
        wanted = unicodedata.normalize("NFC", letter) if tokenizer is TOKENIZER else letter
        chips = tokenizer.chips(tokenizer.encode(f"a {letter} b"))
        signs = [wanted] if len(letter) > 1 and letter not in ("日本",) else list(wanted)
        assert all(any(sign in chip.text for chip in chips) for sign in signs)


def test_two_flags_are_two_chips():
    from core.tokens.alternatives import letters

    tokenizer = letters()
    assert [chip.text for chip in tokenizer.chips(tokenizer.encode("🇦🇷🇺🇾"))] == ["🇦🇷", "🇺🇾"]


def test_a_special_token_has_a_chip_of_its_own_even_after_half_a_letter():
    half = TOKENIZER.encode("日")[:1]
    chips = TOKENIZER.chips([*half, TOKENIZER.eos_id, *TOKENIZER.encode("\u0301a")])
    assert [chip.special for chip in chips][:2] == [False, True]
    assert chips[1].text == "<|endoftext|>"


def test_bytes_of_another_kind_of_vocabulary_are_put_together_too():
    words = ["<unk>", "▁la", *(f"<0x{byte:02X}>" for byte in range(256))]
    backend = Backend(models.WordLevel({word: id for id, word in enumerate(words)}, unk_token="<unk>"))
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer = Tokenizer(backend, None, None)
    ids = [1, *(2 + byte for byte in "ñ🦜日".encode()), 1]
    assert [chip.text for chip in tokenizer.chips(ids)] == [" la", "ñ", "🦜", "日", " la"]


@pytest.mark.parametrize("unit", ["La lluvia no avisa. ", "\ufffd", "e\u0301\u0302", "日本 ", "🇦🇷", "👩‍"])
def test_chips_take_time_in_proportion_to_the_text(unit):
    def seconds(times: int) -> float:
        ids = TOKENIZER.encode(unit * times)
        began = time.perf_counter()
        TOKENIZER.chips(ids)
        return time.perf_counter() - began

    seconds(100)
    assert min(seconds(20_000) for _ in range(2)) < 8 * 8 * max(0.002, min(seconds(2_500) for _ in range(3)))
    assert seconds(20_000) < 5


@given(UNICODE)
def test_only_composed_accents_tell_a_text_from_what_comes_back(text):
    """The classroom's tokenizer composes accents (NFC); any other text comes back letter for letter."""
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == unicodedata.normalize("NFC", text)


def test_long_random_ids_agree_with_the_decoder():
    chance = random.Random(7)
    for _ in range(20):
        ids = [chance.randrange(VOCABULARY) for _ in range(500)]
        assert "".join(chip.text for chip in TOKENIZER.chips(ids)) == TOKENIZER.decode(ids)
