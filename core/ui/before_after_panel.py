"""Step 11: her testbed again, each beginning gone on from by the model before and after, with the same seed."""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from core import testbed
from core.generation.generate import Sampling
from core.project import Project
from core.texts import Words
from core.training.runs import Run
from core.ui import passage, problem, writing

SIDES = ("base", "adapted")
_SAID = "11.testbed.said"  # what was written last: the run, the seed, and by beginning the texts by side
_SAMPLING = Sampling(max_new_tokens=40)


def show(run: Run, project: Project, words: Words) -> None:
    """On a click, lets both models go on from each beginning of hers; another click takes the next seed."""
    written = [one.text for one in testbed.beginnings(project)]
    if not written:
        st.caption(words("before_after.none"))
        return
    kept = st.session_state.get(_SAID)
    before = kept if kept and kept["run"] == str(run.folder) and [*kept["texts"]] == written else None
    label = words("before_after.again" if before else "before_after.button")
    if st.button(label, key="before_after", icon=":material/compare_arrows:"):
        sampling = replace(_SAMPLING, seed=before["seed"] + 1 if before else _SAMPLING.seed)
        st.session_state.pop(_SAID, None)
        with problem.shown(words.language, words("waking")):
            said = {text: _both(run, text, sampling, words) for text in written}
            st.session_state[_SAID] = {"run": str(run.folder), "seed": sampling.seed, "texts": said}
            st.rerun()
    elif before:
        for text, sides in before["texts"].items():
            for side, column in zip(SIDES, st.columns(2), strict=True):
                column.caption(words(f"side.{side}"))
                passage.show(writing.opened(text), sides[side], column.container(border=True))
        st.caption(words("before_after.look"))


def _both(run: Run, text: str, sampling: Sampling, words: Words) -> dict[str, str]:
    """Writes from one beginning with both models, side by side."""
    record = run.record()
    said = {}
    for side, column in zip(SIDES, st.columns(2), strict=True):
        column.caption(words(f"side.{side}"))
        with column.container(border=True):
            adapter = run.adapter if side == "adapted" else None
            steps = writing.write(Path(record["model_folder"]), text, sampling, adapter, language=record["language"])
        said[side] = writing.joined(steps)
    return said
