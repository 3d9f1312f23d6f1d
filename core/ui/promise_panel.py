"""Before a run: what is looked at, and what it will take on this machine, measured."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import errors, processes, texts, workshop
from core.errors import LessonError
from core.project import Project
from core.texts import Words
from core.training import preflight, promise
from core.training.promise import Promise
from core.training.runs import Run
from core.training.settings import Settings
from core.ui import in_line, problem, session
from core.ui.plain import model_name, plain

_TICK_SECONDS = 1.0
_SIZES = ("needed", "free")  # a check's facts in MB
_ICONS = {
    preflight.OK: ":material/check_circle:",
    preflight.WARN: ":material/warning:",
    preflight.NO: ":material/cancel:",
    preflight.UNKNOWN: ":material/block:",
}


def show(project: Project, settings: Settings, words: Words) -> None:
    """Shows the checks and the promise for these settings; while it is being measured, looks again every second."""
    working = promise.state(project)["status"] in processes.ACTIVE
    st.fragment(_told, run_every=_TICK_SECONDS if working else None)(project, settings, words, working)


def _told(project: Project, settings: Settings, words: Words, was_working: bool) -> None:
    state = promise.state(project)
    working = state["status"] in processes.ACTIVE
    if was_working and not working:
        st.rerun()
    promised = promise.read(project, settings)
    _checks(preflight.look(project, settings, promised), words)
    if working:
        waits = state["status"] == "waiting"
        st.info(in_line.said(state, words) if waits else words("promise.measuring"), icon=":material/timer:")
        return
    if promised:
        st.success(said(promised, words), icon=":material/handshake:")
        st.caption(words("promise.parts", **_parts(promised, words.language)))
    elif state["status"] in ("died", "failed"):
        error = errors.heard(state["error"]) if state.get("error") else LessonError("worker_died")
        problem.show(error, words.language)
    label = words("promise.again" if promised else "promise.measure")
    if st.button(label, key="promise", icon=":material/timer:"):
        try:
            promise.ask(project, settings, workshop.first_prompt(project))
        except LessonError as error:
            problem.show(error, words.language)
            return
        st.rerun()


def elsewhere(project: Project, words: Words) -> None:
    """Says how the same runs on a rented machine; only on her own computer, where she can give a command."""
    if session.is_personal():
        with st.expander(words("elsewhere"), icon=":material/cloud:"):
            st.markdown(words.body("elsewhere", folder=project.folder))


def _checks(checks: Sequence[preflight.Check], words: Words) -> None:
    lines = []
    for check in checks:
        facts = {name: _fact(name, fact, words.language) for name, fact in check.facts.items()}
        if isinstance(seconds := check.facts.get("seconds"), float):
            facts["time"] = texts.duration(seconds, words.language)
        if "model" in check.facts:
            facts["model"] = model_name(str(check.facts["model"]), words)
        line = f"{_ICONS[check.verdict]} {words(f'check.{check.code}.{check.verdict}', **facts)}"
        lines.append(f"{line} {reshaped(check.facts, words)}" if check.code == "reshaped" else line)
    st.markdown("  \n".join(lines))


def _fact(name: str, fact: object, language: str) -> object:
    if name in _SIZES and isinstance(fact, int | float):
        return texts.size(fact, language)
    return plain(fact) if isinstance(fact, str) else fact


def reshaped(changes: Mapping[str, object], words: Words) -> str:
    """Answers, sentence by sentence, what a run does otherwise so that it fits in memory."""
    told = ("batch_size", "gradient_checkpointing", "method")
    return " ".join(words(f"reshaped.{name}", **changes) for name in told if name in changes)


def said(promised: Promise, words: Words) -> str:
    """Answers a promise as a sentence."""
    time = texts.duration(promised.seconds, words.language)
    return words("promise", time=time, memory=round(promised.memory_mb, -1))


def _parts(promised: Promise, language: str) -> dict[str, str]:
    return {name: texts.duration(max(1.0, seconds), language) for name, seconds in promised.parts.items()}


def kept(run: Run, words: Words) -> None:
    """After a run, says what was promised and what happened."""
    promised, state = promise.kept(run), processes.read_state(run.folder)
    if promised is None or state["status"] != "finished" or not state.get("seconds"):
        return
    facts = {
        "time": texts.duration(promised.seconds, words.language),
        "memory": round(promised.memory_mb, -1),
        "real_time": texts.duration(state["seconds"], words.language),
        "real_memory": round(state["peak_memory_mb"], -1),
    }
    st.caption(words("promise.kept", **facts))
