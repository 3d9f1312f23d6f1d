"""The report's pictures: SVG that stretches with the page, its words beside it as text."""

from collections.abc import Sequence
from html import escape

_WIDE, _TALL = 1000, 24  # units of a strip; the page stretches it, so that lines keep their width by themselves


def bars(lines: Sequence[tuple[str, dict, str, bool]]) -> str:
    """Draws a bar from zero for each (name, value with `low` and `high`, how it is said, whether it is hers).

    The interval is a line over the end of its bar. The longest of all takes the whole width.
    """
    longest = max((one["value"] if one["high"] is None else one["high"] for _, one, _, _ in lines), default=0) or 1
    drawn = []
    for name, one, said, is_hers in lines:
        kind = "bar mine" if is_hers else "bar"
        shapes = f'<rect width="{_x(one["value"], longest)}" height="{_TALL}"/>'
        if one["low"] is not None:
            low, high, middle = _x(one["low"], longest), _x(one["high"], longest), _TALL / 2
            ends = "".join(f"M{x} 6V18" for x in (low, high))
            line = f"M{low} {middle}H{high}{ends}"
            shapes += f'<path class="halo" d="{line}"/><path d="{line}"/>'
        drawn.append(
            f'<div class="{kind}"><span>{escape(name)}</span>{_strip(shapes, _TALL)}<span>{escape(said)}</span></div>'
        )
    return f'<div class="bars">{"".join(drawn)}</div>'


def histogram(sides: Sequence[tuple[str, Sequence[int]]], ends: Sequence[str]) -> str:
    """Draws, a side under the other, how many rows lie in each stretch; `ends` say where the first begins and the
    last ends."""
    most = max((max(counts, default=0) for _, counts in sides), default=0) or 1
    drawn = []
    for place, (name, counts) in enumerate(sides):
        wide = _WIDE / max(1, len(counts))
        shapes = "".join(
            f'<rect x="{at * wide + 2:.1f}" y="{100 - 100 * count / most:.1f}" width="{wide - 4:.1f}" '
            f'height="{100 * count / most:.1f}"/>'
            for at, count in enumerate(counts)
        )
        kind = "spread" if place else "spread mine"
        drawn.append(f'<figure class="{kind}"><figcaption>{escape(name)}</figcaption>{_strip(shapes, 100)}</figure>')
    low, high = map(escape, ends)
    return f'{"".join(drawn)}<p class="ends"><span>{low}</span><span>{high}</span></p>'


def _strip(shapes: str, tall: int) -> str:
    return f'<svg viewBox="0 0 {_WIDE} {tall}" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>'


def _x(value: float, longest: float) -> float:
    return round(_WIDE * max(0.0, value) / longest, 1)
