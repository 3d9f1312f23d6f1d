"""Break it on purpose: predict, let it happen, and read from the curve what it was."""

import streamlit as st

from core import errors, processes, texts, workshop
from core.errors import LessonError
from core.project import Project
from core.texts import Words
from core.training import lab, narrator, runs, watch
from core.training.runs import PAUSE, Run
from core.ui import experiments_panel, in_line, plots, problem

_TICK_SECONDS = 1.0


def show(project: Project | None, words: Words) -> None:
    """Shows the three faults: each one's prediction and click, its run while it works, or its diagnosis."""
    st.header(words("lab"), anchor=False, divider="gray")
    st.markdown(words.body("lab"))
    made = {fault: lab.latest(project, fault) if project else None for fault in lab.FAULTS}
    if not any(made.values()) and experiments_panel.waits(project, words):
        return
    for number, (fault, run) in enumerate(made.items(), start=1):
        with st.container(border=True):
            st.markdown(f"#### {number}. {words(f'lab.{fault}')}")
            st.markdown(words.body(f"lab.{fault}"))
            if run and project:
                working = processes.read_state(run.folder)["status"] in processes.ACTIVE
                st.fragment(_told, run_every=_TICK_SECONDS if working else None)(run, project, words, working)
            elif project:
                _ask(project, fault, words)


def _ask(project: Project, fault: str, words: Words) -> None:
    predicted = st.radio(
        words("lab.predict"),
        lab.SHAPES,
        index=None,
        format_func=lambda shape: words(f"lab.shape.{shape}"),
        key=f"lab.{fault}.predicted",
    )
    asked = st.button(
        words("lab.start"),
        key=f"lab.{fault}.start",
        icon=":material/bolt:",
        disabled=predicted is None,
        help=words("lab.start.first") if predicted is None else None,
    )
    if asked and predicted:
        try:
            with st.spinner(words("lab.starting")):
                lab.start(project, fault, predicted, workshop.first_prompt(project))
        except LessonError as error:
            problem.show(error, words.language)
            return
        st.rerun()


def _told(run: Run, project: Project, words: Words, was_working: bool) -> None:
    fault, state = run.record()["fault"], processes.read_state(run.folder)
    working = state["status"] in processes.ACTIVE
    if was_working and not working:
        st.rerun()
    real = lab.shape(run)
    if real is None:
        st.markdown(words("lab.said", predicted=words(f"lab.shape.{run.record()['predicted']}")))
        _progress(run, state, working, fault, words)
    _curve(run, fault, words)
    if real is not None:
        _diagnosis(run, project, real, words)
    if not working and st.button(
        words("lab.again"), key=f"lab.{fault}.again", type="tertiary", icon=":material/replay:"
    ):
        try:
            runs.discard(run)
        except LessonError as error:  # another tab has just taken it up again
            problem.show(error, words.language)
            return
        st.rerun()


def _progress(run: Run, state: dict, working: bool, fault: str, words: Words) -> None:
    live = texts.words(words.language, "frame", "10_train")
    step, steps = state.get("step", 0), state.get("steps") or run.settings().max_steps
    status = state["status"]
    said = in_line.said(state, live) if status == "waiting" else live(f"status.{status}", step=step, steps=steps)
    if working:
        st.progress(min(1.0, step / steps), text=said)
        st.button(
            live("pause"),
            key=f"lab.{fault}.pause",
            type="tertiary",
            icon=":material/pause:",
            on_click=runs.ask,
            args=(run, PAUSE),
        )
        return
    if state.get("error"):
        problem.show(errors.heard(state["error"]), words.language)
    else:
        st.warning(said, icon=":material/pause_circle:")
    if st.button(live("continue"), key=f"lab.{fault}.continue", type="primary", icon=":material/play_arrow:"):
        runs.start(run)
        st.rerun()


def _curve(run: Run, fault: str, words: Words) -> None:
    curve = watch.curve(run)
    if curve.base is None:
        return
    names = {name: words(f"curve.{name}") for name in ("train", "validation", "base", "x", "y")}
    last = curve.validation[-1][1] if curve.validation else curve.base
    before, now = (texts.number(loss, words.language) for loss in (curve.base, last))
    alt = texts.words(words.language, "10_train")("curve.alt", before=before, now=now)
    plots.show(plots.losses(curve.train, curve.validation, curve.base, names), alt, f"lab.{fault}.curve", 280)


def _diagnosis(run: Run, project: Project, real: str, words: Words) -> None:
    fault, predicted = run.record()["fault"], run.record()["predicted"]
    facts = {"predicted": words(f"lab.shape.{predicted}"), "real": words(f"lab.shape.{real}")}
    if predicted == real:
        st.success(words("lab.right", **facts), icon=":material/check:")
    else:
        st.info(words("lab.wrong", **facts), icon=":material/psychology:")
    st.markdown(_seen(run, words))
    usual = "why" if real == lab.USUAL[fault] else "otherwise"
    why = [words(f"lab.{fault}.{usual}")]
    if fault == "too_few" and lab.recites(run):
        why.append(words("lab.recites"))
    if fault == "foreign":
        why.append(_bits(run, project, words))
    st.markdown(f"**{words('lab.why')}** {' '.join(why)}")
    st.markdown(f"**{words('lab.change')}** {words(f'lab.{fault}.change')}")
    _wrote(run, words)


def _seen(run: Run, words: Words) -> str:
    """Answers what the narrator of step 10 sees in the curve, and its numbers; or that it stopped being a number."""
    remark = narrator.narrate(watch.curve(run), is_over=True)
    state = processes.read_state(run.folder)
    if state["status"] == "failed" or remark is None:
        return words("lab.crashed", step=state.get("step", 0))
    said = texts.words(words.language, "10_train")(f"narrator.{remark.code}", **remark.facts)
    has_numbers = remark.code.startswith("diverging")
    return said if has_numbers else f"{said} {words('lab.numbers', **remark.facts)}"


def _bits(run: Run, project: Project, words: Words) -> str:
    """Answers what a character of these texts costs before and after, beside one of hers where that was measured."""
    own = lab.own_bits(project)
    facts = {"before": lab.bits(run, "before"), "after": lab.bits(run, "after")}
    return words("lab.bits", **facts) if own is None else words("lab.bits.own", own=own, **facts)


def _wrote(run: Run, words: Words) -> None:
    written = watch.samples(run)
    if len(written) < 2:
        return
    prompt = run.record()["prompt"] if run.record()["task"] == "write" else ""
    for column, key, sample in zip(st.columns(2), ("before", "after"), (written[0], written[-1]), strict=True):
        column.caption(words(f"lab.wrote.{key}"))
        column.container(border=True).text((prompt + sample["text"]).strip() or "—")
