"""Step 1: the bars that temperature, top-k and top-p bend at once, and a text of which any word can be asked why."""

from pathlib import Path

import streamlit as st

from core.generation.generate import Sampling
from core.generation.words import Thought
from core.ui import passage, session, writing
from core.ui.lesson import Lesson

_THOUGHT = "01.thought"
_WRITTEN = "01.written"
_MOST_TRIED = 20


@st.fragment
def show(step: Lesson, folder: Path) -> None:
    """The whole part reruns alone, and asks the model only when the beginning changes."""
    beginning = st.text_input(step("beginning"), step("beginning.default"), key="beginning", persist_state=writing.KEPT)
    read = (beginning or "").rstrip(" ")  # a space of its own would be half of the next word
    sampling = writing.sampling_controls(step.words, "01", with_top_k=True)
    with st.container():  # its place stays, whether there is a wait in it or not: else the plot would be drawn anew
        thought = _thought(step, folder, read)
    if not read.strip():
        st.caption(step("beginning.none"))
    if thought.unread:
        st.caption(step("beginning.unread", tokens=thought.unread))
    writing.bars(step.words, thought.candidates(sampling), "01.candidates")
    st.markdown(step("write"))
    if st.button(step("write.button"), key="write", type="primary", icon=":material/edit:"):
        st.session_state.pop("01.why", None)
        st.session_state[_WRITTEN] = read, writing.write(folder, read, sampling), sampling
        project = session.current().project  # a part that reruns alone has an older one in hand
        tried = project.choices.get(step.step.name, {}).get("temperatures", []) if project else []
        step.keep(temperatures=[*tried, sampling.temperature][-_MOST_TRIED:])
    elif _WRITTEN in st.session_state:
        passage.show(writing.opened(st.session_state[_WRITTEN][0]), writing.joined(st.session_state[_WRITTEN][1]))
    if _WRITTEN in st.session_state:
        prompt, steps, bent = st.session_state[_WRITTEN]
        writing.why(step.words, folder, prompt, steps, bent, "01")
    code(step, read, sampling)


def code(step: Lesson, beginning: str | None = None, sampling: Sampling | None = None) -> None:
    """Shows the step's code with what she set here, also while another part is shown."""
    kept = st.session_state
    chosen = kept.get("beginning", step("beginning.default")) if beginning is None else beginning
    sampling = sampling or Sampling(
        temperature=kept.get("01.temperature", 0.8), top_k=kept.get("01.top_k", 0), top_p=kept.get("01.top_p", 0.95)
    )
    step.code(beginning=chosen[:500], temperature=sampling.temperature, top_k=sampling.top_k, top_p=sampling.top_p)


def _thought(step: Lesson, folder: Path, text: str) -> Thought:
    """Answers what the model thinks after `text`, asked once; a spinner where nothing is waited for costs time too."""
    asked = (str(folder), text)
    if st.session_state.get(_THOUGHT, (None, None))[0] != asked:
        with st.spinner(step("waking")):
            st.session_state[_THOUGHT] = asked, writing.SERVICE.thought(folder, text)
    return st.session_state[_THOUGHT][1]
