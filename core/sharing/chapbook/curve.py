"""The curve as one small SVG, the same on paper and on a screen, whose style gives it other colours in the dark."""

import math
from collections.abc import Sequence
from html import escape

from core import texts
from core.texts import Words

_WIDE, _TALL = 440, 220  # units; a point of print is one
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 14, 16, 38
_INK, _QUIET, _LINE, _MINE = "#17110d", "#6b5f52", "#d9ccb0", "#1f6269"


def drawn(points: Sequence[tuple[int, float]], words: Words) -> str:
    """Draws perplexity by step, the first point the untouched model's; its best is marked and named."""
    ticks = _ticks(max(value for _, value in points), min(value for _, value in points))
    last = max(step for step, _ in points) or 1
    across = lambda step: _LEFT + (_WIDE - _LEFT - _RIGHT) * step / last  # noqa: E731
    down = lambda value: _TOP + (_TALL - _TOP - _BOTTOM) * (ticks[-1] - value) / (ticks[-1] - ticks[0])  # noqa: E731
    parts = [_grid(tick, down(tick), words) for tick in ticks]
    parts += [_text(across(step), _TALL - 20, texts.number(step, words.language), "middle") for step in (0, last)]
    parts.append(_text((_LEFT + _WIDE - _RIGHT) / 2, _TALL - 6, words("curve.x"), "middle"))
    line = " ".join(f"{across(step):.1f},{down(value):.1f}" for step, value in points)
    parts.append(f'<polyline class="mine" points="{line}" fill="none" stroke="{_MINE}" stroke-width="1.6"/>')
    best = min(points, key=lambda point: point[1])
    for point in points:
        step, value = point
        size = 3.4 if point in (best, points[0]) else 1.8
        parts.append(f'<circle class="dot" cx="{across(step):.1f}" cy="{down(value):.1f}" r="{size}" fill="{_MINE}"/>')
    for step, value in dict.fromkeys((points[0], best)):
        anchor = "start" if step < last / 2 else "end"
        at = across(step) + (7 if anchor == "start" else 0)
        parts.append(_text(at, down(value) - 7, texts.number(value, words.language), anchor, "strong"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_TALL}" width="{_WIDE}" height="{_TALL}" '
        f'font-family="Figtree" font-size="10.5">{"".join(parts)}</svg>'
    )


def _grid(value: float, y: float, words: Words) -> str:
    line = f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_LINE}"/>'
    return line + _text(_LEFT - 6, y + 3.5, texts.number(value, words.language), "end")


def _text(x: float, y: float, text: str, anchor: str, kind: str = "said") -> str:
    ink, weight = (_INK, 600) if kind == "strong" else (_QUIET, 400)
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )


def _ticks(highest: float, lowest: float) -> list[float]:
    """Answers round values, four or so, that hold both ends: of every one, two or five times a power of ten."""
    rough = max(highest - lowest, 0.05 * abs(highest), 1e-6) / 3
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    first = math.floor(lowest / step)
    return [step * place for place in range(first, math.ceil(highest / step) + 1)]
