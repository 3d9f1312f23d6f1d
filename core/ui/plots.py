"""Every plot shares one template: the book's colours and typefaces, no toolbar, a sentence for who cannot see it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core import texts

_PAPER = "rgba(0,0,0,0)"


DAY = {
    "ink": "#17110d",
    "line": "#c9b995",
    "main": "#1f6269",
    "other": "#b8472a",
    "quiet": "#756a5c",
    "series": ("#1f6269", "#b8472a", "#a97a14", "#7c476a", "#5d7f3b", "#4a6896"),
}
NIGHT = {
    "ink": "#ece2cf",
    "line": "#54483c",
    "main": "#62b6bc",
    "other": "#e88a66",
    "quiet": "#a99a83",
    "series": ("#62b6bc", "#e88a66", "#e0b450", "#c88fb6", "#9dbb6c", "#8fb0dc"),
}
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")  # two lines must not differ in colour alone


def colours() -> dict[str, Any]:
    """Answers the palette of the appearance that she reads in; the same hues as `.streamlit/config.toml`'s.

    `other` and `quiet` also colour words: 4.5:1 or more on the page. `series` are lines: 3:1 or more.
    """
    return NIGHT if getattr(st.context.theme, "type", None) == "dark" else DAY


def show(figure: go.Figure, alt: str, key: str, height: int = 320) -> None:
    """Draws a figure in the book's manner; `alt` says in words what it shows."""
    c = colours()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 44 if len(figure.data) > 1 else 8, "b": 8},  # a legend needs room
        paper_bgcolor=_PAPER,
        plot_bgcolor=_PAPER,
        font={"family": "Figtree, sans-serif", "size": 14, "color": c["ink"]},
        uirevision=key,
        hovermode="closest",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},  # it grows upwards where it is narrow
        separators=".," if st.session_state.get("language") == "en" else ",.",  # as each language writes numbers
        dragmode=False,
    )
    figure.update_xaxes(
        showgrid=False,
        zeroline=False,
        linecolor=c["line"],
        ticks="outside",
        tickcolor=c["line"],
        automargin=True,
    )
    figure.update_yaxes(gridcolor=c["line"], griddash="dot", zeroline=False, automargin=True)
    st.plotly_chart(figure, key=key, width="stretch", theme=None, config={"displayModeBar": False}, alt=alt)


def share_ticks(*shares: float) -> dict[str, list]:
    """Answers an axis's marks at these shares, in per cent as her language writes it: plotly knows one way only."""
    language = st.session_state.get("language", texts.LANGUAGES[0])
    return {"tickvals": list(shares), "ticktext": [texts.percent(share, language) for share in shares]}


def candidates(names: Sequence[str], probabilities: Sequence[float], labels: Sequence[str]) -> go.Figure:
    """Bars of the tokens that could come next, the likeliest on top; probabilities 0 to 1, `labels` their words."""
    c = colours()
    tokens = [f"{place}. {visible(name)}" for place, name in enumerate(names, start=1)]
    bars = go.Bar(
        x=list(probabilities),
        y=tokens,
        orientation="h",
        marker_color=c["main"],
        text=list(labels),
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure = go.Figure(bars)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(visible=False, range=[0, 1.18 * max(probabilities, default=1)])
    return figure


def against(names: Sequence[str], sizes: Sequence[float], labels: Sequence[str]) -> go.Figure:
    """Bars of what each thing needs and, last, of what there is; what needs more than that has another colour."""
    c = colours()
    *needed, there = sizes
    figure = go.Figure(
        go.Bar(
            x=list(sizes),
            y=list(names),
            orientation="h",
            marker_color=[*(c["main"] if size <= there else c["other"] for size in needed), c["line"]],
            text=list(labels),
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(visible=False, range=[0, 1.5 * max(sizes)])  # room for the longest one's label
    return figure


def words(names: Sequence[str], probabilities: Sequence[float], labels: Sequence[str], marked: int | None) -> go.Figure:
    """Bars of the whole words that could come next, the likeliest on top; the one at place `marked` stands out."""
    c = colours()
    places = list(range(len(names)))
    bars = go.Bar(
        x=list(probabilities),
        y=places,
        orientation="h",
        marker_color=[c["other"] if place == marked else c["main"] for place in places],
        text=list(labels),
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure = go.Figure(bars)
    shown = [visible(name.strip(" ")) for name in names]
    figure.update_yaxes(autorange="reversed", showgrid=False, tickvals=places, ticktext=shown)
    figure.update_xaxes(visible=False, range=[0, 1.3 * max(probabilities, default=1)])
    return figure


def words_of_two(words: Sequence[str], of_two: Mapping[str, tuple[Sequence[float], Sequence[str]]]) -> go.Figure:
    """Two bars a whole word, one for each model, the first word on top; by model's name, probabilities and labels."""
    c = colours()
    figure = go.Figure()
    places = list(range(len(words)))
    for (name, (probabilities, labels)), colour in zip(of_two.items(), (c["quiet"], c["main"]), strict=True):
        figure.add_bar(
            x=list(probabilities),
            y=places,
            name=name,
            orientation="h",
            marker_color=colour,
            text=list(labels),
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    most = max((max(probabilities) for probabilities, _ in of_two.values()), default=1)
    shown = [visible(word.strip(" ")) for word in words]
    figure.update_yaxes(autorange="reversed", showgrid=False, tickvals=places, ticktext=shown)
    figure.update_xaxes(visible=False, range=[0, 1.3 * most])
    figure.update_layout(barmode="group", bargap=0.3)
    return figure


def bars_between(edges: Sequence[int], counts: Sequence[int], names: dict[str, str], log: bool = False) -> go.Figure:
    """Bars of how many texts there are between one edge and the next; `log` spaces the edges by ratio."""
    labels = [f"{low}" if high - low == 1 else f"{low}–{high - 1}" for low, high in pairwise(edges)]
    if log:
        bar = go.Bar(x=labels, y=list(counts), marker_color=colours()["main"])
    else:
        middles = [(low + high - 1) / 2 for low, high in pairwise(edges)]
        width = 0.92 * (edges[1] - edges[0]) if len(edges) > 1 else 1
        bar = go.Bar(x=middles, y=list(counts), width=width, marker_color=colours()["main"], hovertext=labels)
    bar.hovertemplate = "%{y}<extra></extra>" if log else "%{hovertext}: %{y}<extra></extra>"
    figure = go.Figure(bar)
    figure.update_xaxes(title=names["x"], type="category" if log else "linear", nticks=8)
    figure.update_yaxes(title=names["y"], dtick=1 if max(counts, default=0) < 5 else None)  # there is no half a text
    return figure


def lengths(
    bins: tuple[Sequence[float], Sequence[int], int],
    coverage: tuple[Sequence[int], Sequence[float], Sequence[float]],
    names: dict[str, str],
) -> go.Figure:
    """Above, bars of how many texts have each length in tokens; below, the shares that each maximum length keeps.

    `bins` and `coverage` are as `core.tokens.lengths` answers them. `names` holds the axes' titles (`tokens`, `texts`,
    `kept`) and the curves' (`whole` texts, `share` of tokens).
    """
    from plotly.subplots import make_subplots

    c = colours()
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.6, 0.4], vertical_spacing=0.06)
    middles, counts, width = bins
    figure.add_bar(x=middles, y=counts, width=width * 0.92, marker_color=c["main"], showlegend=False, row=1, col=1)
    cuts, whole, kept = coverage
    for shares, name, colour in ((whole, names["whole"], c["main"]), (kept, names["share"], c["quiet"])):
        line = {"color": colour, "width": 2}
        figure.add_scatter(x=cuts, y=shares, name=name, mode="lines", line=line, legend="legend2", row=2, col=1)
    # Under the plot: above it stand the marks, and a telephone has no room for both.
    figure.update_layout(legend2={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"})
    figure.update_xaxes(title=names["tokens"], row=2, col=1)
    figure.update_yaxes(title=names["texts"], dtick=1 if max(counts) < 5 else None, row=1, col=1)
    figure.update_yaxes(title=names["kept"], range=[0, 1.04], **share_ticks(0, 0.5, 1), row=2, col=1)
    return figure


def mark(figure: go.Figure, x: float, label: str, strong: bool = False, anchor: str = "center") -> None:
    """Draws a vertical line over the whole figure, with its label: a percentile, or (strong) the cut.

    `anchor` says which end of the label stands at the line.
    """
    c = colours()
    colour, dash, width = (c["other"], "solid", 3) if strong else (c["quiet"], "dot", 1)
    line = {"color": colour, "dash": dash, "width": width}
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, xref="x", yref="paper", line=line)
    figure.add_annotation(
        x=x,
        y=1,
        xref="x",
        yref="paper",
        yanchor="bottom",
        yshift=20 if strong else 2,
        xanchor=anchor,
        text=label,
        showarrow=False,
        font={"color": colour},
    )


def losses(train, validation, base: float | None, names: dict[str, str]) -> go.Figure:
    """The curve of a run over its steps: training, validation, and the untouched model's dashed line."""
    c = colours()
    figure = go.Figure()
    if train:
        x, y = zip(*train, strict=True)
        figure.add_scatter(x=x, y=y, name=names["train"], mode="lines", line={"color": c["quiet"], "width": 1.5})
    if base is not None:
        end = max([step for step, _ in [*train, *validation]], default=1)
        figure.add_scatter(
            x=[0, end],
            y=[base, base],
            name=names["base"],
            mode="lines",
            line={"color": c["other"], "dash": "dash"},
        )
    if validation:
        points = [(0, base), *validation] if base is not None else validation
        x, y = zip(*points, strict=True)
        figure.add_scatter(
            x=x, y=y, name=names["validation"], mode="lines+markers", line={"color": c["main"], "width": 3}
        )
    figure.update_xaxes(title=names["x"])
    figure.update_yaxes(title=names["y"])
    return figure


def overlaid(curves: dict[str, list[tuple[int, float]]], names: dict[str, str]) -> go.Figure:
    """Validation curves of several runs, one line each."""
    c = colours()
    figure = go.Figure()
    for place, (name, points) in enumerate(curves.items()):
        x, y = zip(*points, strict=True)
        line = {"color": c["series"][place % len(c["series"])], "dash": _DASHES[place % len(_DASHES)]}
        figure.add_scatter(x=x, y=y, name=name, mode="lines+markers", line=line)
    figure.update_xaxes(title=names["x"])
    figure.update_yaxes(title=names["y"])
    return figure


def dose(
    points: Sequence[tuple[float, float, str]], base: float, ticks: dict[float, str], names: dict[str, str]
) -> go.Figure:
    """The lowest validation loss by the share of the texts (0 to 1), and the untouched model's dashed line.

    `points` are (share, loss, words for who points at it); `ticks` are the shares as words.
    """
    c = colours()
    figure = go.Figure()
    line = {"color": c["other"], "dash": "dash"}
    figure.add_scatter(x=[0, 1], y=[base, base], name=names["base"], mode="lines", line=line, hoverinfo="skip")
    shares, losses, said = zip(*points, strict=True)
    figure.add_scatter(
        x=shares,
        y=losses,
        name=names["texts"],
        mode="lines+markers",
        line={"color": c["main"], "width": 3},
        marker={"size": 11},
        hovertext=said,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    figure.update_xaxes(title=names["x"], range=[0, 1.04], tickvals=list(ticks), ticktext=list(ticks.values()))
    figure.update_yaxes(title=names["y"])
    return figure


def sides(metrics: Sequence[str], base: Sequence[float], adapted: Sequence[float], names: dict[str, str]) -> go.Figure:
    """Two bars a metric: base and adapted, each with its number over it."""
    c = colours()
    figure = go.Figure()
    for side, values, colour in (("base", base, c["quiet"]), ("adapted", adapted, c["main"])):
        figure.add_bar(
            x=list(metrics),
            y=list(values),
            name=names[side],
            marker_color=colour,
            texttemplate="%{y:,.3~r}",
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    figure.update_layout(barmode="group")
    return figure


def stacked(parts: dict[str, tuple[float, str]], title: str) -> go.Figure:
    """One lying bar in pieces, from left to right: each by its name, with its size and its colour."""
    figure = go.Figure()
    for name, (size, colour) in parts.items():
        figure.add_bar(
            x=[size],
            y=[""],
            name=name,
            orientation="h",
            marker_color=colour,
            hovertemplate=f"%{{x:.1f}}<extra>{name}</extra>",
        )
    figure.update_layout(barmode="stack", legend_traceorder="normal", bargap=0)
    figure.update_xaxes(title=title)
    figure.update_yaxes(visible=False)
    return figure


def visible(token: str) -> str:
    """Answers a token with its spaces and line breaks made visible."""
    return token.replace(" ", "·").replace("\n", "↵").replace("\t", "→") or "∅"
