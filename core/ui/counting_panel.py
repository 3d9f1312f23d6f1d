"""Step 1: a model made by counting her own lines, beside the classroom's, from the same beginning."""

from pathlib import Path

import streamlit as st

from core.errors import LessonError
from core.generation.generate import Sampling
from core.generation.ngram import END, NGram
from core.ui import passage, problem, writing
from core.ui.lesson import Lesson
from core.ui.plain import plain

MOST_CHARACTERS = 100_000  # counted in well under a second
_LINES = "01.lines"
_ROWS, _AFTER = 8, 4  # words in the table, and what followed each
_TOKENS = 30
_ORDER = 2  # one word back, as the table shows it: with more, a few lines would only be copied


@st.fragment
def show(step: Lesson, folder: Path) -> None:
    st.text_area(step("lines"), key=_LINES, height=150, help=step.words.body("lines"), persist_state=writing.KEPT)
    st.button(step("lines.sample"), key="lines.sample", icon=":material/auto_stories:", on_click=_take, args=(step,))
    pasted = st.session_state.get(_LINES) or ""
    if not pasted.strip():
        st.caption(step("lines.none"))
        return
    try:
        model = NGram((line.strip() for line in pasted[:MOST_CHARACTERS].splitlines()), _ORDER)
    except LessonError as error:
        problem.show(error, step.language)
        return
    if len(pasted) > MOST_CHARACTERS:
        st.caption(step("lines.long", characters=MOST_CHARACTERS))
    st.markdown(step("counted", tokens=model.tokens, different=model.vocabulary))
    _table(step, model)
    _both(step, folder, model, pasted)


def _take(step: Lesson) -> None:
    st.session_state[_LINES] = step.words.body("lines.sample")


def _table(step: Lesson, model: NGram) -> None:
    """Shows the words with most behind them, and what followed each, with how often."""
    rows = [f"| {step('counted.word')} | {step('counted.after')} |", "|---|---|"]
    for word, after in model.counts()[:_ROWS]:
        shown = [
            f"{step('counted.end') if other == END else plain(other)} **{count}**"
            for other, count in sorted(after.items(), key=lambda pair: (-pair[1], pair[0]))[:_AFTER]
        ]
        more = [] if len(after) <= _AFTER else [step("counted.more", count=len(after) - _AFTER)]
        rows.append(f"| {plain(word)} | {' · '.join([*shown, *more])} |")
    st.markdown("\n".join(rows))


def _both(step: Lesson, folder: Path, model: NGram, pasted: str) -> None:
    """Lets both models go on from one beginning: by itself, the first words of hers."""
    first = " ".join(next(line for line in pasted.splitlines() if line.strip()).split()[:2])
    help = step.words.body("both.prompt")
    prompt = st.text_input(
        step("both.prompt"), key="01.both", placeholder=first[:60], help=help, persist_state=writing.KEPT
    )
    prompt = (prompt or "").strip() or first
    seed = st.session_state.get("01.seed", 0)
    if st.button(step("both.write"), key="both.write", type="primary", icon=":material/edit:"):
        st.session_state["01.seed"] = seed = seed + 1
        left, right = st.columns(2)
        left.markdown(f"**{step('both.counted')}**")
        passage.show(writing.opened(prompt), model.write(prompt, _TOKENS, seed), left)
        with right:
            st.markdown(f"**{step('both.network')}**")
            writing.write(folder, prompt, Sampling(max_new_tokens=_TOKENS, seed=seed))
        st.caption(step("both.differ"))
