import math

import pytest
from rouge_score.rouge_scorer import RougeScorer

from core.evaluation.evaluate import compute


def test_perplexity_and_bits_are_what_their_formulas_say():
    found = compute("perplexity", [6.0, 4.0], [{"tokens": 3, "characters": 9}, {"tokens": 2, "characters": 6}])
    assert found["loss"] == pytest.approx(2)
    assert found["perplexity"] == pytest.approx(math.exp(2))
    assert found["bits_per_character"] == pytest.approx(10 / math.log(2) / 15)


def test_rouge_is_the_reference_one_on_words_without_accents():
    written, reference = "the cat sat on the mat", "the cat lay on a mat today"
    theirs = RougeScorer(["rouge1", "rouge2", "rougeL"]).score(reference, written)
    ours = compute("rouge", [written], [reference])
    assert ours == pytest.approx({name: score.fmeasure for name, score in theirs.items()})


def test_rouge_knows_that_a_word_with_an_accent_is_one_word():
    found = compute("rouge", ["el coraz n est aqu", "el corazón está aquí"], ["el corazón está aquí"] * 2)
    assert found["rouge1"] == pytest.approx((2 / 9 + 1) / 2, abs=1e-6)
