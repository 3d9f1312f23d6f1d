"""A data set of the Hub, in step 5: search, look, choose, bring. Nothing is asked until she presses."""

from collections.abc import Callable

import streamlit as st

from core.data import hub
from core.data.hub import MOST_ROWS, HubDataset
from core.errors import LessonError
from core.ui import problem
from core.ui.lesson import Lesson
from core.ui.plain import in_code, plain

LANGUAGES = ("", "es", "en")
_FOUND = "05.hub.found"  # what the last search answered
_SEEN = "05.hub.seen"  # the configurations and splits of each data set that was looked at
_WHOSE = "05.hub.id"  # the id she typed or chose: a widget's own value dies when another origin is shown
_WORDS = "05.hub.words"
_ROWS_AT_FIRST = 1000

Look = Callable[[str], dict[str, list[str]]]
Fetch = Callable[[str, str, str, int], None]


def ask(step: Lesson, look: Look, fetch: Fetch) -> None:
    """Asks for a data set, a configuration, a split and how many rows; calls `fetch` when she presses the last button.

    What `look` and `fetch` raise as LessonError is shown under what she chose, which stays.
    """
    _search(step)
    id = _name(step)
    if st.button(step("hub.look"), key="hub.look", icon=":material/visibility:", disabled=not id):
        with problem.shown(step.language, step("hub.asking")):
            _looked(id, look)
    seen = st.session_state.get(_SEEN, {}).get(id)
    if seen:
        _bring(step, id, seen, fetch)


def _search(step: Lesson) -> None:
    st.session_state.setdefault("hub.words", st.session_state.get(_WORDS, ""))
    with st.form("hub.search", border=False):
        left, right = st.columns([3, 1])
        words = left.text_input(step("hub.words"), key="hub.words", help=step.words.body("hub.words"))
        language = right.selectbox(
            step("hub.language"),
            LANGUAGES,
            format_func=lambda code: step(f"hub.language.{code or 'any'}"),
            key="hub.language",
        )
        pressed = st.form_submit_button(step("hub.search"), icon=":material/search:")
    st.session_state[_WORDS] = words
    if pressed:
        with problem.shown(step.language, step("hub.asking")):
            st.session_state[_FOUND] = hub.search(words, language)
    found: list[HubDataset] | None = st.session_state.get(_FOUND)
    if found == []:
        st.caption(step("hub.nothing"))
    if found:
        ids = [dataset.id for dataset in found]
        chosen = st.radio(
            step("hub.found"),
            ids,
            index=None,
            format_func=plain,
            captions=[_about(step, dataset) for dataset in found],
            key="hub.chosen",
        )
        if chosen and st.session_state.get("05.hub.taken") != chosen:
            st.session_state["05.hub.taken"] = st.session_state[_WHOSE] = st.session_state["hub.id"] = chosen


def _about(step: Lesson, dataset: HubDataset) -> str:
    parts = [
        step("hub.licence", licence=plain(dataset.licence)) if dataset.licence else step("hub.licence.none"),
        step("hub.languages", languages=plain(", ".join(dataset.languages[:5]))) if dataset.languages else "",
        step("hub.likes", likes=dataset.likes),
        step("hub.gated") if dataset.gated else "",
        plain(dataset.description),
    ]
    return " · ".join(part for part in parts if part)


def _name(step: Lesson) -> str:
    """The id, chosen from the list or typed: a teacher may have given it."""
    st.session_state.setdefault("hub.id", st.session_state.get(_WHOSE, ""))
    id = (st.text_input(step("hub.id"), key="hub.id", help=step.words.body("hub.id")) or "").strip()
    st.session_state[_WHOSE] = id
    return id


def _looked(id: str, look: Look) -> None:
    if not hub.is_dataset_id(id):
        raise LessonError("dataset_not_found", dataset=id)
    st.session_state[_SEEN] = {**st.session_state.get(_SEEN, {}), id: look(id)}


def _bring(step: Lesson, id: str, seen: dict[str, list[str]], fetch: Fetch) -> None:
    left, middle, right = st.columns(3)
    configuration = left.selectbox(
        step("hub.configuration"), list(seen), key=f"hub.configuration.{id}", help=step.words.body("hub.configuration")
    )
    split = middle.selectbox(
        step("hub.split"), seen[configuration], key=f"hub.split.{id}.{configuration}", help=step.words.body("hub.split")
    )
    rows = right.number_input(step("hub.rows"), 1, MOST_ROWS, _ROWS_AT_FIRST, 100, key=f"hub.rows.{id}")
    st.caption(step("hub.where", dataset=in_code(id)))
    label = step("hub.fetch", rows=rows, dataset=plain(id))
    if st.button(label, key="hub.fetch", icon=":material/download:", disabled=not split) and split:
        with problem.shown(step.language, step("hub.asking")):
            fetch(id, configuration, split, int(rows))
