"""The texts behind the numbers: the best, the worst, those that changed most, and how all of them spread."""

import streamlit as st

from core import texts
from core.evaluation import summary
from core.texts import Words
from core.ui import diff_view, evaluation_plots, plots
from core.ui.plain import plain

KINDS = ("changed", "best", "worst")


def show(record: dict, words: Words) -> None:
    """Shows the chosen texts, one at a time, with what each side wrote; what changed from base to adapted is marked."""
    kind = st.segmented_control(
        words("example.kind"), KINDS, default=KINDS[0], format_func=lambda one: words(f"example.{one}"), key="kind"
    )
    rows = [one for one in record["examples"] if (kind or KINDS[0]) in one["kinds"]]
    for one in rows:
        with st.container(border=True):
            _one(one, words)


def _one(one: dict, words: Words) -> None:
    adapted, base = (one["sides"][side] for side in ("adapted", "base"))
    name = words(f"metric.{one['by']}")
    before, after = (texts.number(side[one["by"]], words.language) for side in (base, adapted))
    st.caption(words("example.measured", metric=name, before=before, after=after, number=one["row"] + 1))
    st.text(diff_view.shorten(one["text"], 500))
    if "summary" in one:
        st.caption(words("example.reference"))
        st.text(one["summary"])
    else:
        st.caption(words("example.from", beginning=plain(one["beginning"])))
    names = [words(f"side.{side}") for side in ("base", "adapted")]
    diff_view.show_beside(base["written"], adapted["written"], names)
    others = {s: o["written"] for s, o in one["sides"].items() if "written" in o and s not in ("adapted", "base")}
    with st.expander(words("example.others")):
        for side, written in others.items():
            st.caption(words(f"side.{side}"))
            st.text(written or "—")


def spread(record: dict, words: Words) -> None:
    """Draws how the texts spread behind the mean of a metric that she chooses."""
    having = [name for name in summary.names(record) if name in record["distributions"]]
    name = st.selectbox(words("spread.which"), having, format_func=lambda one: words(f"metric.{one}"), key="spread")
    found = record["distributions"][name]
    names = {side: words(f"side.{side}") for side in found["counts"]}
    shown = {side: found["counts"][side] for side in ("adapted", "base", "hers") if side in found["counts"]}
    figure = evaluation_plots.spread(
        found["edges"], shown or found["counts"], names, {"x": words(f"metric.{name}"), "y": words("spread.y")}
    )
    low, high = (texts.number(found["edges"][place], words.language) for place in (0, -1))
    plots.show(figure, words("spread.alt", metric=words(f"metric.{name}"), low=low, high=high), "spread.plot", 300)
