"""Step 4: a model made for filling gaps, on a visit: it is tried here, and never becomes a project's base."""

from pathlib import Path
from typing import Any

import streamlit as st

from core import texts
from core.generation.generate import Candidate
from core.generation.service import SERVICE
from core.models import hub, masked
from core.ui import hub_model, problem, session, writing
from core.ui.lesson import Lesson
from core.ui.plain import plain

HERE, OWN = "here", "own"
_SAID = "04.guest"  # what it answered last, and to what


def ask(step: Lesson) -> str | None:
    """Asks who fills the gap. Answers a guest's reference, "" where it is not named yet; None: the model at hand."""
    by_what = {what: reference for reference, what in masked.SHELF.items()}
    chosen = st.selectbox(
        step("with"),
        [HERE, *by_what, OWN],
        format_func=lambda what: step(f"with.{what}"),
        key="04.gap.with",
        persist_state=writing.KEPT,
    )
    if chosen == OWN:
        return st.text_input(step("guest.reference"), key="04.gap.guest", persist_state=writing.KEPT).strip()
    return by_what.get(chosen)


def show(step: Lesson, reference: str, text: str) -> dict[str, Any]:
    """Lets the guest fill the gap. Answers what the step's code needs."""
    st.caption(step("guest.note"))
    code = {"part": "fill", "model": reference, "text": text[:500]}
    if hub.is_hub_id(reference) and not Path(reference).is_dir() and not hub.on_disk(reference):
        hub_model.bring(step, reference, step("guest.bring"), session.token())
        return code
    if st.button(step("guest.button"), key="try", type="primary", icon=":material/visibility:"):
        st.session_state.pop(_SAID, None)
        with problem.shown(step.language, step("guest.asking")):
            folder = masked.find(reference, folders=session.is_personal())
            st.session_state[_SAID] = (reference, text), SERVICE.fill(folder, text)
    asked, found = st.session_state.get(_SAID, (None, []))
    if asked == (reference, text):
        _filled(step, found)
    return code


def _filled(step: Lesson, found: list[Candidate]) -> None:
    percent = texts.percent(found[0].probability, step.language, 1)
    st.markdown(step("guest.told", word=plain(found[0].text), percent=percent))
    writing.word_bars(step.words, found, "04.guest.bars")
