"""The blind tasting on the page: preparing it, a pair at a time by keyboard, and only then the names."""

import streamlit as st

from core import errors, processes, texts
from core.evaluation import answers, tasting
from core.evaluation.answers import Sitting
from core.evaluation.tasting import Tasting
from core.training.runs import Run
from core.ui import in_line, passage, prediction_panel, problem, tasting_friends, tasting_result
from core.ui.lesson import Lesson

_TICK_SECONDS = 0.7
_HEIGHT = 320  # pixels of a text's frame: what is under it stays where it is from pair to pair
# The keys that answer; each button shows its own.
_KEYS = {"left": "1", "right": "2", "neither": "0"}


def show(run: Run, step: Lesson) -> None:
    """Shows the run's tasting as far as it is."""
    state = processes.read_state(tasting.folder(run))
    if state["status"] in processes.ACTIVE:
        st.fragment(_wait, run_every=_TICK_SECONDS)(run, step)
        return
    tasted = tasting.read(run)
    if tasted is None:
        _prepare(run, state, step)
        return
    _say_what_there_is(tasted, step)
    if answers.sitting(run, tasted).revealed:
        tasting_result.show(run, tasted, step)
        tasting_friends.show(run, tasted, step)
        _again(run, step)
    elif prediction_panel.tasting_winner(step, tasted.id, len(tasted.pairs)):
        st.fragment(_taste)(run, tasted, step)
        tasting_friends.show(run, tasted, step)


def _prepare(run: Run, state: dict, step: Lesson) -> None:
    """Offers to write the pairs; says why where that failed, and that nothing is lost where it was cut short."""
    if state["status"] == "failed":
        problem.show(errors.heard(state["error"]), step.language)
    cut = state["status"] == "died"
    if cut:
        st.caption(step("tasting.resumes"))
    label = step("tasting.go_on") if cut else step("tasting.prepare")
    if st.button(label, key="tasting.prepare", type="primary", icon=":material/local_bar:"):
        tasting.start(run)
        st.rerun()


def _wait(run: Run, step: Lesson) -> None:
    state = processes.read_state(tasting.folder(run))
    if state["status"] not in processes.ACTIVE:
        st.rerun()
    done, every = state.get("step", 0), state.get("steps", 1)
    waits = state["status"] == "waiting"
    said = in_line.said(state, step.words) if waits else step("tasting.working", done=done, all=every)
    st.progress(done / every, text=said)
    if "left" in state:
        st.caption(step("tasting.left", time=texts.duration(state["left"], step.language)))


def _say_what_there_is(tasted: Tasting, step: Lesson) -> None:
    pairs = len(tasted.pairs)
    if pairs < tasting.FEWEST:
        st.warning(step("tasting.few", pairs=pairs))
    elif tasted.texts < pairs:
        st.caption(step("tasting.repeated", texts=tasted.texts, pairs=pairs))
    if tasted.alike:
        st.caption(step("tasting.alike", alike=tasted.alike))


def _taste(run: Run, tasted: Tasting, step: Lesson) -> None:
    """Shows the next pair, or that none is left; nothing here knows which model is which."""
    sitting = answers.sitting(run, tasted)
    if sitting.revealed:
        st.rerun()
    pairs = len(tasted.pairs)
    number = sitting.next(pairs)
    if sitting.over or number is None:
        st.markdown(f"**{step(f'tasting.over.{sitting.over}')}**")
        st.markdown(step.words.body(f"tasting.over.{sitting.over}", pairs=pairs))
        with st.container(horizontal=True):
            _reveal(run, tasted, step("tasting.reveal"), "primary")
            _undo(run, tasted, sitting, step)
        return
    st.progress(len(sitting.answers) / pairs, text=step("tasting.place", number=len(sitting.answers) + 1, pairs=pairs))
    _show_pair(tasted, number, step)
    st.markdown(f"**{step(f'tasting.question.{tasted.task}')}**")
    with st.container(horizontal=True, key="tasting.answers"):
        for choice, label in (("left", "left_side"), ("right", "right_side"), ("neither", "neither")):
            st.button(
                step(f"tasting.{label}"), key=f"tasting.{choice}", shortcut=_KEYS[choice], width="content",
                on_click=answers.answer, args=(run, tasted, number, choice),
            )  # fmt: skip
        _undo(run, tasted, sitting, step)
    st.caption(step("tasting.keys"))
    if sitting.answers:
        _reveal(run, tasted, step("tasting.end"), "tertiary")


def _show_pair(tasted: Tasting, number: int, step: Lesson) -> None:
    pair = tasted.pairs[number]
    opening = pair.beginning if tasted.task == "write" else ""
    if not opening:
        st.caption(step("tasting.summarized"))
        st.container(border=True).text(pair.beginning)
    for column, label, text in zip(st.columns(2), ("left_side", "right_side"), (pair.left, pair.right), strict=True):
        column.caption(step(f"tasting.{label}"))
        frame = column.container(border=True, height=_HEIGHT if opening else "content")
        passage.show(opening, text if text.strip() else f" {step('tasting.nothing')}", frame)


def _undo(run: Run, tasted: Tasting, sitting: Sitting, step: Lesson) -> None:
    st.button(
        step("tasting.undo"), key="tasting.undo", shortcut="Z", type="tertiary", width="content",
        disabled=not sitting.answers, on_click=answers.undo, args=(run, tasted),
    )  # fmt: skip


def _reveal(run: Run, tasted: Tasting, label: str, type_) -> None:
    if st.button(label, key="tasting.reveal", type=type_, icon=":material/visibility:", width="content"):
        answers.reveal(run, tasted)
        st.rerun()


def _again(run: Run, step: Lesson) -> None:
    if st.button(step("tasting.again"), key="tasting.again", help=step.words.body("tasting.again")):
        tasting.put_away(run)
        tasting.start(run)
        st.rerun()
