"""Step 4: the same idea as a request and as a beginning; where the model brings a chat template, in it too."""

from pathlib import Path

import streamlit as st

from core.errors import LessonError
from core.generation.generate import Sampling
from core.generation.serve import ASK
from core.models import folder as models
from core.tokens import chat
from core.tokens import tokenizer as tokenizers
from core.ui import passage, problem, tasks_panel, writing
from core.ui.lesson import Lesson

_SAID = "04.obey.said"  # what was written last, by how it was asked
_SAMPLING = Sampling(max_new_tokens=40)


def show(step: Lesson, folder: Path) -> None:
    if writing.task_of(folder) != "write":
        st.caption(step("try.lent"))
        folder = models.find(models.CLASSROOM)
    words = tasks_panel.samples(step, folder)
    request, beginning = (
        st.text_input(step(f"obey.{name}"), words(f"obey.{name}.default"), key=f"04.{name}", persist_state=writing.KEPT)
        for name in ("request", "beginning")
    )
    st.pills(step("obey.bet"), ["obeys", "goes_on"], format_func=lambda bet: step(f"obey.bet.{bet}"), key="04.obey.bet")
    template = _template(folder)
    if st.button(step("obey.button"), key="obey", type="primary", icon=":material/edit:"):
        st.session_state.pop(_SAID, None)
        with problem.shown(step.language, step("waking")):
            _write(step, folder, request, beginning, template is not None)
    elif said := st.session_state.get(_SAID):
        for how, (opening, text) in said.items():
            st.caption(step(f"obey.{how}"))
            passage.show(opening, text, st.container(border=True))
    if _SAID in st.session_state:
        if template:
            st.caption(step("obey.template"))
            st.code(template[0] + request[:400] + template[1], language=None, wrap_lines=True)
        st.markdown(step("obey.chat" if template else "obey.base"))


def _write(step: Lesson, folder: Path, request: str, beginning: str, talks: bool) -> None:
    if not (request.strip() and beginning.strip()):
        raise LessonError("no_prompt")
    asked = {"as_request": (request, "write"), "as_beginning": (beginning, "write")}
    if talks:
        asked["as_chat"] = (request, ASK)
    said = {}
    language = writing.speaks(folder, step.language)
    for how, (text, form) in asked.items():
        st.caption(step(f"obey.{how}"))
        with st.container(border=True):
            steps = writing.write(folder, text, _SAMPLING, task=form, language=language)
        said[how] = writing.opened(text) if form == "write" else "", writing.joined(steps)
    st.session_state[_SAID] = said


def _template(folder: Path) -> tuple[str, str] | None:
    """Answers what a model's chat template puts around a request; None where it has none that can be used."""
    tokenizer = tokenizers.load(folder)
    around = chat.around(tokenizer.template, tokenizer.names, "")
    return around[:2] if around else None
