"""Two texts, such as one before and after a repair, with what differs marked. Shown as text, whatever they hold."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from html import escape

import streamlit as st

_AROUND = 70  # characters kept on each side of a change
_MOST = 700  # characters shown of one text
_GONE = "background:light-dark(#c2512f26,#e0705c40);text-decoration:line-through light-dark(#c2512f,#e0705c)"
_GONE_BESIDE = "background:light-dark(#c2512f26,#e0705c40)"  # what is read beside the new need not be struck out
_NEW = "background:light-dark(#1f626930,#62b6bc40);text-decoration:underline light-dark(#1f6269,#62b6bc)"
_BOX = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55;margin:.1rem 0 .6rem"


def show(before: str, after: str | None) -> None:
    """Shows one text with what a repair takes struck and what it puts underlined; `after` None: the whole text goes."""
    if after is None:
        marked = f'<span style="{_GONE}">{escape(shorten(before))}</span>'
    else:
        marked = mark(before, after)
    st.html(f'<div style="{_BOX}">{marked}</div>')


def show_parts(parts: Sequence[str]) -> None:
    """Shows how each part of a divided text begins and ends, one box a part."""
    for part in parts:
        with st.container(border=True):
            st.text(_middle(part))


def mark(before: str, after: str) -> str:
    """Answers HTML with the changes marked, and the stretches that stay the same shortened."""
    old, new = _words(before[: 4 * _MOST]), _words(after[: 4 * _MOST])
    parts: list[str] = []
    shown = 0
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            parts.append(escape(_middle(gone)))
        else:
            parts += [f'<span style="{_GONE}">{escape(visible(gone))}</span>' if gone else ""]
            parts += [f'<span style="{_NEW}">{escape(came)}</span>' if came else ""]
        shown += min(len(gone), 2 * _AROUND) + len(came)
        if shown > _MOST:
            return "".join(parts) + " …"
    return "".join(parts)


def show_beside(before: str, after: str, names: Sequence[str]) -> None:
    """Shows two texts beside one another under their `names`, with the words marked that the other has not there."""
    old, new = _words(before[:_MOST]), _words(after[:_MOST])
    left: list[str] = []
    right: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, words, style in ((left, old[a:b], _GONE_BESIDE), (right, new[c:d], _NEW)):
            text = escape("".join(words))
            side.append(text if kind == "equal" or not text.strip() else f'<span style="{style}">{text}</span>')
    for column, name, marked in zip(st.columns(2), names, (left, right), strict=True):
        column.caption(name)
        column.html(f'<div style="{_BOX}">{"".join(marked) or "—"}</div>')


def visible(text: str) -> str:
    """Answers what goes with its unseen characters shown: a struck space cannot be seen."""
    named = text.replace("\n", "↵\n").replace("\t", "→").replace("\u00a0", "⍽")
    shown = "".join(c if c in "\n " or c.isprintable() else "◦" for c in named)
    return shown.replace(" ", "·") if not shown.strip() else shown


def shorten(text: str, most: int = 320) -> str:
    return text if len(text) <= most else text[:most].rstrip() + " …"


def _middle(same: str) -> str:
    if len(same) <= 2 * _AROUND + 40:
        return same
    begins, ends = same[:_AROUND], same[-_AROUND:]  # whole words only
    return f"{begins[: begins.rfind(' ') + 1] or begins}[…]{ends[ends.find(' ') :]}"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\s|[^\w\s]", text)
