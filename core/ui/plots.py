"""Every plot shares one template: the book's colours and typefaces, no toolbar, a sentence for who cannot see it."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

_PAPER = "rgba(0,0,0,0)"


def colours() -> dict[str, str]:
    """Answers the palette of the appearance that she reads in; the same as `.streamlit/config.toml`'s."""
    dark = getattr(st.context.theme, "type", None) == "dark"
    if dark:
        return {
            "ink": "#efe6d6",
            "line": "#6b6152",
            "main": "#6db5b3",
            "other": "#e28a63",
            "quiet": "#a99a83",
        }
    return {"ink": "#17110d", "line": "#c9b995", "main": "#1f6269", "other": "#c2512f", "quiet": "#857a6b"}


def show(figure: go.Figure, alt: str, key: str, height: int = 320) -> None:
    """Draws a figure in the book's manner; `alt` says in words what it shows."""
    c = colours()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 44, "b": 8},
        paper_bgcolor=_PAPER,
        plot_bgcolor=_PAPER,
        font={"family": "Figtree, sans-serif", "size": 14, "color": c["ink"]},
        uirevision=key,
        hovermode="closest",
        legend={"orientation": "h", "y": 1.12, "x": 0},
        separators=",.",
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


def histogram(middles: Sequence[float], counts: Sequence[int], width: float, names: dict[str, str]) -> go.Figure:
    """Bars of how many texts have each length in tokens. `names` holds the axes' titles, `x` and `y`."""
    c = colours()
    figure = go.Figure(go.Bar(x=list(middles), y=list(counts), width=width * 0.92, marker_color=c["main"]))
    figure.update_xaxes(title=names["x"])
    figure.update_yaxes(title=names["y"])
    return figure


def mark(figure: go.Figure, x: float, label: str, strong: bool = False) -> None:
    """Draws a vertical line with its label: a percentile, or (strong) the cut."""
    c = colours()
    colour, dash, width = (c["other"], "solid", 3) if strong else (c["quiet"], "dot", 1)
    figure.add_vline(
        x=x,
        line_color=colour,
        line_dash=dash,
        line_width=width,
        annotation_text=label,
        annotation_xanchor="right",
        annotation_position="top",
        annotation_yshift=22 if strong else 2,
        annotation_font_color=colour,
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
    palette = [c["main"], c["other"], "#a97a14", "#7c476a", "#5d7f3b", "#4a6896"]
    for place, (name, points) in enumerate(curves.items()):
        x, y = zip(*points, strict=True)
        figure.add_scatter(x=x, y=y, name=name, mode="lines+markers", line={"color": palette[place % len(palette)]})
    figure.update_xaxes(title=names["x"])
    figure.update_yaxes(title=names["y"])
    return figure


def sides(metrics: Sequence[str], base: Sequence[float], adapted: Sequence[float], names: dict[str, str]) -> go.Figure:
    """Two bars a metric: base and adapted."""
    c = colours()
    figure = go.Figure()
    figure.add_bar(x=list(metrics), y=list(base), name=names["base"], marker_color=c["quiet"])
    figure.add_bar(x=list(metrics), y=list(adapted), name=names["adapted"], marker_color=c["main"])
    figure.update_layout(barmode="group")
    return figure


def visible(token: str) -> str:
    """Answers a token with its spaces and line breaks made visible."""
    return token.replace(" ", "·").replace("\n", "↵").replace("\t", "→") or "∅"
