"""The chapbook: what she writes on its title page, what goes in, both models writing for it, its pages, its files."""

import streamlit as st

from core import texts
from core.project import Project
from core.sharing import making
from core.sharing.chapbook import book, page, passages, pdf
from core.sharing.chapbook import choices as chapbook
from core.sharing.chapbook.choices import SECTIONS, Choices
from core.sharing.chapbook.passages import Passage
from core.texts import Words
from core.training.runs import Run
from core.ui import making_panel

_WIDE = 420  # pixels of a page that is looked at here
_SHOWN = 60  # characters of a passage's name


def show(run: Run, project: Project, words: Words) -> None:
    """Asks for her choices, each kept as she makes it, lets her look at the pages, and gives the files."""
    kept = chapbook.kept(project)
    wanted = _ask(run, kept, words)
    if wanted != kept:
        project = chapbook.keep(project, wanted)
    folder = passages.folder(run)
    making_panel.offer(
        words,
        "chapbook",
        folder,
        lambda: making.start(["chapbook", str(run.folder), "--again", "--language", words.language], folder),
        bool(passages.written(run)),
    )
    _pages(run, project, wanted, words)
    _give(run, project, wanted, words)


def _ask(run: Run, kept: Choices, words: Words) -> Choices:
    title, author = st.columns(2)
    given_title = title.text_input(
        words("chapbook.title"),
        kept.title,
        max_chars=120,
        key="chapbook.title",
        placeholder=words("chapbook.title.none"),
    )
    given_author = author.text_input(words("chapbook.author"), kept.author, max_chars=120, key="chapbook.author")
    dedication = st.text_area(
        words("chapbook.dedication"), kept.dedication, max_chars=600, key="chapbook.dedication", height=80
    )
    own = texts.words(words.language, "chapbook")
    inside = [section for section in SECTIONS if section not in kept.left_out]
    sections = st.pills(
        words("chapbook.sections"),
        SECTIONS,
        default=inside,
        selection_mode="multi",
        format_func=own,
        key="chapbook.sections",
    )
    left_out = tuple(section for section in SECTIONS if section not in sections)
    known = {one.id: one for one in passages.known(run)}
    return Choices(given_title, given_author, dedication, left_out, _ask_passages(run, kept, known, words))


def _ask_passages(run: Run, kept: Choices, known: dict[str, Passage], words: Words) -> tuple[str, ...] | None:
    """Asks which go in; as long as she has changed nothing it is what is proposed, also of what is written later."""
    proposed = [one.id for one in passages.chosen(run, None)]
    before = [one for one in known if one in (proposed if kept.passages is None else kept.passages)]
    if not known:
        return kept.passages
    chosen = st.multiselect(
        words("chapbook.passages"),
        list(known),
        before,
        format_func=lambda one: _name(known[one], words),
        key=f"chapbook.passages.{len(known)}",
        help=words.body("chapbook.passages"),
        placeholder=words("chapbook.passages.none"),
    )
    return kept.passages if chosen == before else tuple(chosen)


def _name(one: Passage, words: Words) -> str:
    said = " ".join((one.given or one.adapted).split())
    short = said if len(said) <= _SHOWN else f"{said[:_SHOWN].rstrip()}…"
    return words(f"chapbook.source.{one.source}", text=short)


def _pages(run: Run, project: Project, wanted: Choices, words: Words) -> None:
    """Shows any page as it will be printed, at her asking."""
    if not st.toggle(words("chapbook.look"), key="chapbook.look"):
        return
    content = pdf.make(book.make(run, project, wanted, words.language))
    last = pdf.count(content)
    first = st.slider(words("chapbook.page"), 1, last, 1, key=f"chapbook.page.{last}")
    for number, column in zip(range(first, last + 1), st.columns(2), strict=False):
        column.image(pdf.picture(content, number - 1, _WIDE), words("chapbook.page.alt", number=number))


def _give(run: Run, project: Project, wanted: Choices, words: Words) -> None:
    made = lambda: book.make(run, project, wanted, words.language)  # noqa: E731
    name = texts.words(words.language, "chapbook")("file_name")
    left, right = st.columns(2)
    left.download_button(
        words("chapbook.pdf"), lambda: pdf.make(made()), f"{name}.pdf", "application/pdf", key="chapbook.pdf",
        icon=":material/picture_as_pdf:", on_click="ignore", width="stretch",
    )  # fmt: skip
    right.download_button(
        words("chapbook.html"), lambda: page.make(made()), f"{name}.html", "text/html", key="chapbook.html",
        icon=":material/web:", on_click="ignore", width="stretch",
    )  # fmt: skip
