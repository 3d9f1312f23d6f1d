"""Whole words that could come next, and thoughts that a page bends by itself."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.generation import words
from core.generation.generate import Sampling, next_tokens, shape
from core.generation.loaded import Loaded
from core.tasks import TASKS
from core.tokens.encode import prompt_ids


def ids(loaded: Loaded, text: str) -> list[int]:
    return prompt_ids(text, TASKS["write"], loaded.tokenizer, "es", loaded.context - words.ROOM)


@given(
    st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=60, unique=True),
    st.sampled_from([0, 0.1, 0.5, 1, 1.7]),
    st.integers(0, 70),
    st.sampled_from([0.1, 0.45, 0.9, 1]),
)
def test_bent_on_the_page_it_is_what_the_model_would_say(logits, temperature: float, top_k: int, top_p: float):
    ordered = np.sort(np.array(logits, dtype=np.float32))[::-1].copy()
    sampling = Sampling(temperature, top_k, top_p)
    whole = torch.softmax(torch.tensor(ordered).double() / (temperature or 1), 0)
    edge = (whole.cumsum(0) - whole - top_p).abs().min()
    if edge < 1e-5 and top_p < 1:
        return  # a sum that is top-p itself, but for rounding
    assert words.shape_sorted(ordered, sampling) == pytest.approx(shape(torch.tensor(ordered), sampling), abs=1e-5)


@pytest.mark.parametrize("sampling", [Sampling(0.3, 0, 0.9), Sampling(1, 4, 1), Sampling(1.8, 7, 0.5), Sampling(0)])
def test_a_thought_gives_the_candidates_that_the_model_gives(classroom: Loaded, sampling: Sampling):
    read = ids(classroom, "La casa está llena de")
    thought = words.unpacked(words.think(classroom, read).packed())
    expected = next_tokens(classroom, read, sampling)
    assert [c.text for c in thought.candidates(sampling)] == [c.text for c in expected]
    bent = [c.probability for c in thought.candidates(sampling)]
    assert bent == pytest.approx([c.probability for c in expected], rel=1e-3)


def product(loaded: Loaded, read: list[int], tokens: list[int]) -> float:
    """The product of the tokens' probabilities, asked one by one."""
    likely = 1.0
    for at, token in enumerate(tokens):
        with torch.no_grad():
            logits = loaded.model(torch.tensor([[*read, *tokens[:at]]])).logits[0, -1]
        likely *= float(torch.softmax(logits.float(), -1)[token])
    return likely


def test_a_words_chance_multiplies_all_its_tokens_and_its_end(classroom: Loaded):
    read = ids(classroom, "La noche estaba llena de")
    tokens = classroom.tokenizer.encode(" luciérnagas")
    assert len(tokens) > 1
    whole = product(classroom, read, tokens)
    with torch.no_grad():
        after = torch.softmax(classroom.model(torch.tensor([[*read, *tokens]])).logits[0, -1].float(), -1)
    goes_on = sum(
        float(after[i]) for i, text in enumerate(classroom.pieces) if text[:1].isalnum() or "\ufffd" in text[:1]
    )
    assert words.chance(classroom, read, " luciérnagas") == pytest.approx(whole * (1 - goes_on), rel=1e-3)


def test_candidates_are_whole_words_with_the_chance_that_each_has_when_asked_for(classroom: Loaded):
    read = ids(classroom, "La luna entró por la")
    found = words.next_words(classroom, read)
    assert len(found) == 10
    assert found[0].text == " ventana"
    assert [word.probability for word in found] == sorted((word.probability for word in found), reverse=True)
    for word in found:
        asked = words.chance(classroom, read, word.text)
        assert word.probability == pytest.approx(asked, rel=1e-3), word.text
    assert math.fsum(word.probability for word in found) < 1


def test_a_beginning_of_a_word_is_less_likely_than_the_word(classroom: Loaded):
    read = ids(classroom, "La luna entró por la")
    assert words.chance(classroom, read, " ventan") < words.chance(classroom, read, " ventana") / 100


def test_words_are_bent_as_tokens_are(classroom: Loaded):
    read = ids(classroom, "La luna entró por la")
    calm = words.next_words(classroom, read, Sampling(0.3, top_p=1))
    assert calm[0].probability > words.next_words(classroom, read)[0].probability
    assert words.chance(classroom, read, " tornillo", Sampling(1, top_k=3, top_p=1)) == 0


@pytest.mark.parametrize("word", ["", " ", "🙂", " 🙂🙂🙂", "x" * 50_000, "\n", "<|endoftext|>"])
def test_any_word_has_a_chance(classroom: Loaded, word: str):
    assert 0 <= words.chance(classroom, ids(classroom, "La casa"), word) <= 1


@pytest.mark.parametrize("text", ["", "   ", "🙂" * 400, "palabra " * 7000])
def test_any_beginning_has_candidates(classroom: Loaded, text: str):
    read = ids(classroom, text)
    assert len(words.think(classroom, read).candidates(words.WHOLE)) == 10
    assert words.next_words(classroom, read[-40:])
