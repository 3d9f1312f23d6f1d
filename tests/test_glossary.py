"""The terms of the lessons, and the glossary that says them in plain words."""

import pytest

from core import glossary, texts, workshop

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("step", [step.name for step in workshop.STEPS])
def test_every_term_in_italics_is_in_the_glossary(step, language):
    found, unknown = glossary.used(language, glossary.written(language, step))
    assert unknown == []
    assert found or step in ("07_tokens", "12_compare")


# Names that are not explained: of models, programs, file formats (step 5 says what each is), the workshop itself.
NAMES = {"GPT", "BERT", "BART", "CSV", "ODS", "ODT", "EPUB", "PDF", "TXT", "JSON", "ZIP", "UTF", "LLMs", "LM"}


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("step", [step.name for step in workshop.STEPS])
def test_every_acronym_is_in_the_glossary_and_among_the_words_of_its_step(step, language):
    written = glossary.written(language, step)
    used = {name for term in glossary.of_step(language, step) for name in term.names}
    asked = {name for text in written for name in glossary.acronyms(text)} - NAMES
    assert {name for name in asked if glossary.folded(name) not in used} == set()


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("name", ["home", "settings", "questions", "experiments", "decision", "tasks", "writing"])
def test_every_acronym_beside_the_steps_is_in_the_glossary(name, language):
    known = {one for term in glossary.terms(language) for one in term.names}
    asked = {one for text in glossary.written(language, name) for one in glossary.acronyms(text)} - NAMES
    assert {one for one in asked if glossary.folded(one) not in known} == set()


def test_an_acronym_that_nobody_explains_is_found():
    assert glossary.acronyms("La GPU y QLoRA, con `NF4` y un RLHF nuevo. Una palabra, LLMs.") == [
        "GPU", "QLoRA", "RLHF", "LLMs",
    ]  # fmt: skip
    found, unknown = glossary.used("es", ["Con una GPU"])
    assert [term.key for term in found] == ["gpu"]
    assert unknown == []


@IN_BOTH_LANGUAGES
def test_every_term_has_a_meaning_an_example_and_the_step_where_it_is_seen(language):
    terms = glossary.terms(language)
    assert len(terms) >= 60
    opening = {"es": "En el taller, paso ", "en": "In the workshop, step "}[language]
    for term in terms:
        assert len(term.meaning.split()) >= 10, term.key
        assert term.example.startswith(f"{opening}{term.step}: "), term.key
        assert 1 <= term.step <= len(workshop.STEPS)


def test_both_languages_see_a_term_in_the_same_step():
    spanish, english = ({term.key: term.step for term in glossary.terms(language)} for language in texts.LANGUAGES)
    assert spanish == english


@IN_BOTH_LANGUAGES
def test_no_two_terms_go_by_one_name(language):
    names = [name for term in glossary.terms(language) for name in term.names]
    assert sorted(names) == sorted(set(names))


def test_a_term_is_known_in_the_plural_with_a_capital_and_by_its_other_names():
    found, unknown = glossary.used(
        "es", ["*Parámetros* y *parámetro*, **no esto**", "modelos *causales*; 2 * 3 * 4; *zzz*"]
    )
    assert [term.key for term in found] == ["parameter", "causal_model"]
    assert unknown == ["zzz"]


def test_the_glossary_finds_words_without_their_accents_and_inside_examples():
    assert "epoch" in [term.key for term in glossary.terms("es", "epoca")]
    assert "lora" in [term.key for term in glossary.terms("es", "hojas transparentes")]
    assert glossary.terms("es", "qwxz") == []
