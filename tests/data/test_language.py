import json

import pytest

from core.classroom import sample_path
from core.data.language import detect, forget, is_other, main_language, text_language

CLEAR = {
    "en": "My friend went to the beach yesterday and brought back a bag full of shells for his daughter",
    "pt": "O meu amigo foi ontem à praia e trouxe um saco cheio de conchas para a sua filha pequena",
    "gl": "O meu amigo foi onte á praia e trouxo un saco cheo de cunchas para a súa filla pequena",
    "ca": "El meu amic va anar ahir a la platja i va portar un sac ple de petxines per a la seva filla",
    "fr": "Mon ami est allé hier à la plage et il a rapporté un sac plein de coquillages pour sa petite fille",
    "it": "Il mio amico è andato ieri alla spiaggia e ha portato una borsa piena di conchiglie per la figlia",
}


@pytest.mark.parametrize("code", CLEAR)
def test_a_text_clearly_in_another_language_is_told(code):
    assert is_other(CLEAR[code], "es") == code
    assert is_other(CLEAR[code].upper(), "es") == code
    assert is_other(CLEAR[code], code) is None
    assert detect(CLEAR[code])[0] == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The end",
        "1234567890 " * 20,
        "Recuerde el alma dormida,\navive el seso e despierte\ncontemplando\ncómo se passa la vida",
        "En un weekend de rock, el manager del pub pidió un sandwich y un whisky con hielo",
        "Ella leyó en voz alta: «To be, or not to be, that is the question», y cerró el libro despacio.",
        "Arma virumque cano, decía el viejo maestro, y nosotros copiábamos sin entender palabra alguna",
        "No quería ladrar el perro mudo de la esquina. " + CLEAR["en"],
    ],
)
def test_short_old_borrowed_and_mixed_texts_are_not_another_language(text):
    assert is_other(text, "es") is None


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("name", ["poems", "notes"])
def test_no_text_of_our_samples_is_taken_for_another_language(name, language):
    for line in sample_path(name, language).read_text(encoding="utf-8").splitlines():
        assert is_other(json.loads(line)["text"], language) is None


def test_a_language_we_do_not_know_is_never_missed():
    assert is_other(CLEAR["en"], "sv") is None


def test_the_main_language_is_the_one_of_the_largest_share():
    assert main_language({"pt": 0.8, "es": 0.2}) == "pt"
    assert main_language({}) is None


def test_a_text_almost_without_letters_has_no_language():
    assert detect("") is None
    assert detect("¿Y? 12:30 …") is None


def test_the_language_of_texts_is_told_by_their_small_words():
    assert text_language(["The lamp is on the table by the door"]) == "en"
    assert text_language(["La lámpara está en la mesa de la casa"]) == "es"
    assert text_language([]) == "es"


def test_a_model_that_was_let_go_comes_back_when_it_is_needed():
    before = detect(CLEAR["pt"])
    forget()
    assert detect(CLEAR["pt"]) == before
    assert before[0] == "pt"
