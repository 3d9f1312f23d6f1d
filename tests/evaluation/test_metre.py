"""Verses scanned and rhymed by ear, against what a reader of verse counts."""

import json
import random

import pytest

from core import classroom
from core.evaluation import metre, ngrams, rhyme

# Ours, but for four lines that every manual scans: Garcilaso, Bécquer, Darío and Hernández.
SCANNED = {
    "El dulce lamentar de dos pastores": 11,
    "de tu balcón sus nidos a colgar": 11,
    "Yo soy aquel que ayer no más decía": 11,
    "Aquí me pongo a cantar": 8,
    "Guardo en la caja un hilo de tu abrigo": 11,
    "y otra vez a la ventana": 8,
    "me voy al mar": 5,
    "casa y árbol": 4,
    "crece la hierba": 5,
    "se moja un hueso": 5,
    "cruzan los pájaros": 5,
    "MUY ALTO": 3,
    "la a, la e, la o": 4,
    "¿Qué?": 2,
    "12": 0,
    "": 0,
}


@pytest.mark.parametrize(("line", "count"), SCANNED.items())
def test_a_verse_has_the_syllables_that_are_heard(line, count):
    assert metre.metric_syllables(line) == count


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        ("camino", "vecino", {"consonant", "assonant"}),
        ("camino", "amigo", {"assonant"}),
        ("pájaro", "casco", {"assonant"}),
        ("fácil", "valle", {"assonant"}),
        ("casa", "caza", {"consonant", "assonant"}),
        ("calle", "vaye", {"consonant", "assonant"}),
        ("corazón", "razón", {"consonant", "assonant"}),
        ("mar", "cantar", {"consonant", "assonant"}),
        ("mar", "mares", set()),
        ("estoy", "hoy", {"consonant", "assonant"}),
        ("lluvia", "luna", {"assonant"}),
        ("queso", "beso", {"consonant", "assonant"}),
        ("guerra", "tierra", {"consonant", "assonant"}),
        ("lejos", "espejos", {"consonant", "assonant"}),
        ("gente", "jefe", {"assonant"}),
        ("lentamente", "gente", {"consonant", "assonant"}),
        ("sol", "luz", set()),
    ],
)
def test_two_words_rhyme_as_they_sound(one, other, kinds):
    assert {kind for kind in rhyme.KINDS if all(rhyme.rhymes([f"dijo {one},", f"oyó {other}."], kind))} == kinds


def test_a_word_does_not_rhyme_with_itself_nor_with_one_far_away():
    assert rhyme.rhymes(["la casa", "mi casa"], "consonant") == [False, False]
    far = ["la casa", "un río", "el sol", "tu mano", "la brasa"]
    assert rhyme.rhymes(far, "consonant") == [False] * 5
    assert rhyme.rhymes(far[1:], "consonant") == [False] * 4
    assert rhyme.rhymes([far[0], *far[2:]], "consonant") == [True, False, False, True]


def test_in_prose_about_a_third_rhymes_in_the_vowels_by_chance_as_the_page_says():
    notes = (classroom.SAMPLES / "notes.es.jsonl").read_text(encoding="utf-8").splitlines()
    prose = [sentence for note in notes for sentence in ngrams.sentences(json.loads(note)["text"])]
    random.Random(1).shuffle(prose)
    assert sum(rhyme.rhymes(prose, "assonant")) / len(prose) == pytest.approx(1 / 3, abs=0.05)
    assert sum(rhyme.rhymes(prose, "consonant")) / len(prose) < 0.06


def test_what_has_no_vowel_or_no_word_rhymes_with_nothing():
    assert rhyme.rhymes(["grr", "brr", "…", ""], "assonant") == [False] * 4


def test_the_verses_of_a_text_are_its_lines_with_words():
    assert metre.verses("uno\n\n  \n—\ndos dos\n") == ["uno", "dos dos"]
