"""Texts in coloured tokens. What she wrote is escaped: shown as text, never run as HTML."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from core import storage, texts
from core.data import table
from core.errors import LessonError
from core.models.folder import public_name
from core.models.shelf import SHELF
from core.project import Project
from core.tasks import TASKS
from core.tokens import alternatives
from core.tokens import form as forms
from core.tokens import tokenizer as tokenizers
from core.tokens.chips import Chip
from core.tokens.encode import IGNORED, encode_rows
from core.tokens.form import CHAT, Form, ends
from core.tokens.tokenizer import Tokenizer
from core.ui import problem, session
from core.ui.lesson import Lesson
from core.ui.plain import plain

MOST_CHARACTERS = 6_000  # of one text on the page: a few screens
_MOST_TOKENS = 300
_MOST_CHOICES = 300
_LABEL_CHARACTERS = 70
_PADDING = 3  # places of padding that are drawn: how many there are changes with each batch
_DAY = ("#2b707933", "#c0662c33", "#a97a1440", "#7c476a33", "#5d7f3b40")
_NIGHT = ("#62b6bc4d", "#e88a664d", "#e0b45047", "#c88fb64d", "#9dbb6c4d")
_WASHES = tuple(f"light-dark({day},{night})" for day, night in zip(_DAY, _NIGHT, strict=True))
_FETCHED = "07.fetched"  # what she has just downloaded joins the comparison at the next run


def pick_row(step: Lesson, data: pa.Table) -> dict:
    """Lets her choose one of her rows by how it begins; where there are very many, from a stretch of them."""
    first = 1
    if len(data) > _MOST_CHOICES:
        last = len(data) - _MOST_CHOICES + 1
        first = st.number_input(step("which.from", count=len(data)), 1, last, 1, _MOST_CHOICES, key="which.from")
    shown = data.column("text").slice(first - 1, _MOST_CHOICES)
    begins = pc.utf8_slice_codeunits(shown, 0, _LABEL_CHARACTERS).to_pylist()
    labels = {place: f"{place} · {' '.join(begin.split())}" for place, begin in enumerate(begins, start=first)}
    place = st.selectbox(step("which", count=len(data)), labels, format_func=labels.__getitem__, key="which")
    return table.row(data, (place or first) - 1)


def show(step: Lesson, chips: Sequence[Chip]) -> None:
    """Shows chips with their colours, each with its ids on hover; of a long text, the beginning, and says so."""
    shown = _first(chips, _MOST_TOKENS)
    _draw([_chip(chip, _WASHES[place % len(_WASHES)]) for place, chip in enumerate(shown)])
    if len(shown) < len(chips):
        st.caption(step("only_first", shown=sum(len(c.ids) for c in shown), count=sum(len(c.ids) for c in chips)))


def as_read(step: Lesson, project: Project, row: dict, tokenizer: Tokenizer, context: int) -> None:
    """Shows all that the model reads of a row: its special tokens by name, and underlined what it has to guess."""
    task = TASKS[project.task]
    language = storage.load_json(project.prepared / "record.json")["language"]
    kept = storage.read_json(project.tokens / "record.json") if "tokens" in step.made else None
    (example,) = encode_rows([row], task, tokenizer, language, kept["max_length"] if kept else context)
    form = forms.of(tokenizer, task, language)
    if form.is_apart:
        st.markdown(step("read.source"))
        _draw(_as_read(step, form, tokenizer, example.input_ids, [IGNORED] * len(example.input_ids)))
        st.markdown(step("read.answer"))
        _draw(_as_read(step, form, tokenizer, example.labels, example.labels))
    else:
        _draw(_as_read(step, form, tokenizer, example.input_ids, example.labels))
    begins = form.lead if form.is_apart else form.begin
    around = ["turn"] if form.code == CHAT else [*(["begin"] if begins else []), *(["end"] if form.end else [])]
    roles = [*around, "pad"]
    st.markdown("\n".join(f"- **{step(f'special.{role}')}**: {step.words.body(f'special.{role}')}" for role in roles))


def _as_read(step: Lesson, form: Form, tokenizer: Tokenizer, ids: list[int], labels: list[int]) -> list[str]:
    """Answers a sequence's chips with some padding behind: special ones named by their role, scored ones underlined."""
    chips, place = tokenizer.chips(ids), 0
    drawn: list[str] = []
    for number, chip in enumerate(chips):
        is_end = number and (number == len(chips) - 1 or chip.ids[-1] == tokenizer.eos_id)
        role = "" if not chip.special else "turn" if form.code == CHAT else "end" if is_end else "begin"
        place += len(chip.ids)
        scored = labels[place - 1] != IGNORED
        drawn.append(_chip(chip, _WASHES[number % len(_WASHES)], step(f"special.{role}") if role else "", scored))
    if len(drawn) > 2 * _MOST_TOKENS // 3:
        drawn = [*drawn[: _MOST_TOKENS // 3], " … ", *drawn[-20:]]
    end = ends(tokenizer)[1]
    padding = Chip(tokenizer.decode(end) or "0", tuple(end) or (0,), special=True)
    return [*drawn, *[_chip(padding, "", step("special.pad"), ghost=True)] * _PADDING]


def side_by_side(step: Lesson, project: Project, text: str, own: Tokenizer) -> dict[str, Tokenizer]:
    """Shows one sentence under the tokenizers that she chooses; answers them by the names shown."""
    known = {id: folder for id, folder in alternatives.on_disk().items() if _may_list(id)}
    fetched = st.session_state.pop(_FETCHED, None)
    chosen = st.session_state.get("rivals", ["model", "letters", "counted"])
    if fetched:
        st.session_state.rivals = [*chosen, fetched]
    options = ["model", "letters", "counted", *(id for id in known if id != project.model)]
    picked = st.multiselect(
        step("rivals.choose"),
        options,
        ["model", "letters", "counted"],
        format_func=lambda o: _name(step, project, o),
        key="rivals",
        placeholder=step("rivals.placeholder"),
    )
    beside = {option: _tokenizer(project, option, own, known) for option in picked}
    for option, tokenizer in beside.items():
        chips = tokenizer.chips(tokenizer.encode(text))
        count = sum(len(chip.ids) for chip in chips)
        st.markdown(step("rival.count", name=plain(_name(step, project, option)), tokens=count))
        show(step, chips)
    _offer_more(step, project, set(known))
    return {_name(step, project, option): tokenizer for option, tokenizer in beside.items()}


def tax(step: Lesson, beside: Mapping[str, Tokenizer], own: Tokenizer) -> None:
    """Shows what one sentence costs in each language under each tokenizer, and what follows for the project's model."""
    sentences = {language: step.words.body(f"tax.{language}") for language in texts.LANGUAGES}
    lines = [f"| {step('tokenizer')} | {step('tax.es')} | {step('tax.en')} |", "|---|--:|--:|"]
    for name, tokenizer in beside.items():
        cells = []
        for sentence in sentences.values():
            count = len(tokenizer.encode(sentence))
            cells.append(step("tax.cell", tokens=count, rate=count / len(sentence.split())))
        lines.append(f"| {plain(name)} | {cells[0]} | {cells[1]} |")
    st.markdown("\n".join([f"> {sentences['es']}", "", f"> {sentences['en']}", "", *lines]))
    counts = {language: len(own.encode(sentence)) for language, sentence in sentences.items()}
    (_, fewer), (dear, more) = sorted(counts.items(), key=lambda pair: pair[1])
    key = "tax.even" if more <= 1.05 * fewer else f"tax.more.{dear}"
    st.markdown(step(key, percent=texts.percent(more / fewer - 1, step.language)))


def _name(step: Lesson, project: Project, option: str) -> str:
    if option == "model":
        return step("rival.model", model=public_name(project.model))
    return step(f"rival.{option}") if option in ("letters", "counted") else option


def _tokenizer(project: Project, option: str, own: Tokenizer, known: Mapping[str, Path]) -> Tokenizer:
    if option == "model":
        return own
    if option == "letters":
        return alternatives.letters()
    if option == "counted":
        return _counted(str(project.prepared), _fingerprint(project))
    return tokenizers.load(known[option])


def _may_list(id: str) -> bool:
    """On a shared server, what others have downloaded is theirs to tell; the shelf is everybody's."""
    return session.is_personal() or id in {model.id for model in SHELF}


def _fingerprint(project: Project) -> str:
    return storage.load_json(project.prepared / "record.json")["fingerprint"]


@st.cache_resource(max_entries=8, show_spinner=False)
def _counted(prepared: str, fingerprint: str) -> Tokenizer:
    """Trains pieces on a project's texts; the fingerprint is part of the cache's key."""
    data = table.read(Path(prepared) / "train").column("text").slice(0, alternatives.MOST_TEXTS)
    return alternatives.counted(text.as_py() for text in data)


def _offer_more(step: Lesson, project: Project, known: set[str]) -> None:
    wanted = [model.id for model in SHELF if model.id not in {*known, project.model} and not model.is_gated]
    with st.expander(step("rivals.more"), icon=":material/download:"):
        st.markdown(step.words.body("rivals.more"))
        id = st.selectbox(step("rivals.which"), wanted, key="rivals.which", index=None, placeholder=step("rivals.none"))
        label = step("rivals.fetch", model=id or "…")
        if st.button(label, key="rivals.fetch", icon=":material/download:", disabled=id is None) and id:
            try:
                with st.spinner(step("rivals.fetching")):
                    alternatives.fetch(id)
            except LessonError as error:
                problem.show(error, step.language)
                return
            st.session_state[_FETCHED] = id
            st.rerun()


def _first(chips: Sequence[Chip], tokens: int) -> Sequence[Chip]:
    """Answers the chips that the first `tokens` tokens fill, and at least one."""
    count = 0
    for place, chip in enumerate(chips):
        count += len(chip.ids)
        if count > tokens and place:
            return chips[:place]
    return chips


def _chip(chip: Chip, wash: str, name: str = "", scored: bool = False, ghost: bool = False) -> str:
    """Answers one chip as HTML: escaped, its spaces and line ends visible."""
    label = escape(chip.text).replace(" ", "&nbsp;").replace("\n", '<span style="opacity:.5">↵</span>')
    breaks = "<br>" * chip.text.count("\n")
    title = " + ".join(map(str, chip.ids))
    if name:
        label += f'<small style="opacity:.75">&nbsp;{escape(name)}</small>'
    look = f"background:{'#85858555' if chip.special else wash};"
    if scored:
        look += "border-bottom:2px solid #85858599;"
    if ghost:
        look = "border:1px dashed #858585;"
    look += "border-radius:.3em;padding:.12em .06em;white-space:pre-wrap"
    return f'<span title="{title}" style="{look}">{label}</span>{breaks}'


def _draw(chips: Sequence[str]) -> None:
    st.html(f'<div style="line-height:2.1;font-size:1.05rem;overflow-wrap:anywhere">{"<wbr>".join(chips)}</div>')
