"""The questions of each step: all worded, each option with its reason, and what holds not always in one place."""

import pytest

from core import questions, texts, workshop


def test_every_step_asks_two_or_three_questions():
    assert set(questions.HOLDS) == {step.name for step in workshop.STEPS}
    assert all(2 <= len(holds) <= 3 and set(holds) <= set(questions.OPTIONS) for holds in questions.HOLDS.values())


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("step", questions.HOLDS)
def test_each_option_has_its_reason(step, language):
    words = texts.words(language, "questions")
    for number in questions.numbers(step):
        assert words(questions.key(step, number)).endswith("?")
        reasons = [words.body(questions.key(step, number, option)) for option in questions.OPTIONS]
        assert all(len(reason.split()) >= 5 for reason in reasons)
        assert len(set(reasons)) == len(reasons)


def test_the_files_ask_nothing_that_no_step_shows():
    asked = {questions.key(step, n) for step in questions.HOLDS for n in questions.numbers(step)}
    keys = texts.words("es", "questions").blocks
    assert {key for key in keys if key.startswith("question.") and key.count(".") == 2} == asked


def test_what_holds_is_not_told_by_its_place_or_its_length():
    holds = "".join(questions.HOLDS.values())
    assert all(holds.count(option) >= len(holds) / 5 for option in questions.OPTIONS)
    for language in texts.LANGUAGES:
        words = texts.words(language, "questions")
        longest = 0
        for step, right in questions.HOLDS.items():
            for number, option in enumerate(right, start=1):
                lengths = {o: len(words(questions.key(step, number, o))) for o in questions.OPTIONS}
                longest += lengths[option] == max(lengths.values())
        assert longest <= 0.6 * len(holds), language
