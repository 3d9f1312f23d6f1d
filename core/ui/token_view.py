"""Texts in coloured tokens. What she wrote is escaped: shown as text, never run as HTML."""

from html import escape

import streamlit as st

from core.tokens.tokenizer import Piece

_WASHES = ("#2b707933", "#c0662c33", "#a97a1440", "#7c476a33", "#5d7f3b40")


def show(pieces: list[Piece]) -> None:
    """Shows pieces as coloured chips, each with its id on hover; bytes of one letter share a chip."""
    chips: list[str] = []
    ids: list[str] = []
    for piece in pieces:
        ids.append(str(piece.id))
        if not piece.text:
            continue
        label = escape(piece.text).replace(" ", "&nbsp;")
        breaks = "<br>" * piece.text.count("\n")
        label = label.replace("\n", '<span style="opacity:.5">↵</span>')
        wash = "#85858566" if piece.special else _WASHES[len(chips) % len(_WASHES)]
        chips.append(
            f'<span title="{" + ".join(ids)}" style="background:{wash};border-radius:.3em;padding:.12em .06em;'
            f'white-space:pre-wrap">{label}</span>{breaks}'
        )
        ids = []
    st.html(f'<div style="line-height:2.1;font-size:1.05rem;overflow-wrap:anywhere">{"".join(chips)}</div>')
