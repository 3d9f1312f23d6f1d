"""The three parts of step 6, and what a careless split would have let through."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import texts
from core.data import split
from core.ui.lesson import Lesson


def show(step: Lesson, record: Mapping[str, Any], stale: bool) -> None:
    """Shows the parts of a `prepared/` record; `stale` says that other texts were loaded since."""
    if stale:
        st.warning(step("stale"), icon=":material/update:")
    for column, name in zip(st.columns(3), split.PARTS, strict=True):
        column.metric(step(f"part.{name}"), record["rows"][name], help=step.words.body(f"part.{name}"), border=True)
    word = split.honest_word(record["rows"]["test"])
    if word != "enough":
        st.info(step(f"honest.{word}", test=record["rows"]["test"]), icon=":material/balance:")
    leak = record["leak"]
    if leak["leaked"]:
        share = texts.percent(leak["share"], step.language)
        st.markdown(step("leak", rows=leak["leaked"], test=leak["test"], share=share))
    else:
        st.caption(step("leak.none"))
    st.caption(step("sealed"))
