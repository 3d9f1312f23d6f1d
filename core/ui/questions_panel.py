"""Two or three questions near the end of a step: a reason is read after each choice, and nothing is graded."""

import streamlit as st

from core import project as projects
from core import questions, texts
from core.texts import Words
from core.ui import session
from core.ui.session import Session


@st.fragment
def show(step: str, visit: Session) -> None:
    """Asks a step's questions; a choice redraws these alone, and is kept with the project."""
    words = texts.words(visit.language, "questions")
    st.subheader(words("questions"), anchor=False)
    st.caption(words.body("questions"))
    for number in questions.numbers(step):
        _ask(step, number, visit, words)


def _ask(step: str, number: int, visit: Session, words: Words) -> None:
    kept = visit.project.choices.get(step, {}).get(questions.choice(number)) if visit.project else None
    given = st.radio(
        words(questions.key(step, number)),
        questions.OPTIONS,
        questions.OPTIONS.index(kept) if kept in questions.OPTIONS else None,
        format_func=lambda option: words(questions.key(step, number, option)),
        key=f"{step}.question.{number}",
    )
    if given is None:
        return
    if given != kept:
        projects.update(session.ensure_project(), step, {questions.choice(number): given})
    holds = questions.HOLDS[step][number - 1] == given
    icon = ":material/check:" if holds else ":material/lightbulb:"
    reason = words.body(questions.key(step, number, given))
    st.markdown(f"{icon} **{words('questions.yes' if holds else 'questions.no')}** {reason}")
