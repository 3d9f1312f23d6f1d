"""Spanish syllables, word by word, against what any school book says."""

import pytest

from core.evaluation import verse

COUNTS = {
    1: "sol y rey muy buey dios fue guion buen que pie ley hoy miau truhan crió",
    2: "canción casa aire país baúl oír guerra queso ciudad ruido cuota verso mayo tahúr ahí río desde limpiáis",
    3: "reúne héroe poeta prohíbe pingüino lingüista María ahijado guitarra chiita cohete búsqueda continuo",
    4: "caótico océano teléfono alegría mariposa averiguáis murciélago atardecer lingüística poesía",
    5: "aeropuerto atardeceres perplejidades comprobarías",
}  # fmt: skip
WORDS = {word: count for count, line in COUNTS.items() for word in line.split()}


@pytest.mark.parametrize(("word", "count"), WORDS.items())
def test_a_word_has_as_many_syllables_as_are_heard(word, count):
    assert verse.syllables(word) == count
    assert verse.syllables(word.upper()) == count


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (1, "sol ciudad corazón reloj estoy robots país baúl café"),
        (2, "casa joven martes fácil poeta guitarra lentamente fácilmente ruido árbol"),
        (3, "pájaro teléfono búsqueda régimen"),
        (4, "dígamelo"),
    ],
)
def test_a_word_is_stressed_where_it_is_written_or_else_by_how_it_ends(place, said):
    assert {word: verse.stressed(word) for word in said.split()} == dict.fromkeys(said.split(), place)


def test_an_accent_in_two_signs_counts_like_one_in_one():
    assert verse.syllables("pai\u0301s") == 2


def test_what_has_no_vowel_is_one_syllable_and_words_are_runs_of_letters():
    assert verse.syllables("grr") == 1
    assert verse.words("¿Qué—dijo— «l’eau»?  12 n.º 3, a_b") == ["Qué", "dijo", "l’eau", "n", "º", "a", "b"]
