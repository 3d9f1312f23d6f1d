"""The steps that speak of a model, with a model of another kind than the classroom's."""

import pytest


@pytest.fixture
def t5(base, summarizing, workspace, monkeypatch):
    project = summarizing(base("t5"), 24)
    monkeypatch.setenv("LLMS_WORKSPACE", str(project.folder.parent))
    return project


def said(page) -> str:
    assert not page.exception
    assert [error.value for error in page.error] == []
    return "\n".join(str(part.value) for part in [*page.markdown, *page.caption])


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_seq2seq_model_is_told_apart_in_each_step_that_speaks_of_it(visit, t5, language):
    words = {
        "es": ["lee uno y escribe otro", "dale un texto entero", "Lo que tiene que escribir:", "por separado"],
        "en": ["reads one, writes another", "give it a whole text", "What it has to write:", "the summary separately"],
    }[language]
    steps = ["03_choose_model", "04_try_model", "07_tokens", "08_lengths"]
    for step, expected in zip(steps, words, strict=True):
        assert expected in said(visit(step, language, t5)), step
    said(visit("01_language_models", language, t5))
