"""What a text copied from the texts that its model learned from: marked in it, told in numbers, and warned of."""

from dataclasses import replace
from html import escape

import streamlit as st

from core import texts
from core.evaluation import copies, evaluate, evidence
from core.evaluation.copying import Copy, Index, Looked
from core.texts import Words
from core.training.runs import Run
from core.ui import passage
from core.ui.plain import in_code

_TICK_SECONDS = 1.0
_MOST_SOURCES = 5
_AROUND = 80  # characters of a source that are shown on each side of what was copied
_MARK = "background:light-dark(#b8472a2e,#e88a6647);text-decoration:underline light-dark(#b8472a,#e88a66)"
_BOX = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55"


def show(run: Run, opening: str, text: str, seconds: float | None, key: str, language: str) -> None:
    """Shows what the adapted model wrote behind `opening` in `seconds`, with its copies marked, and keeps what was
    found with the run. As long as the training texts are being read it says so, and comes back by itself.
    """
    words = texts.words(language, "copies")
    index = copies.index(run)
    if index is None:
        passage.show(opening, text, st.container(border=True))
        st.fragment(_wait, run_every=_TICK_SECONDS)(run, words)
        return
    looked = index.look(text)
    copies.keep(run, text, looked, seconds)
    with st.container(border=True):
        st.html(passage.html(opening, marked(text, looked)))
    st.caption(_told(looked, words))
    if looked.copies:
        with st.popover(words("sources"), icon=":material/content_copy:", key=f"{key}.sources"):
            _sources(run, text, looked, words)


def marked(text: str, looked: Looked) -> str:
    """Answers `text` as HTML in which nothing but our own marks around its copies is markup."""
    parts, at = [], 0
    for copy in looked.copies:
        parts += [escape(text[at : copy.start]), f'<mark style="{_MARK};color:inherit">']
        parts += [escape(text[copy.start : copy.end]), "</mark>"]
        at = copy.end
    return "".join([*parts, escape(text[at:])])


def warn(run: Run, language: str) -> None:
    """Says, before she shares a model, what was seen of its copying; that nobody looked is said too."""
    words = texts.words(language, "copies")
    found = evidence.copying_of(run, evaluate.result(run))
    if found is None:
        st.info(f"**{words('warn.unlooked')}** {words.body('warn.unlooked')}", icon=":material/search:")
        st.page_link("pages/12_compare.py", label=words("warn.look"), icon=":material/arrow_back:")
        return
    facts = {"share": texts.percent(found.share, language), "longest": found.longest, "texts": found.texts}
    if not found.share:
        st.caption(words("warn.none", **facts))
        return
    said = words("warn" if found.longest else "warn.share", **facts)
    said = f"**{said}** {words.body('warn.much' if found.is_high else 'warn.little')}"
    if found.longest:
        passage = max(copies.kept(run), key=lambda one: one["longest"])["passage"]
        said += f"\n\n`{in_code(passage)}`"
    (st.warning if found.is_high else st.info)(said, icon=":material/content_copy:")


def _told(looked: Looked, words: Words) -> str:
    novelty = texts.percent(looked.novelty, words.language)
    count = len(looked.copies)
    return words("told" if count else "told.none", novelty=novelty, count=count)


def _sources(run: Run, text: str, looked: Looked, words: Words) -> None:
    """Shows each copy where it stands in her texts, as text."""
    for copy in looked.copies[:_MOST_SOURCES]:
        source = copies.text(run, copy.row)
        st.markdown(words("source", number=copies.row(run, copy.row) + 1, count=copy.words))
        st.html(f'<div style="{_BOX}">{_in_source(source, text, copy)}</div>')
    if len(looked.copies) > _MOST_SOURCES:
        st.caption(words("sources.more", more=len(looked.copies) - _MOST_SOURCES))


def _in_source(source: str, text: str, copy: Copy) -> str:
    """Answers the copied stretch of a source as HTML, with some of what stands around it."""
    found = Index([text[copy.start : copy.end]]).look(source)
    first = found.copies[0].start if found.copies else 0
    start, end = max(0, first - _AROUND), max((one.end for one in found.copies[:1]), default=0) + _AROUND
    inside = [replace(one, start=one.start - start, end=one.end - start) for one in found.copies[:1]]
    shown = marked(source[start:end], replace(found, copies=inside))
    return f"{'…' if start else ''}{shown}{'…' if end < len(source) else ''}"


def _wait(run: Run, words: Words) -> None:
    if copies.index(run) is not None:
        st.rerun()
    st.caption(words("reading"))
