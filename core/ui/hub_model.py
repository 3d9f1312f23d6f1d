"""One model of the Hub, in step 3: its label before anything comes down, whether it fits, and its download."""

import streamlit as st

from core import errors, processes
from core.errors import LessonError
from core.models import download, hub, licence, search
from core.models import folder as models
from core.models.search import Looked
from core.ui import fit_panel, problem, session, transfer_bar
from core.ui.lesson import Lesson
from core.ui.plain import plain
from core.ui.tables import facts_table

_SEEN = "03.hub.seen"  # what the Hub said of each model that was looked at
_TICK_SECONDS = 1.0


def show(step: Lesson, id: str, token: str | None = None) -> bool:
    """Shows a model and what can be done with it. Answers whether it is on this disk, ready to be used."""
    if not id:
        return False
    here = hub.on_disk(id) if hub.is_hub_id(id) else None
    if here:
        return _here(step, id, here)
    looked: Looked | None = st.session_state.get(_SEEN, {}).get(id)
    if st.button(
        step("hub.look"), key="hub.look", icon=":material/visibility:", type="secondary" if looked else "primary"
    ):
        looked = _asked(step, id, token)
    if looked:
        _label(step, looked)
        fit_panel.show(step, id, looked.shape, looked.is_rough)
    _download(step, id, looked, token)
    return False


def _here(step: Lesson, id: str, folder) -> bool:
    try:
        models.check(folder)
        facts = models.describe(id, folder)
    except LessonError as error:
        problem.show(error, step.language)
        return False
    st.success(step("here"), icon=":material/download_done:")
    fit_panel.show(step, id, facts)
    return True


def _asked(step: Lesson, id: str, token: str | None) -> Looked | None:
    found: Looked | None = None
    with problem.shown(step.language, step("hub.asking")):
        found = search.look(id, token)
        st.session_state[_SEEN] = {**st.session_state.get(_SEEN, {}), id: found}
    return found


def _label(step: Lesson, looked: Looked) -> None:
    label = looked.label
    meaning = step(f"licence.{licence.meaning(label.licence)}")
    unsaid = step("label.unsaid")
    facts_table(
        step.words,
        {
            "facts.parameters": round(looked.shape.parameters / 1e6, 1),
            "label.bytes": step("label.mb", mb=looked.bytes / 1e6),
            "label.licence": f"{label.licence or unsaid}: {meaning}",
            "label.languages": ", ".join(label.languages[:12]) or unsaid,
            "facts.context": looked.context or unsaid,
            "facts.kind": step(f"kind.{looked.kind}") if looked.kind else unsaid,
            "label.form": step("form.instruct" if label.instruct else "form.base"),
            "label.access": step(f"access.{label.access}" if label.access in ("open", "auto") else "access.manual"),
        },
    )
    if label.access == search.OPEN:
        return
    if looked.may_have:
        st.info(f"**{step('gate')}** {step('gate.given')}", icon=":material/lock_open:")
    else:
        todo = step.words.body("gate", model=plain(label.id))
        st.warning(f"**{step('gate')}**\n\n{todo}", icon=":material/lock:")


def _download(step: Lesson, id: str, looked: Looked | None, token: str | None) -> None:
    label = step("download", size=looked.bytes / 1e6) if looked and looked.may_have else ""
    bring(step, id, label, token)


def bring(step: Lesson, id: str, label: str, token: str | None = None) -> None:
    """Offers a model's download by a button with this label, or shows the one that is under way, or stands still."""
    status = download.state(id)["status"]
    if status in processes.ACTIVE:
        st.fragment(_under_way, run_every=_TICK_SECONDS)(step, id)
    elif status not in ("none", "finished"):
        _standing(step, id, token)
    elif label:
        if st.button(label, key="download", type="primary", icon=":material/download:"):
            _begin(step, id, token)
        st.caption(step.words.body("download"))


def _begin(step: Lesson, id: str, token: str | None) -> None:
    with problem.shown(step.language, step("download.starting")):
        download.start(id, token, session.model_mb())
        st.rerun()


def _under_way(step: Lesson, id: str) -> None:
    state = download.state(id)
    if state["status"] not in processes.ACTIVE:
        st.rerun()
    transfer_bar.show(state, step, "download", step.language)
    st.caption(step("download.apart"))
    st.button(
        step("download.cancel"), key="download.cancel", icon=":material/close:", on_click=download.cancel, args=(id,)
    )


def _standing(step: Lesson, id: str, token: str | None) -> None:
    """A download that was cancelled, killed or refused: why, what is here, and the way on."""
    state = download.state(id)
    error = state.get("error")
    if state["status"] == "failed" and error:
        problem.show(errors.heard(error), step.language)
    else:
        st.warning(step(f"download.{state['status']}"), icon=":material/pause_circle:")
    if state.get("total"):
        transfer_bar.show(state, step, "download", step.language, is_moving=False)
    again, away = st.columns(2)
    if again.button(
        step("download.resume"), key="download.resume", type="primary", icon=":material/play_arrow:", width="stretch"
    ):
        _begin(step, id, token)
    if away.button(
        step("download.forget"),
        key="download.forget",
        icon=":material/delete:",
        width="stretch",
        help=step.words.body("download.forget"),
    ):
        download.forget(id)
        st.rerun()
