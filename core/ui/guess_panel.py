"""The guessing game of step 1: five lines without their next word, her guess, and then what the model had thought."""

from pathlib import Path
from typing import Any

import streamlit as st

from core import project as projects
from core.generation.generate import Candidate
from core.texts import Words
from core.ui import session, writing
from core.ui.lesson import Lesson
from core.ui.plain import plain

LINES = 5
_LONGEST = 60  # letters of a guess
_WORD = "guess.word"
_SEEN = "01.candidates"  # the line whose candidates were asked last, and they
_BASES = (100, 1_000, 10_000, 100_000, 1_000_000)


@st.fragment
def play(step: Lesson, folder: Path) -> None:
    """Shows the line that she is at, with its guess where she has made it; after the last, all five."""
    game = _game(step)
    line = game["line"]
    if line > LINES:
        _all_five(step, game)
        return
    said = game["guesses"].get(str(line))
    st.caption(step("guess.place", number=line, lines=LINES))
    st.markdown(f"#### {step(f'line.{line}')} ____")
    st.caption(step(f"line.{line}.hint"))
    st.session_state.setdefault(_WORD, said["word"] if said else "")
    with st.form("guess", border=False):
        st.text_input(step("guess.word"), key=_WORD, max_chars=_LONGEST, autocomplete="off")
        done = st.form_submit_button(
            step("guess.next" if said else "guess.show"),
            key="guess.go",
            type="primary",
            on_click=_go_on,
            args=(step, game) if said else (),
        )
    if said:
        _reveal(step, folder, line, said)
    elif done:
        _guess(step, folder, game)


def odds(words: Words, probability: float) -> str:
    """Says a probability as a person does: 3 of every 100, 4 of every 10 000."""
    for base in _BASES:
        if probability * base >= 0.995:
            return words("odds", count=min(base - 1, round(probability * base)), base=base)
    return words("odds.less", base=_BASES[-1])


def tidy(typed: str) -> str:
    """Answers a guess without the spaces and marks around it."""
    return typed.strip().strip(".,;:!?¡¿«»\"'()… ")[:_LONGEST]


def _go_on(step: Lesson | None = None, game: dict[str, Any] | None = None) -> None:
    """Goes to the next line, where the one before is answered; the field keeps the keyboard."""
    if step and game:
        _keep(step, {**game, "line": game["line"] + 1})
        st.session_state[_WORD] = ""


def _guess(step: Lesson, folder: Path, game: dict[str, Any]) -> None:
    word = tidy(st.session_state[_WORD])
    if not word or len(word.split()) > 1:
        st.info(step("guess.empty" if not word else "guess.many"), icon=":material/edit:")
        return
    line = game["line"]
    hers = sorted({word, word[0].lower() + word[1:]})  # a telephone writes a capital by itself
    with st.spinner(step("waking")):
        asked = [f" {one}" for one in [*hers, step(f"line.{line}.word")]]
        candidates, chances = writing.SERVICE.words(folder, step(f"line.{line}"), asked)
    st.session_state[_SEEN] = line, candidates
    answer = {"word": word, "chance": sum(chances[:-1]), "written": chances[-1]}
    _keep(step, {**game, "guesses": {**game["guesses"], str(line): answer}})
    st.rerun()


def _reveal(step: Lesson, folder: Path, line: int, said: dict[str, Any]) -> None:
    """Says how likely her word was, and the author's, and draws the model's ten, with hers among or under them."""
    if st.session_state.get(_SEEN, (0, []))[0] != line:
        with st.spinner(step("waking")):
            st.session_state[_SEEN] = line, writing.SERVICE.words(folder, step(f"line.{line}"))[0]
    candidates: list[Candidate] = st.session_state[_SEEN][1]
    same = [word.text.strip().lower() == said["word"].lower() for word in candidates]
    place = same.index(True) if True in same else None
    yours = step("guess.yours", word=plain(said["word"]), odds=odds(step.words, said["chance"]))
    among = (
        step("guess.outside") if place is None else step("guess.first" if not place else "guess.rank", rank=place + 1)
    )
    author = step(f"line.{line}.word")
    wrote = step("guess.author", word=author, odds=odds(step.words, said["written"]))
    if said["word"].lower() == author:
        wrote = step("guess.same")
    st.markdown(f"{yours} {among}\n\n{wrote}")
    shown = candidates if place is not None else [*candidates, Candidate(said["word"], said["chance"])]
    writing.word_bars(step.words, shown, "guess.bars", len(candidates) if place is None else place)
    st.caption(step("guess.bars"))


def _all_five(step: Lesson, game: dict[str, Any]) -> None:
    st.markdown(f"**{step('guess.over')}**\n\n{step.words.body('guess.over')}")
    rows = [f"| {step('over.line')} | {step('over.yours')} | {step('over.author')} |", "|---|---|---|"]
    for line in range(1, LINES + 1):
        said = game["guesses"][str(line)]
        hers = f"{plain(said['word'])}<br>{odds(step.words, said['chance'])}"
        author = f"{step(f'line.{line}.word')}<br>{odds(step.words, said['written'])}"
        rows.append(f"| {step(f'line.{line}')}… | {hers} | {author} |")
    st.markdown("\n".join(rows), unsafe_allow_html=True)
    st.button(step("guess.again"), key="guess.again", icon=":material/replay:", on_click=_again, args=(step,))


def _again(step: Lesson) -> None:
    _keep(step, {"line": 1, "guesses": {}})
    st.session_state[_WORD] = ""


def _game(step: Lesson) -> dict[str, Any]:
    """Answers the game as it is kept, asked of the disk: a part that reruns alone has an older project in hand."""
    project = session.current().project
    kept = project.choices.get(step.step.name, {}).get("game") if project else None
    return kept or {"line": 1, "guesses": {}}


def _keep(step: Lesson, game: dict[str, Any]) -> None:
    projects.update(session.ensure_project(), step.step.name, {"game": game})
