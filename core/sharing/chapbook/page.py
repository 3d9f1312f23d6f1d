"""The chapbook as one HTML page that asks nothing of anywhere: for a telephone, a screen in the dark, and paper.

It takes the report's style as it is and adds its own; whatever she or a model wrote goes in as text.
"""

from collections.abc import Callable
from html import escape
from pathlib import Path

from core import texts
from core.evaluation.report import STYLE as REPORT_STYLE
from core.evaluation.report_pictures import bars as drawn_bars
from core.sharing.chapbook import faces
from core.sharing.chapbook.blocks import (
    Bars,
    Block,
    Book,
    Line,
    Listed,
    Paragraph,
    Part,
    Passage,
    Picture,
    Quote,
    Text,
)  # fmt: skip

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"


def make(book: Book) -> str:
    """Answers the whole page."""
    title = escape(book.title)
    author = f'<meta name="author" content="{escape(book.author)}">' if book.author else ""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{title}</title>{author}'
        f"<style>{faces.style()}{REPORT_STYLE}{_STYLE}</style>"
    )
    parts = "".join(map(_part, book.parts))
    return (
        f'<!DOCTYPE html>\n<html lang="{book.language}"><head>{head}</head>'
        f"<body><main>{_cover(book)}{_contents(book)}{parts}</main></body></html>\n"
    )


def _cover(book: Book) -> str:
    author = f'<p class="author">{escape(book.author)}</p>' if book.author else ""
    said = "<br>".join(map(escape, book.dedication))
    dedication = f'<p class="dedication">{said}</p>' if said else ""
    return (
        f'<header><h1>{escape(book.title)}</h1><p class="subtitle">{escape(book.subtitle)}</p>{author}'
        f"<p>{escape(book.date)}</p></header>{dedication}"
    )


def _contents(book: Book) -> str:
    words = texts.words(book.language, "chapbook")
    lines = "".join(f'<li><a href="#{part.key}">{escape(part.title)}</a></li>' for part in book.parts)
    return f'<nav aria-label="{escape(words("contents"))}"><ul>{lines}</ul></nav>'


def _part(part: Part) -> str:
    inside = "".join(_SETTERS[type(block)](block) for block in part.blocks)
    return f'<section id="{part.key}"><h2>{escape(part.title)}</h2>{inside}</section>'


def _paragraph(it: Paragraph) -> str:
    kind = ' class="note"' if it.quiet else ""
    return f"<p{kind}>{escape(it.text)}</p>"


def _listed(it: Listed) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in it.lines)}</ul>"


def _passage(it: Passage) -> str:
    return f"<article><h3>{escape(it.number)}</h3>{''.join(map(_text, it.texts))}</article>"


def _quote(it: Quote) -> str:
    return f"<blockquote>{_text(it.text)}</blockquote>"


def _picture(it: Picture) -> str:
    svg = it.svg.replace("<svg ", f'<svg role="img" aria-label="{escape(it.alt)}" ', 1)
    return f'<figure class="curve">{svg}<figcaption>{escape(it.caption)}</figcaption></figure>'


def _bars(it: Bars) -> str:
    lines = [
        (bar.name, {"value": bar.value, "low": bar.low, "high": bar.high}, bar.said, bar.is_hers) for bar in it.bars
    ]
    return f'<h3>{escape(it.title)}</h3><p class="note">{escape(it.note)}</p>{drawn_bars(lines)}'


def _text(it: Text) -> str:
    label = f'<p class="label">{escape(it.label)}</p>' if it.label else ""
    if it.is_verse:
        stanzas = ("".join(map(_verse_line, stanza)) for stanza in it.stanzas)
        shown = "".join(f'<p class="verse">{stanza}</p>' for stanza in stanzas)
    else:
        lines = (line for stanza in it.stanzas for line in stanza)
        shown = "".join(f'<p class="prose"{_direction(line)}>{_runs(line)}</p>' for line in lines)
    return f'{label}<div lang="{it.language}">{shown}</div>'


def _verse_line(line: Line) -> str:
    spaces = "\u00a0" * line.indent
    return f'<span class="line"{_direction(line)}>{spaces}{_runs(line)}</span>'


def _direction(line: Line) -> str:
    return ' dir="rtl"' if line.rtl else ""


def _runs(line: Line) -> str:
    return (f'<i class="given">{escape(line.given)}</i>' if line.given else "") + escape(line.written)


_SETTERS: dict[type[Block], Callable[..., str]] = {
    Paragraph: _paragraph, Listed: _listed, Passage: _passage, Quote: _quote, Picture: _picture, Bars: _bars,
}  # fmt: skip
