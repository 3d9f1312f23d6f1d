"""The pictures of an evaluation: every side with its interval, and how the texts spread behind each mean."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.ui.plots import colours

_LINE = 30  # pixels for each side
_AROUND = 62  # and for a metric's title and axis
_LEAST_SHARE = 0.05  # no narrower axis for a share: a difference of a thousandth must not look huge


def intervals(
    metrics: Mapping[str, Mapping[str, Mapping]], names: Mapping[str, str], main: str, ruler: str, shares: Sequence[str]
):
    """A band for each metric: a dot for each side, and the line in which it lies in 95 of 100 evaluations.

    `metrics` maps a title to sides and their `value`, `low` and `high`; `names` are the sides' words. `main` is the
    side that stands out; `ruler` is drawn as a line down its band; `shares` are the titles of what goes from 0 to 1.
    Answers the figure and its height in pixels.
    """
    c = colours()
    shown = {title: [side for side in sides if side != ruler] for title, sides in metrics.items()}
    heights = [_LINE * len(sides) + _AROUND for sides in shown.values()]
    whole = sum(heights)
    figure = make_subplots(
        rows=len(metrics), cols=1, subplot_titles=list(metrics), row_heights=heights, vertical_spacing=58 / whole
    )
    for row, (title, sides) in enumerate(shown.items(), start=1):
        for side in sides:
            one = metrics[title][side]
            colour = c["main"] if side == main else c["quiet"]
            ends = [] if one["low"] is None else [one["low"], one["high"]]
            line = {"color": colour, "width": 4 if side == main else 2}
            figure.add_scatter(x=ends, y=[names[side]] * len(ends), mode="lines", line=line, row=row, col=1)
            marker = {"size": 13 if side == main else 10, "color": colour}
            said = "%{x:,.3~r}<extra></extra>"
            figure.add_scatter(
                x=[one["value"]], y=[names[side]], mode="markers", marker=marker, hovertemplate=said, row=row, col=1
            )
        if ruler in metrics[title]:
            line = {"color": c["other"], "dash": "dash", "width": 2}
            figure.add_vline(x=metrics[title][ruler]["value"], line=line, row=row, col=1)
        figure.update_xaxes(range=_wide(list(metrics[title].values()), title in shares), row=row, col=1)
        figure.update_yaxes(categoryorder="array", categoryarray=[names[s] for s in sides][::-1], row=row, col=1)
    figure.update_traces(showlegend=False)
    figure.update_annotations(xanchor="left", x=0, font={"size": 15})
    return figure, whole


def _wide(found: Sequence[Mapping], is_share: bool) -> list[float]:
    """Answers the ends of an axis on which everything that was found has some air around it."""
    ends = [end for one in found for end in (one["value"], one["low"], one["high"]) if end is not None]
    air = 0.06 * (max(ends) - min(ends)) or 0.1 * abs(max(ends)) or 0.1
    low, high = min(ends) - air, max(ends) + air
    if is_share and high - low < _LEAST_SHARE:
        low = max((low + high - _LEAST_SHARE) / 2, -0.02 * _LEAST_SHARE)  # a dot at 0 is drawn whole
        high = low + _LEAST_SHARE
    return [low, high]


def spread(edges: Sequence[float], counts: Mapping[str, Sequence[int]], names: Mapping[str, str], axes: Mapping):
    """Lines of how many texts lie between one edge and the next, a line a side. `axes` has the titles `x` and `y`."""
    c = colours()
    figure = go.Figure()
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    for place, (side, heights) in enumerate(counts.items()):
        line = {"color": c["series"][place % len(c["series"])], "shape": "hvh", "width": 2}
        figure.add_scatter(x=middles, y=list(heights), name=names[side], mode="lines", line=line, hoverinfo="skip")
    figure.update_xaxes(title=axes["x"])
    figure.update_yaxes(title=axes["y"], rangemode="tozero")
    return figure
