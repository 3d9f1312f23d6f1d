"""Step 1 without a browser: the game, the controls, the counting, the families, and what is not a word."""

import re

import pytest

from core import project as projects
from core import texts
from core.generation import words
from core.generation.generate import Sampling, Step
from core.models.folder import find
from core.texts import LANGUAGES
from core.ui import counting_panel, families_panel, guess_panel, writing

NAME = "01_language_models"
IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", LANGUAGES)


def say(language="es"):
    return texts.words(language, "frame", "writing", NAME)


def said(page):
    assert not page.exception
    assert [error.value for error in page.error] == []
    kinds = (page.markdown, page.caption, page.info, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def go(page, key):
    next(button for button in page.button if button.key == key).click().run()
    return said(page)


def guess(page, word):
    page.text_input(key="guess.word").set_value(word)
    return go(page, "guess.go")


def show(page, part):
    next(group for group in page.button_group if group.key == "01.part").set_value(part).run()
    return said(page)


def game(project):
    return projects.open_project(project.folder.parent, project.id).choices[NAME]["game"]


# ------------------------------------------------------------------ the game


@IN_BOTH_LANGUAGES
def test_nothing_is_revealed_before_she_has_guessed(visit, begun, language):
    page = visit(NAME, language, begun)
    assert say(language)("line.1") in said(page)
    assert not page.get("plotly_chart")
    shown = guess(page, "ventana")
    assert len(page.get("plotly_chart")) == 1
    assert say(language)("guess.first") in shown
    assert say(language)("guess.same") in shown


def test_her_words_chance_is_said_in_everyday_words_also_when_it_is_none_of_the_ten(visit, begun):
    page = visit(NAME, "es", begun)
    shown = guess(page, "Luciérnaga")
    likely = game(begun)["guesses"]["1"]["chance"]
    asked = [" Luciérnaga", " luciérnaga"]
    expected = sum(writing.SERVICE.words(find("classroom"), say()("line.1"), asked)[1])
    assert likely == pytest.approx(expected, rel=1e-3)
    assert 0 < likely < 0.001
    assert guess_panel.odds(say(), likely) in shown
    assert say()("guess.outside") in shown


def test_all_five_are_kept_come_back_and_can_be_played_again(visit, begun):
    page = visit(NAME, "es", begun)
    for line in range(1, 6):
        guess(page, "noche")
        if line == 3:
            page = visit(NAME, "es", begun)
            assert page.text_input(key="guess.word").value == "noche"
        go(page, "guess.go")
    assert say()("guess.over") in said(page)
    assert set(game(begun)["guesses"]) == set("12345")
    go(page, "guess.again")
    assert game(begun) == {"line": 1, "guesses": {}}
    assert page.text_input(key="guess.word").value == ""


@pytest.mark.parametrize(
    ("typed", "answer"), [("", "guess.empty"), ("   ", "guess.empty"), ("dos palabras", "guess.many")]
)
def test_what_is_no_guess_is_said_and_stays(visit, begun, typed, answer):
    page = visit(NAME, "es", begun)
    assert say()(answer) in guess(page, typed)
    assert page.text_input(key="guess.word").value == typed
    assert not page.get("plotly_chart")


@pytest.mark.parametrize("typed", ["🙂", "x" * 50_000, "<b>*luz*</b>"])
def test_any_one_word_is_a_guess(visit, begun, typed):
    page = visit(NAME, "es", begun)
    assert say()("guess.outside") in guess(page, typed)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (1.0, "99 de cada 100"), (0.034, "3 de cada 100"), (0.006, "6 de cada 1.000"), (0.00042, "4 de cada 10.000"),
        (1e-6, "1 de cada 1.000.000"), (1e-9, "menos de 1 de cada 1.000.000"), (0.0, "menos de 1 de cada 1.000.000"),
    ],
)  # fmt: skip
def test_a_probability_is_said_as_a_person_says_it(probability, expected):
    assert guess_panel.odds(say(), probability) == expected


# ------------------------------------------------------------------ the controls


def test_a_control_bends_the_bars_without_asking_the_model_again(visit, begun, monkeypatch):
    page = visit(NAME, "es", begun)
    show(page, "dials")
    monkeypatch.setattr(writing.SERVICE, "thought", None)
    before = page.get("plotly_chart")[0].proto.spec
    page.slider(key="01.temperature").set_value(0.1).run()
    said(page)
    assert page.get("plotly_chart")[0].proto.spec != before
    page.select_slider(key="01.top_k").set_value(2).run()
    said(page)
    assert page.get("plotly_chart")[0].proto.spec.count('%"') <= 2


@pytest.mark.parametrize("beginning", ["", "    ", "🙂🙂🙂", "palabra " * 6250])
def test_any_beginning_is_gone_on_from_and_stays(visit, begun, beginning):
    page = visit(NAME, "es", begun)
    show(page, "dials")
    page.text_input(key="beginning").set_value(beginning).run()
    shown = go(page, "write")
    assert len(page.get("plotly_chart")) == 1
    assert page.text_input(key="beginning").value == beginning
    assert (say()("beginning.none") in shown) == (not beginning.strip())
    assert ("afuera" in shown) == (len(beginning) > 1000)
    show(page, "guess")
    show(page, "dials")
    assert page.text_input(key="beginning").value == beginning


def test_a_written_word_tells_what_else_could_have_come(visit, begun):
    page = visit(NAME, "es", begun)
    show(page, "dials")
    go(page, "write")
    (pills,) = [group for group in page.button_group if group.key == "01.why"]
    assert len(set(pills.options)) == len(pills.options), "a word that comes twice can be chosen at either place"
    pills.set_value(1).run()
    assert re.search(r"tenía una probabilidad del \d", said(page))
    assert len(page.get("plotly_chart")) == 2


def test_tokens_become_words_with_their_probability_and_their_place():
    steps = [Step(text, 0.5, []) for text in (" lu", "ci", "", "érnagas", ",", " y", "\n", "La")]
    assert writing.whole_words(steps) == [(0, " luciérnagas", 0.0625), (12, ",", 0.5), (13, " y", 0.5), (16, "La", 0.5)]


def test_both_temperatures_make_the_exercise(visit, begun):
    page = visit(NAME, "es", begun)
    show(page, "dials")
    for temperature in (0.2, 1.2):
        page.slider(key="01.temperature").set_value(temperature).run()
        go(page, "write")
    page.button(key=f"{NAME}.exercise").click().run()
    assert [success.value for success in page.success] == [say()("exercise.right")]


def test_the_page_and_the_model_agree_on_what_is_bent(begun):
    folder, bent = find("classroom"), Sampling(0.6, 5, 0.8)
    bars = writing.SERVICE.thought(folder, "La casa").candidates(bent)
    asked = writing.SERVICE.next_tokens(folder, "La casa", bent)
    assert [bar.text for bar in bars] == [token.text for token in asked]
    assert [bar.probability for bar in bars] == pytest.approx([token.probability for token in asked], rel=1e-3)
    assert Sampling(1, 0, 1) == words.WHOLE


# ------------------------------------------------------------------ counting, and the families


@IN_BOTH_LANGUAGES
def test_her_lines_are_counted_and_both_models_go_on(visit, begun, passages, language):
    page = visit(NAME, language, begun)
    assert say(language)("lines.none") in show(page, "counting")
    go(page, "lines.sample")
    assert "luna **3**" in said(page)
    shown = go(page, "both.write")
    assert [text.startswith("La luna") for text in passages(page)] == [True, True]
    assert say(language)("both.differ") in shown


@pytest.mark.parametrize("pasted", ["   \n  ", "🙂\n🙂", "verso " * 20_000, "<b>x</b> [y](z)\n", "| a | b"])
def test_any_lines_are_counted_or_asked_for_and_stay(visit, begun, pasted):
    page = visit(NAME, "es", begun)
    show(page, "counting")
    page.text_area(key="01.lines").set_value(pasted).run()
    shown = said(page)
    assert page.text_area(key="01.lines").value == pasted
    assert (say()("lines.none") in shown) == (not pasted.strip())
    assert ("el cuadro" in shown) == (len(pasted) > counting_panel.MOST_CHARACTERS)


@IN_BOTH_LANGUAGES
def test_the_picture_of_the_families_speaks_her_language(visit, begun, language):
    page = visit(NAME, language, begun)
    assert say(language)("families.costs") in show(page, "families")
    drawn = families_panel.picture(say(language))
    assert all(say(language)(f"families.{kind}") in drawn for kind in ("causal", "masked", "seq2seq"))
    assert "[" not in drawn
