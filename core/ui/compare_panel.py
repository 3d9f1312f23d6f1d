"""Base and adapted model on the same prompt, drawn with the same seed."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.data.table import rows
from core.errors import LessonError
from core.generation.generate import Sampling
from core.project import Project
from core.texts import Words
from core.training.runs import Run
from core.ui import writing


def ask_prompt(run: Run, project: Project, words: Words) -> str:
    """Asks for a prompt: one of her testbed, or her own; to summarise, one of the sealed texts or her own."""
    if run.record()["task"] == "summarize":
        known = [row["text"] for row in rows(run.prepared / "test")]
    else:
        known = project.choices.get("04_try_model", {}).get("prompts", [])
    label = words(f"prompt.known.{run.record()['task']}")
    chosen = st.selectbox(label, known, index=0 if known else None, key="prompt_known") if known else ""
    height = 180 if run.record()["task"] == "summarize" else 90
    return st.text_area(words("prompt.own"), chosen, key=f"prompt.{known.index(chosen) if known else 0}", height=height)


def show(run: Run, prompt: str, sampling: Sampling, words: Words) -> None:
    """On a click, lets both models write from `prompt` with the same seed; another click takes another seed."""
    if not st.button(words("compare"), key="compare", type="primary", icon=":material/compare_arrows:"):
        _last(words)
        return
    record = run.record()
    if record["task"] == "summarize" and not prompt.strip():
        raise LessonError("no_prompt")
    st.session_state["12.seed"] = st.session_state.get("12.seed", 6) + 1
    sampling = replace(sampling, seed=st.session_state["12.seed"])
    written = {}
    for column, (side, adapter) in zip(st.columns(2), (("base", None), ("adapted", run.adapter)), strict=True):
        with column:
            st.caption(words(f"side.{side}"))
            with st.container(border=True):
                steps = writing.write(
                    Path(record["model_folder"]), prompt, sampling, adapter, record["task"], record["language"]
                )
        written[side] = (prompt if record["task"] == "write" else "") + writing.joined(steps)
    st.session_state["12.written"] = written
    st.caption(words("same_seed", seed=sampling.seed))


def _last(words: Words) -> None:
    written = st.session_state.get("12.written")
    if written:
        for column, side in zip(st.columns(2), ("base", "adapted"), strict=True):
            column.caption(words(f"side.{side}"))
            column.container(border=True).text(written[side])
