"""Where texts come from in step 5: a sample, her file, or what she pastes; and which column holds what."""

import streamlit as st

from core.data import stages
from core.data.columns import guess_columns
from core.data.read import READERS
from core.data.stages import Source
from core.tasks import Task
from core.ui import session
from core.ui.lesson import Lesson
from core.ui.plain import in_code

ORIGINS = ("sample", "file", "paste")
_KEPT = "05.kept"  # the id of the upload that already lies in the project


def ask_source(step: Lesson, task: Task) -> Source | None:
    """Asks for an origin and answers its source; None while there is none. A file is kept as soon as it is read."""
    origin = st.segmented_control(
        step("source.label"),
        ORIGINS,
        default=step.kept("origin", "sample"),
        required=True,
        format_func=lambda code: step(f"from.{code}"),
        key="origin",
        label_visibility="collapsed",
    )
    if origin != step.kept("origin", "sample"):
        step.keep(origin=origin)
    if origin == "sample":
        st.caption(step(f"sample.{task.sample}"))
        return stages.open_source(f"sample:{task.sample}", step.language)
    if origin == "file":
        return _uploaded(step)
    pasted = st.text_area(step("paste"), key="paste", height=200, help=step.words.body("paste"))
    if pasted and pasted.strip():
        return stages.keep_upload(session.ensure_project(), pasted.encode(), step("paste.name"))
    return None


def ask_columns(step: Lesson, task: Task, source: Source) -> dict[str, str]:
    """Proposes a column for each one that the task needs, with the reason, and answers what she chose."""
    names = list(source.table.columns)
    columns = {}
    for wanted, guess in guess_columns(source.table, task).items():
        key = f"column.{source.name}.{task.code}.{wanted}"
        columns[wanted] = st.selectbox(step(f"{task.code}.column.{wanted}"), names, names.index(guess.value), key=key)
        facts = {**guess.facts, "column": in_code(guess.value)}
        st.caption(step(f"reason.{guess.reason}", **facts))
    return columns


def _uploaded(step: Lesson) -> Source | None:
    uploaded = st.file_uploader(step("file"), [suffix.removeprefix(".") for suffix in READERS], key="file")
    st.caption(step.words.body("file"))
    if uploaded and st.session_state.get(_KEPT) != uploaded.file_id:
        stages.keep_upload(session.ensure_project(), uploaded.getvalue(), uploaded.name)
        st.session_state[_KEPT] = uploaded.file_id
    return stages.kept_source(step.project) if step.project else None
