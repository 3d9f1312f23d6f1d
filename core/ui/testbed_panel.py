"""Her testbed: in step 4 a box for each kind of beginning and one more; in step 10, which one the samples follow."""

from collections.abc import Mapping

import streamlit as st

from core import testbed
from core.project import Project
from core.testbed import FREE, KINDS, Beginning
from core.ui import session
from core.ui.lesson import Lesson

_BOX = "testbed."
_SAMPLE = "10.sample"
_LONGEST = 80  # characters of a beginning in a list


def show(step: Lesson) -> int:
    """Draws the boxes as they are kept, and an empty one behind them. Answers how many beginnings there are."""
    kept = boxes(step.project)
    seen: set[str] = set()
    for name, beginning in kept.items():
        st.session_state.setdefault(_BOX + name, beginning.text)
        text = st.text_area(
            step(f"testbed.{beginning.kind}"), key=_BOX + name, height=68, on_change=_keep, args=(kept,)
        )
        if (text or "").strip() in seen:
            st.caption(step("testbed.again"))
        seen.add((text or "").strip() or name)
    return len(testbed.beginnings(step.project))


def boxes(project: Project | None) -> dict[str, Beginning]:
    """Answers what stands in each box, by its name: one a kind, those that are over, and a blank one at the end."""
    found = testbed.beginnings(project)
    kept: dict[str, Beginning] = {}
    for kind in KINDS:
        first = next((one for one in found if one.kind == kind), None)
        kept[kind] = first or Beginning("", kind)
        found = [one for one in found if one is not first]
    kept |= {f"{FREE}.{place}": Beginning(one.text, FREE) for place, one in enumerate(found)}
    if all(one.text for one in kept.values()):
        kept[f"{FREE}.{len(found)}"] = Beginning("", FREE)
    return kept


def add(key: str) -> None:
    """Keeps the beginning that stands in the field `key`, in the first box that is empty."""
    project = testbed.add(session.ensure_project(), st.session_state[key])
    for name, beginning in boxes(project).items():
        st.session_state[_BOX + name] = beginning.text


def ask_sample(step: Lesson) -> None:
    """Asks which of her beginnings the samples of the training go on from, where there are several."""
    written = [one.text for one in testbed.beginnings(step.project)]
    if step.project is None or step.project.task != "write" or len(written) < 2:
        return
    st.session_state.setdefault(_SAMPLE, testbed.sample(step.project))
    if st.session_state[_SAMPLE] not in written:
        st.session_state[_SAMPLE] = testbed.sample(step.project)
    st.selectbox(
        step("samples_from"),
        written,
        format_func=lambda text: " ".join(text.split())[:_LONGEST],
        key=_SAMPLE,
        on_change=_keep_sample,
        args=(step,),
    )


def _keep_sample(step: Lesson) -> None:
    step.keep(prompt=st.session_state[_SAMPLE])


def _keep(drawn: Mapping[str, Beginning]) -> None:
    """Keeps all boxes as they stand now."""
    wanted = [Beginning(st.session_state[_BOX + name], beginning.kind) for name, beginning in drawn.items()]
    testbed.keep(session.ensure_project(), wanted)
