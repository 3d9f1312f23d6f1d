import pickle

from core import texts
from core.errors import LessonError


def test_an_error_names_its_code_and_its_facts():
    error = LessonError("too_few_texts", found=3, needed=10)
    assert (error.code, error.facts) == ("too_few_texts", {"found": 3, "needed": 10})
    assert str(error) == "too_few_texts(found=3, needed=10)"


def test_what_a_person_reads_has_her_facts_in_her_language():
    error = LessonError("file_too_big", name="novela.txt", megabytes=1200)
    spanish, english = (texts.explain(error, language) for language in texts.LANGUAGES)
    assert "novela.txt" in spanish.found
    assert "1.200" in spanish.found
    assert "1,200" in english.found
    assert spanish.advice != english.advice


def test_braces_in_what_she_gave_are_shown_as_they_are():
    said = texts.explain(LessonError("file_not_found", name="{name} {0} %s"), "es")
    assert "{name} {0} %s" in said.found


def test_an_error_that_crossed_a_process_as_text_reads_the_same():
    error = LessonError("adapter_of_another_base", name="a.zip", base="otro/modelo", model="classroom")
    told = LessonError(error.code, **{name: str(fact) for name, fact in error.facts.items()})
    assert texts.explain(told, "es") == texts.explain(error, "es")
    assert pickle.dumps(texts.explain(told, "es"))
