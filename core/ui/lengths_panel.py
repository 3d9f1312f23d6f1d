"""Step 8: the plot of lengths with its movable cut, what a cut does to real texts, and what each choice costs."""

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st

from core import texts
from core.data import table
from core.models.folder import ModelFacts
from core.project import Project
from core.tokens import encode, lengths, tokenise
from core.tokens.lengths import Counted
from core.ui import plots
from core.ui.lesson import Lesson
from core.ui.waiting import waiting

_MARKED = (50, 90, 99)
_AROUND = 260  # characters shown on each side of a cut
_LOST = "color:light-dark(#86420f,#f1b689);background:light-dark(#c0662c26,#e0935a33)"


def measured(step: Lesson, project: Project) -> np.ndarray:
    """Answers what `encode.measure` does; the first time, says how far the counting is."""
    if tokenise.is_tokenised(project):
        return encode.measure(project)
    with waiting(step("measuring")) as progress:
        return encode.measure(project, progress)


def plot(step: Lesson, found: Counted, cut: int) -> None:
    """Draws how many texts have each length, what each cut would keep, and the cut that she is trying."""
    names = {key: step(f"axis.{key}") for key in ("tokens", "texts", "kept")}
    names |= {"whole": step("coverage.texts"), "share": step("coverage.tokens")}
    figure = plots.lengths(lengths.bins(found), lengths.coverage(found), names)
    reach = found.longest // 6  # nearer than this, two labels would cover one another: they become one
    labels: dict[int, list[int]] = {}
    first = before = -reach - 1
    for share in _MARKED:
        value = lengths.percentile(found, share)
        first = first if value - before < reach else value
        before = value
        labels.setdefault(value, [])
        labels[first].append(share)
    for x, shares in labels.items():
        if shares:
            plots.mark(figure, x, texts.percents(shares, step.language))
    half, longest = lengths.percentile(found, 50), found.longest
    anchor = "right" if cut > 0.8 * longest else "left" if cut < 0.2 * longest else "center"
    plots.mark(figure, cut, step("cut", length=cut), strong=True, anchor=anchor)
    plots.show(figure, step("plot.alt", half=half, longest=longest, cut=cut), "lengths", 480)


def costs(step: Lesson, project: Project, found: Counted, cut: int, most: int, model: ModelFacts) -> None:
    """Shows, for a few lengths and hers, what stays whole, what is kept, and how long an epoch would take."""
    least = min(most, encode.shortest_length(project))
    usual = {min(most, max(least, lengths.round_up(lengths.percentile(found, share)))) for share in _MARKED}
    lines = [f"| {step('cost.length')} | {step('cost.whole')} | {step('cost.kept')} | {step('cost.time')} |"]
    lines.append("|--:|--:|--:|--:|")
    for length in sorted({*usual, cut, most}):
        over, lost = lengths.cut_by(found, length)
        shares = (1 - over / found.texts, 1 - lost / found.tokens, lengths.relative_cost(found, length, most, model))
        cells = [texts.number(length, step.language), *(_percent(share, step.language) for share in shares)]
        lines.append("| " + " | ".join(f"**{cell}**" if length == cut else cell for cell in cells) + " |")
    st.markdown("\n".join(lines))
    if cut >= found.longest:
        return
    share = lengths.relative_cost(found, cut, most, model)
    key = "cost.same" if share > 0.97 else "cost.half" if 0.45 <= share <= 0.55 else "cost.share"
    st.markdown(step(key, length=cut, percent=_percent(share, step.language)))


def examples(step: Lesson, project: Project, found: np.ndarray, cut: int) -> None:
    """Shows on real texts what the cut keeps and, struck out, what it loses: of the shortest, a middle, the longest."""
    places = lengths.cut_examples(found, cut)
    names = [(), ("only",), ("shortest", "longest"), ("shortest", "middle", "longest")][len(places)]
    for name, place in zip(names, places, strict=True):
        part, inside = encode.place_of(project, place)
        row = table.row(table.read(project.prepared / part), inside)
        lost = int(np.maximum(0, found[place] - cut).sum())
        st.caption(step(f"example.{name}", tokens=int(found[place].max()), lost=lost))
        parts = encode.cut_parts(project, row, cut)
        _draw(parts)
        if not any(lost for _, lost in parts):
            st.caption(step("example.end"))


def _percent(share: float, language: str) -> str:
    """Never says all where a little is missing."""
    return texts.percent(share if share == 1 else min(0.999, share), language, 1 if 0.99 < share < 1 else 0)


def _draw(parts: Sequence[tuple[str, str]]) -> None:
    pieces = []
    for kept, lost in parts:
        begins = kept if len(kept) <= _AROUND else f"… {kept[-_AROUND:]}"
        ends = lost if len(lost) <= _AROUND else f"{lost[:_AROUND]} …"
        gone = f'<s style="{_LOST}">{escape(ends)}</s>' if lost else ""
        pieces.append(
            f'<p style="white-space:pre-wrap;overflow-wrap:anywhere;margin:.2em 0 1em">{escape(begins)}{gone}</p>'
        )
    st.html("".join(pieces))
