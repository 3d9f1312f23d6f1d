"""The three parts of step 6, and what a careless split would have let through."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from core import texts
from core.data import split
from core.data.recipe import Recipe
from core.ui.lesson import Lesson

_EVEN = 0.05  # how far from a tenth a tray may be before it is worth a word


def show(step: Lesson, record: Mapping[str, Any], recipe: Recipe, seed: int) -> None:
    """Shows the parts of a `prepared/` record; says so where other texts, recipe or seed were chosen since."""
    if "prepared" not in step.made:
        st.warning(step("stale"), icon=":material/update:")
    elif (record["recipe"], record["seed"]) != (asdict(recipe), seed):
        st.warning(step("stale.choices"), icon=":material/update:")
    for column, name in zip(st.columns(3), split.PARTS, strict=True):
        column.metric(step(f"part.{name}"), record["rows"][name], help=step.words.body(f"part.{name}"), border=True)
    share_of_test = record["rows"]["test"] / max(1, record["rows_kept"])
    if abs(share_of_test - split.SHARES["test"]) > _EVEN and record["rows_kept"] >= 20:
        st.caption(step("uneven"))
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
