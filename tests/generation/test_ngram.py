import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import LessonError
from core.generation.ngram import END, Counts, NGram, cut

LINES = [
    "La luna baja al río",
    "La luna sube al monte",
    "El río baja y canta",
    "El perro ladra a la luna",
    "La luna baja al patio",
]


@pytest.fixture(scope="module")
def model() -> NGram:
    return NGram(LINES)


@given(st.text())
def test_the_tokens_of_any_text_put_together_are_the_text(text: str):
    assert "".join(cut(text)) == text


@pytest.mark.parametrize("before", [[], ["La"], ["La", " luna"], [" nada", " visto"], [" x", " luna"]])
def test_what_can_follow_adds_up_to_one(before: list[str]):
    """With a base over a closed alphabet; the spelling's own is the same class over code points."""
    alphabet = sorted({token for line in LINES for token in cut(line)} | {END, " nunca"})
    counts = Counts([cut(line) for line in LINES], 3, lambda symbol: 1 / len(alphabet))
    assert math.fsum(counts.probability(symbol, before) for symbol in alphabet) == pytest.approx(1)
    assert min(counts.probability(symbol, before) for symbol in alphabet) > 0


def test_probabilities_are_those_worked_out_by_hand():
    """Two texts, «a b» and «a c», as pairs. Every discount is 0.75: no count of two stands beside counts of one.

    Lower level: a follows one symbol (START), b and c one (a), the end two (b and c): 5 in all, 4 different. n1 is 3
    and n2 is 1, so its discount is 3 / 5. Upper level: START a 2, a b 1, a c 1, b end 1, c end 1: n1 4, n2 1, 4 / 6.
    """
    counts = Counts([["a", "b"], ["a", "c"]], 2, lambda symbol: 0.1)
    b = ((1 - 3 / 5) + 3 / 5 * 4 * 0.1) / 5
    assert counts.probability("b", ["a"]) == pytest.approx(((1 - 4 / 6) + 4 / 6 * 2 * b) / 2)
    assert counts.probability("b", ["unseen"]) == pytest.approx(b)


def test_what_was_seen_is_likelier_than_what_was_not(model: NGram):
    likely = {word.text: word.probability for word in model.next_words("La luna", 99)}
    assert max(likely, key=likely.__getitem__) == " baja"
    assert likely[" sube"] > likely[" canta"]
    assert model.score(LINES[0]).bits_per_character < model.score("Tornillo y tuerca x").bits_per_character


def test_its_table_counts_as_a_person_would(model: NGram):
    word, after = model.counts()[0]
    assert (word, dict(after)) == ("la", {"luna": 4})
    assert dict(model.counts())["luna"] == {"baja": 2, "sube": 1, END: 1}


def test_the_end_of_what_was_counted_is_among_what_can_follow(model: NGram):
    assert "" in [word.text for word in model.next_words("El perro ladra a la luna")]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_a_probability(model: NGram, text: str):
    score = model.score(text)
    assert math.isfinite(score.nats)
    assert score.nats > 0
    assert score.characters == len(text)


def test_a_text_costs_what_its_tokens_cost(model: NGram):
    costs = model.token_nats("La luna ladra")
    assert [token for token, _ in costs] == [" La", " luna", " ladra", END]
    assert model.score("La luna ladra").nats == pytest.approx(sum(nats for _, nats in costs))


def test_it_writes_what_it_learned_and_the_same_again(model: NGram):
    known = {token for line in LINES for token in cut(f" {line}")}
    for seed in range(20):
        written = model.write("La luna", seed=seed)
        assert written == model.write("La luna", seed=seed)
        assert set(cut(written)) <= known
    assert len({model.write("La", seed=seed) for seed in range(20)}) > 2


def test_it_draws_as_often_as_it_counted(model: NGram):
    drawn = [model.write("La luna", 1, seed) for seed in range(1500)]
    assert set(drawn) == {" baja", " sube"}
    assert drawn.count(" baja") / len(drawn) == pytest.approx(2 / 3, abs=0.05)


def test_after_a_beginning_never_seen_it_goes_on_with_words_that_were(model: NGram):
    assert set(cut(model.write("Xilófono", 5))) <= {token for line in LINES for token in cut(f" {line}")}


@pytest.mark.parametrize("texts", [[], [""], ["", ""]])
def test_nothing_cannot_be_counted(texts: list[str]):
    with pytest.raises(LessonError, match="nothing_to_count"):
        NGram(texts)


def test_a_whole_notebook_is_counted_at_once():
    texts = [" ".join(f"palabra{(n * k) % 997}" for k in range(1, 20)) for n in range(600)]  # 100 000 characters
    began = time.perf_counter()
    model = NGram(texts)
    model.write("palabra1")
    assert time.perf_counter() - began < 3
    assert model.tokens == 600 * 19


def test_even_a_word_of_a_thousand_letters_never_seen_has_a_cost(model: NGram):
    assert math.isfinite(model.score("鱻" * 1000).nats)
