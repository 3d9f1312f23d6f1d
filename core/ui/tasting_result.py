"""What a tasting came to, once its names may be known: a sentence, a picture, and every pair with its names."""

import plotly.graph_objects as go
import streamlit as st

from core import texts
from core.evaluation import answers, tasting
from core.evaluation.answers import Result
from core.evaluation.tasting import Tasting
from core.training.runs import Run
from core.ui import passage, plots, prediction_panel
from core.ui.lesson import Lesson


def show(run: Run, tasted: Tasting, step: Lesson) -> None:
    said = answers.sitting(run, tasted).answers
    result = answers.result(run, tasted, said)
    st.markdown(f"#### {sentence(result, step)}")
    if result.rate is not None:
        margin(result.rate, result.low, result.high, step, "tasting.margin")
    if result.counts["neither"]:
        st.caption(step("tasting.neithers", neither=result.counts["neither"]))
    _foretold(result, tasted, step)
    with st.expander(step("tasting.named"), icon=":material/label:"):
        _named(run, tasted, answers.outcomes(tasting.key(run), said), step)


def sentence(result: Result, step: Lesson) -> str:
    """Answers in one sentence who is preferred, and whether it may be chance."""
    wins, losses = result.counts["adapted"], result.counts["base"]
    if not wins + losses:
        return step("tasting.result.none")
    if wins == losses:
        return step("tasting.result.even", wins=wins, preferences=wins + losses)
    ahead = "adapted" if wins > losses else "base"
    key = f"tasting.result.{result.winner}" if result.winner else f"tasting.result.maybe.{ahead}"
    return step(key, wins=max(wins, losses), preferences=wins + losses)


def margin(rate: float, low: float, high: float, step: Lesson, key: str) -> None:
    """Draws a rate of wins (0 to 1) with its interval, and says it by the words of `key`."""
    said = {name: texts.percent(value, step.language) for name, value in (("low", low), ("high", high), ("rate", rate))}
    c = plots.colours()
    figure = go.Figure(
        go.Scatter(
            x=[rate], y=[0], mode="markers", marker={"color": c["main"], "size": 18}, hoverinfo="skip",
            error_x={"array": [high - rate], "arrayminus": [rate - low], "thickness": 6, "width": 0},
        )
    )  # fmt: skip
    figure.add_annotation(x=rate, y=0.9, text=said["rate"], showarrow=False)
    figure.add_vline(x=0.5, line_dash="dash", line_color=c["quiet"])
    figure.add_annotation(
        x=0.5,
        y=-0.9,
        text=step("tasting.margin.half"),
        showarrow=False,
        xanchor="left",
        xshift=6,
        font_color=c["quiet"],
    )
    figure.update_yaxes(visible=False, range=[-1.2, 1.2])
    # Air on both sides: on a telephone, «100 %» is wider than the margin.
    figure.update_xaxes(range=[-0.07, 1.08], **plots.share_ticks(0, 0.25, 0.5, 0.75, 1))
    figure.update_xaxes(title=step(f"{key}.axis"))
    plots.show(figure, step("tasting.margin.alt", **said), f"{key}.plot", 160)
    st.caption(step(key, **said))


def _foretold(result: Result, tasted: Tasting, step: Lesson) -> None:
    said = prediction_panel.tasting_said(step, tasted.id)
    if said is None:
        return
    if result.winner is None:
        told = "right" if said == "even" else "open"
    else:
        told = "right" if said == result.winner else "wrong"
    st.markdown(step(f"prediction.told.{told}", said=step(f"prediction.{said}")))


def _named(run: Run, tasted: Tasting, outcomes: dict[int, str], step: Lesson) -> None:
    for number, (pair, sides) in enumerate(zip(tasted.pairs, tasting.key(run), strict=True)):
        said = outcomes.get(number, "nothing")
        st.markdown(f"**{step(f'tasting.said.{said}', number=number + 1)}**")
        opening = pair.beginning if tasted.task == "write" else ""
        for column, place in zip(st.columns(2), tasting.PLACES, strict=True):
            column.caption(step(f"side.{sides[place]}"))
            written = getattr(pair, place)
            passage.show(
                opening, written if written.strip() else f" {step('tasting.nothing')}", column.container(border=True)
            )
