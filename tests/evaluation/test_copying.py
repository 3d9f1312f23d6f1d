"""The copying detector: a planted copy is found where it stands, and a paraphrase is not one."""

import random

import pytest

from core.evaluation.copying import WORDS, Index

TEXTS = [
    "La abuela dejó la llave debajo de la maceta\ny se fue sin mirar atrás, como quien vuelve.",
    "En la cocina quedaba el mate frío; nadie quiso lavar la taza que ella usaba los domingos.",
    "Corto.",
]


@pytest.fixture(scope="module")
def index():
    return Index(TEXTS)


def found(index, text):
    return [(text[copy.start : copy.end], copy.row) for copy in index.look(text).copies]


def test_a_planted_copy_is_found_where_it_stands_and_says_from_which_text(index):
    text = "Anoche soñé que nadie quiso lavar la taza que ella usaba, y me desperté."
    assert found(index, text) == [("nadie quiso lavar la taza que ella usaba", 1)]


def test_case_punctuation_and_line_breaks_do_not_hide_a_copy(index):
    text = "DEJÓ LA LLAVE\nDEBAJO — de la maceta: y se fue"
    assert found(index, text) == [(text, 0)]


def test_a_paraphrase_is_not_a_copy(index):
    looked = index.look(
        "Mi abuela escondió las llaves bajo la maceta y partió sin volver la mirada, como si regresara."
    )
    assert looked.copies == []
    assert looked.novelty == 1


def test_a_run_of_words_shorter_than_the_least_is_everybodys(index):
    words = TEXTS[0].split()
    assert index.look(" ".join(words[: WORDS - 1])).copies == []
    assert len(index.look(" ".join(words[:WORDS])).copies) == 1


def test_no_copy_goes_from_one_text_into_the_next(index):
    text = "sin mirar atrás, como quien vuelve. En la cocina quedaba el mate frío"
    assert found(index, text) == [("sin mirar atrás, como quien vuelve", 0), ("En la cocina quedaba el mate frío", 1)]


def test_the_novelty_is_the_share_of_words_in_no_copy(index):
    looked = index.look("uno dos tres cuatro la llave debajo de la maceta")
    assert looked.novelty == pytest.approx(4 / 10)


def test_where_a_text_stands_in_two_the_longer_copy_is_told():
    index = Index(["a b c d e f x", "a b c d e f g h"])
    assert [(copy.row, copy.words) for copy in index.look("a b c d e f g h").copies] == [(1, 8)]


@pytest.mark.parametrize("text", ["", "   ", "¡…!", "🙂 🙂", "una"])
def test_what_has_hardly_a_word_is_all_new(index, text):
    assert index.look(text).novelty == 1
    assert Index([]).look(text).novelty == 1


def test_it_finds_what_a_plain_search_finds():
    draw = random.Random(3)
    texts = [" ".join(draw.choices("abcde", k=60)) for _ in range(30)]
    index = Index(texts)
    for _ in range(50):
        text = " ".join(draw.choices("abcde", k=25))
        words = text.split()
        windows = {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
        copied = any(f" {window} " in f" {train} " for window in windows for train in texts)
        assert bool(index.look(text).copies) == copied
        for copy in index.look(text).copies:
            assert f" {text[copy.start : copy.end]} " in f" {texts[copy.row]} "
