"""What her texts are like, all together: how many, how long, in which language, how they begin and what they repeat."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import texts
from core.ui import plots, prediction_panel
from core.ui.lesson import Lesson
from core.ui.tables import rows_table

_LANGUAGES_SHOWN = 3
_ROW = 38  # pixels, as `rows_table` draws them


def show(step: Lesson, seen: Mapping[str, Any], about: str) -> None:
    """Shows what `core.data.overview` found in the texts whose fingerprint is `about`; the words, once foretold."""
    words = seen["words"]
    half, longest = words["percentiles"]["50"], words["max"]
    st.markdown(step("seeing.counted", rows=seen["rows"], words=words["total"], half=half, longest=longest))
    languages = list(seen["languages"].items())[:_LANGUAGES_SHOWN]
    if languages:
        st.markdown(step("seeing.languages", languages=" · ".join(_language(step, *one) for one in languages)))
    if seen["verse"]:
        verse = seen["verse"]
        lines, characters = verse["lines"]["percentiles"]["50"], verse["line_characters"]["percentiles"]["50"]
        st.markdown(step("seeing.verse", poems=verse["poems"], lines=lines, characters=characters))
    if seen["pairs"]:
        ratio = {name: texts.percent(share, step.language) for name, share in seen["pairs"]["ratio"].items()}
        st.markdown(step("seeing.pairs", half=ratio["50"], low=ratio["5"], high=ratio["95"]))
    if seen["looked_at"] < seen["rows"]:
        st.caption(step("seeing.sample", looked=seen["looked_at"]))
    st.markdown(f"**{step('seeing.lengths')}**")
    bins = words["bins"]
    names = {"x": step("axis.words"), "y": step("axis.texts")}
    figure = plots.bars_between(bins["edges"], bins["counts"], names, log=bins["scale"] == "log")
    plots.show(figure, step("seeing.lengths.alt", half=half, longest=longest), "seeing.lengths", 260)
    frequent = [one["word"] for one in seen["frequent"]]
    if frequent and prediction_panel.frequent_word(step, about, frequent):
        _counted(step, "frequent", "word", seen["frequent"])
    if seen["openings"]:
        _counted(step, "openings", "opening", seen["openings"])


def _language(step: Lesson, code: str, share: float) -> str:
    name = step(f"language.{code}") if f"language.{code}" in step.words else code
    return step("seeing.language", language=name, share=texts.percent(share, step.language))


def _counted(step: Lesson, what: str, field: str, counted: list[dict]) -> None:
    st.markdown(f"**{step(f'seeing.{what}')}**")
    st.caption(step.words.body(f"seeing.{what}"))
    rows_table(
        counted,
        {field: step(field), "count": step("times")},
        f"seeing.{what}",
        height=min(240, _ROW * (len(counted) + 1) + 3),
    )
