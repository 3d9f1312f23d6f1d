"""The minutes that each step says it takes: as many as its words need, and what is done in it."""

import re
from collections.abc import Iterator

import pytest

from core import questions, texts, workshop
from core.ui.lesson import MARKS

WORDS_A_MINUTE = 180  # of a text that teaches, read with attention
SLACK = 1.2  # minutes between what is said and what is counted

# Minutes of doing in each step, reading apart: choosing, writing, the exercise, a thought for each question, and the
# waits with the classroom's model.
DOING = {
    "01_language_models": 4,  # five words to guess, two temperatures to try
    "02_hugging_face": 2,
    "03_choose_model": 2,
    "04_try_model": 4,  # three beginnings of her own to write
    "05_load_texts": 3,  # a file to find, or the sample to look through
    "06_clean_texts": 2,
    "07_tokens": 2,
    "08_lengths": 2,
    "09_settings": 2,
    "10_train": 4,  # the quick dial, waited for
    "11_evaluate": 2,
    "12_compare": 9,  # a few prompts, twenty pairs at a quarter of a minute, and a decision with its reason
    "13_share": 2,
}
HALF_HOURS = {
    "es": ("una hora", "una hora y media", "dos horas", "dos horas y media", "tres horas"),
    "en": ("an hour", "an hour and a half", "two hours", "two hours and a half", "three hours"),
}
SAID = ("markdown", "caption", "info", "success", "warning", "text", "title", "header", "subheader", "metric")


def words(text: str) -> int:
    """Counts words; an icon, an address, a number or a mark is none."""
    return len(re.findall(r"[^\W\d_]+", re.sub(r":material/\w+:|\([^)\s]*/[^)\s]*\)|<[^>]+>", " ", text)))


def shown(block, step: str, optional: bool = False) -> Iterator[str]:
    """Yields what is read of a page, in its order: not what is optional, folded away, code, or her own texts' table.

    What the lesson opens with is folded and read all the same. An optional part ends at the next one, or at the code.
    """
    said = texts.words("es", "frame", step)
    for child in [block.children[place] for place in sorted(block.children)]:
        if child.type == "subheader":
            optional = f":material/{MARKS['optional']}:" in child.value
        if child.type == "expander":
            optional = optional and child.label != said("code")
            yield child.label
            if child.label == said("learn"):
                yield from shown(child, step)
        elif hasattr(child, "children"):
            if not (getattr(child, "proto", None) and child.type == "popover"):
                yield from shown(child, step, optional)
        elif not optional:
            yield from read(child)


def read(element) -> Iterator[str]:
    if element.type in SAID:
        yield str(element.value)
    yield str(getattr(element, "label", "") or "")
    if element.type != "selectbox":  # of a list that is folded she sees one line
        yield from map(str, getattr(element, "options", ()) or ())


def reasons(step: str) -> list[str]:
    """The reason that she reads after each question: of its options, the middle one in length."""
    said = texts.words("es", "questions")
    return [
        sorted((said.body(questions.key(step, number, option)) for option in questions.OPTIONS), key=len)[1]
        for number in questions.numbers(step)
    ]


def minutes(read: set[str], step: str) -> float:
    return sum(map(words, [*read, *reasons(step)])) / WORDS_A_MINUTE + DOING[step]


def deeds(page, step: str) -> Iterator:
    """Yields what she does to see the rest of a page, ready to run."""
    if step == "01_language_models":
        for _ in range(5):
            page.text_input(key="guess.word").set_value("noche")
            yield page.button(key="guess.go").click()
            yield page.button(key="guess.go").click()
        yield page.button_group(key="01.part").set_value("dials")
    if step == "02_hugging_face":
        yield page.button(key="02.look").click()
    if step == "03_choose_model":
        yield page.button_group(key="guess.classroom").set_value("small")


@pytest.mark.parametrize("step", DOING)
def test_a_step_says_the_minutes_that_its_words_and_its_work_take(visit, project, step):
    page = visit(step, "es", project)
    read = set(shown(page.main, step))
    for deed in deeds(page, step):
        deed.run()
        read |= set(shown(page.main, step))
    assert not page.exception
    counted = minutes(read, step)
    said = {language: int(texts.words(language, step)("minutes")) for language in texts.LANGUAGES}
    assert set(said.values()) == {said["es"]}
    assert abs(said["es"] - counted) <= SLACK, f"{step} says {said['es']} minutes, and takes {counted:.1f}"


def test_the_first_page_says_how_long_the_whole_path_is():
    total = sum(int(texts.words("es", step.name)("minutes")) for step in workshop.STEPS)
    for language in texts.LANGUAGES:
        phrase = HALF_HOURS[language][round(total / 30) - 2]
        assert phrase in texts.words(language, "home").body("welcome"), f"{total} minutes are about {phrase}"


def test_the_count_leaves_out_what_is_optional_folded_or_code():
    from streamlit.testing.v1 import AppTest

    def script():
        import streamlit as st

        st.subheader("Uno :gray-badge[:material/flag: hace falta]")
        st.markdown("dos tres")
        st.subheader("No :gray-badge[:material/local_cafe: opcional]")
        with st.container():
            st.markdown("no se lee")
        with st.expander("Ver el código"):
            st.code("import nada")
            st.markdown("tampoco")
        st.radio("cuatro", ["cinco", "seis"])
        with st.popover("siete"):
            st.markdown("esto no")

    page = AppTest.from_function(script).run()
    code = texts.words("es", "frame", "01_language_models")("code")
    page.main.children[4].label = code
    said = " ".join(shown(page.main, "01_language_models"))
    assert [word in said for word in ("Uno", "dos tres", code, "cuatro", "seis")] == [True] * 5
    assert not re.search("no se lee|nada|tampoco|esto no", said)


def test_a_step_that_grows_is_found_too_short():
    step = "08_lengths"
    grown = {f"palabra {'otra ' * 359}{n}" for n in range(5)}
    assert minutes(grown, step) >= 10
