"""Where a base model may come from, in step 3: each place answers what she points at, "" where it is nothing yet."""

import streamlit as st

from core import machine
from core.models import fit, hub, licence, search
from core.models import folder as models
from core.models.search import Label
from core.models.shelf import SHELF, ShelfModel
from core.training import bases
from core.ui import hub_model, problem, session
from core.ui.lesson import Lesson
from core.ui.plain import model_name, plain

PLACES = ("classroom", "shelf", "hub", "mine", "folder")
OF_THE_HUB = ("shelf", "hub")
LANGUAGES = ("", "es", "en")
TASKS = ("", *search.TASKS)
MARKS = {
    fit.FITS: ":material/check_circle:",
    fit.TIGHT: ":material/compress:",
    fit.USE: ":material/edit_off:",
    fit.NO: ":material/cancel:",
}
_FOUND = "03.hub.found"  # what the last search answered
_TAKEN = "03.hub.taken"
_KEPT = "03.kept."  # what she typed: a widget's own value dies when another place is shown


def places() -> list[str]:
    """Answers the places that are hers to choose from: on a shared server its folders are not."""
    return [place for place in PLACES if place != "folder" or session.is_personal()]


def ask(step: Lesson, place: str, token: str | None = None) -> str:
    """Asks which model of a place it is to be. Answers its reference."""
    if place == "shelf":
        return _shelf(step)
    if place == "hub":
        return _hub(step, token)
    if place == "mine":
        return _mine(step)
    if place == "folder":
        return _typed(step, "folder_path", "folder.path")
    return models.CLASSROOM


def may_choose(step: Lesson, place: str, reference: str, token: str | None = None) -> bool:
    """Says whether what she points at can be chosen now; one of the Hub is shown first, with what can be done with it.

    An empty name of a folder can be: what is wrong with it is said when she presses.
    """
    if place in OF_THE_HUB:
        return hub_model.show(step, reference, token)
    return bool(reference) or place == "folder"


def _typed(step: Lesson, key: str, label: str, example: str = "") -> str:
    st.session_state.setdefault(key, st.session_state.get(_KEPT + key, ""))
    said = st.text_input(step(label), key=key, help=step.words.body(label), placeholder=example) or ""
    st.session_state[_KEPT + key] = said
    return said.strip()


def _shelf(step: Lesson) -> str:
    free, precision = machine.free_memory_mb(), machine.precision().value
    here = {model.id for model in SHELF if hub.on_disk(model.id)}
    chosen = st.radio(
        step("shelf"),
        [model.id for model in SHELF],
        index=None,
        captions=[_about(step, model, free, precision, model.id in here) for model in SHELF],
        key="shelf",
    )
    st.caption(step.words.body("shelf"))
    return chosen or ""


def _about(step: Lesson, model: ShelfModel, free: float, precision: str, is_here: bool) -> str:
    """Answers a model's label in a few lines: whether it fits, what it is for, how large, whose, for whom."""
    verdict = fit.verdict(fit.by_size(model.parameters * 1_000_000), precision, free)
    low, high = 2 * model.parameters, 4 * model.parameters
    parts = [
        step("shelf.size", parameters=model.parameters, low=low, high=high),
        step(f"spoken.{model.languages}"),
        step("shelf.context", context=model.context) if model.context else "",
        step("form.instruct" if model.instruct else "form.base"),
        step(f"kind.short.{model.kind}"),
        _licence(step, model.licence),
    ]
    marks = [
        f"{MARKS[verdict]} {step(f'mark.{verdict}')}",
        f":material/lock: {step('mark.gated')}" if model.is_gated else "",
        f":material/download_done: {step('mark.here')}" if is_here else "",
    ]
    said = f"{step(f'purpose.{model.purpose}')}. {' · '.join(part for part in parts if part)}."
    return f"{' · '.join(mark for mark in marks if mark)}  \n{said}"


def _licence(step: Lesson, name: str) -> str:
    """Answers a licence's name and, in a word or two, what it lets her do."""
    if not name:
        return step("licence.unnamed")
    return step("licence.named", licence=plain(name), allows=step(f"allows.{licence.meaning(name)}"))


def _hub(step: Lesson, token: str | None) -> str:
    with st.form("hub.search", border=False):
        words = _typed(step, "hub_words", "hub.words")
        left, right = st.columns(2)
        language = left.selectbox(
            step("hub.language"),
            LANGUAGES,
            format_func=lambda code: step(f"language.{code or 'any'}"),
            key="hub_language",
        )
        task = right.selectbox(
            step("hub.task"), TASKS, format_func=lambda code: step(f"task.{code or 'any'}"), key="hub_task"
        )
        pressed = st.form_submit_button(step("hub.search"), icon=":material/search:")
    if pressed:
        with problem.shown(step.language, step("hub.asking")):
            st.session_state[_FOUND] = search.search(words, language, task, token=token)
    _found(step)
    return _typed(step, "hub_id", "hub.id", SHELF[0].id)


def _found(step: Lesson) -> None:
    """Shows what the last search answered; the one she takes is written in the field below."""
    found: list[Label] | None = st.session_state.get(_FOUND)
    if found == []:
        st.caption(step("hub.nothing"))
    if not found:
        return
    free, precision = machine.free_memory_mb(), machine.precision().value
    chosen = st.radio(
        step("hub.found"),
        [label.id for label in found],
        index=None,
        format_func=plain,
        captions=[_told(step, label, free, precision) for label in found],
        key="hub_chosen",
    )
    if chosen and st.session_state.get(_TAKEN) != chosen:
        st.session_state[_TAKEN] = st.session_state["hub_id"] = chosen


def _told(step: Lesson, label: Label, free: float, precision: str) -> str:
    verdict = fit.verdict(fit.by_size(label.parameters), precision, free) if label.parameters else ""
    languages = ", ".join(label.languages[:6])
    parts = [
        f":material/block: {step(f'trouble.{label.trouble}')}" if label.trouble else "",
        f"{MARKS[verdict]} {step(f'mark.{verdict}')}" if verdict and not label.trouble else "",
        f":material/lock: {step('mark.gated')}" if label.access != search.OPEN else "",
        step("hub.size", parameters=label.parameters / 1e6) if label.parameters else step("hub.size.unknown"),
        _licence(step, label.licence),
        step("hub.languages", languages=plain(languages)) if languages else step("hub.languages.unknown"),
        step("form.instruct" if label.instruct else "form.base"),
    ]
    return " · ".join(part for part in parts if part)


def _mine(step: Lesson) -> str:
    found = bases.mine(session.my_projects())
    if not found:
        st.info(step("mine.none"), icon=":material/info:")
        return ""
    names = {}
    for place, own in enumerate(found):
        name = own.run.label().name or step("mine.run", number=own.run.name.removeprefix("run-"))
        names[place] = f"{plain(name)} · {plain(own.project.name)}"
    chosen = st.radio(
        step("mine"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        captions=[
            step("mine.whole" if own.is_whole else "mine.adapter", model=model_name(own.reference, step.words))
            for own in found
        ],
        key="mine",
    )
    if chosen is None:
        return ""
    own = found[chosen]
    st.info(step.words.body("mine.whole" if own.is_whole else "mine.adapter"), icon=":material/info:")
    return own.reference
