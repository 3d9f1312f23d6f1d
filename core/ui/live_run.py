"""A run while it happens: told from disk, so that a reload, a second tab or a restarted app show the same."""

from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from core import errors, processes, texts
from core.errors import LessonError
from core.texts import Words
from core.training import checkpoints, narrator, runs, verdict, watch
from core.training.ready import READY
from core.training.runs import FINISH, PAUSE, Run
from core.training.watch import Curve
from core.ui import in_line, plots, problem, promise_panel, session
from core.ui.plain import model_name
from core.ui.tables import setting

_TICK_SECONDS = 1.0


def about_to(dial: str, changes: Mapping[str, object], model: str, words: Words) -> None:
    """Says what a run would start with: the dial, and what she changed by hand."""
    listed = "; ".join(f"{words(name)}: **{setting(words, name, value)}**" for name, value in changes.items())
    facts = {"dial": words(f"dial.{dial}"), "model": model_name(model, words), "changes": listed}
    st.markdown(words("about_to.by_hand" if changes else "about_to", **facts))


def show(run: Run, words: Words) -> None:
    """Shows a run, renewed every second while it works."""
    working = processes.read_state(run.folder)["status"] in processes.ACTIVE
    st.fragment(_told, run_every=_TICK_SECONDS if working else None)(run, words, working)


def _told(run: Run, words: Words, was_working: bool) -> None:
    state = processes.read_state(run.folder)
    status = state["status"]
    working = status in processes.ACTIVE
    if was_working and not working:
        st.rerun()
    _progress(run, state, words)
    if reshaped := run.reshaped():
        said = f"{words('reshaped')} {promise_panel.reshaped(reshaped, words)}"
        st.info(said, icon=":material/compress:")
    if working and state.get("away"):
        st.caption(words("away.stop", folder=run.folder))
    else:
        _controls(run, status, words)
    _curve(run, words)
    _narrate(run, status, words)
    promise_panel.kept(run, words)
    _verdict(run, words)
    _samples(run, words)


def _progress(run: Run, state: dict, words: Words) -> None:
    status, language = state["status"], words.language
    step, steps = state.get("step", 0), state.get("steps") or 0
    facts = {"step": step, "steps": steps, "folder": run.folder}
    said = in_line.said(state, words) if status == "waiting" else words(f"status.{status}", **facts)
    if status in ("running", "stopping") and steps:
        left = state.get("seconds_left")
        if left and status == "running":
            said += " " + words("time_left", time=texts.duration(left, language))
        st.progress(min(1.0, step / steps), text=said)
    elif status in processes.ACTIVE:
        st.progress(0.0, text=said)
    elif status == "finished":
        st.success(said, icon=":material/check:")
        if state.get("over_time"):
            st.info(words("over_time", minutes=run.record()["most_minutes"]), icon=":material/timer_off:")
    elif status == "failed" and state.get("error"):
        problem.show(errors.heard(state["error"]), language)
    else:
        st.warning(said, icon=":material/pause_circle:")
    if state.get("train_seconds"):
        rate = state.get("tokens_trained", 0) / state["train_seconds"]
        st.caption(
            words(
                "figures",
                rate=texts.number(rate, language, 0),
                memory=texts.number(state["peak_memory_mb"], language, 0),
                precision=state.get("precision", "—"),
                parameters=state.get("trainable_parameters", 0),
            )
        )


def warm() -> None:
    """Readies the process of her next run while she reads; the memory of a shared server is for who is at work."""
    if session.is_personal():
        READY.warm()


def _controls(run: Run, status: str, words: Words) -> None:
    if status in ("waiting", "loading", "running", "starting"):
        pause, finish = st.columns(2)
        pause.button(
            words("pause"),
            key="pause",
            icon=":material/pause:",
            width="stretch",
            help=words.body("pause"),
            on_click=runs.ask,
            args=(run, PAUSE),
        )
        finish.button(
            words("finish"),
            key="finish",
            icon=":material/stop:",
            width="stretch",
            help=words.body("finish"),
            on_click=runs.ask,
            args=(run, FINISH),
            disabled=status != "running",
        )
    elif status in runs.CAN_CONTINUE:
        _go_on_or_finish(run, words)
    if status not in (*processes.ACTIVE, "away") and st.button(
        words("discard"), key="discard", type="tertiary", icon=":material/delete:", help=words.body("discard")
    ):
        with suppress(LessonError):  # another tab has just taken it up again
            runs.discard(run)
        st.rerun()


def _go_on_or_finish(run: Run, words: Words) -> None:
    """Offers to continue a run that stands still and, where it has kept anything, to end it with the best of that."""
    go_on, finish = st.columns(2)
    if go_on.button(words("continue"), key="continue", type="primary", icon=":material/play_arrow:", width="stretch"):
        runs.start(run)
        st.rerun()
    if checkpoints.any_made(run) and finish.button(
        words("finish"), key="finish", icon=":material/stop:", width="stretch", help=words.body("finish")
    ):
        runs.start(run, finish=True)
        st.rerun()


def _curve(run: Run, words: Words) -> None:
    curve = watch.curve(run)
    if curve.base is None:
        return
    language = words.language
    last = curve.validation[-1][1] if curve.validation else curve.base
    before, now = (texts.number(watch.perplexity(loss), language) for loss in (curve.base, last))
    key = "in_words" if curve.validation else "in_words.before"
    st.markdown(words(key, before=before, now=now))
    names = {name: words(f"curve.{name}") for name in ("train", "validation", "base", "x", "y")}
    alt = words("curve.alt", before=texts.number(curve.base, language), now=texts.number(last, language))
    plots.show(plots.losses(curve.train, curve.validation, curve.base, names), alt, f"curve.{run.name}")


def _narrate(run: Run, status: str, words: Words) -> None:
    """Says what the curve says, and one thing to do; in a box that screen readers announce."""
    remark = narrator.narrate(watch.curve(run), is_over=status not in processes.ACTIVE)
    if remark:
        key = f"narrator.{remark.code}"
        is_capped = remark.code == "falling.after" and run.settings().max_steps > 0
        advice = words("narrator.capped") if is_capped else words.body(key, **remark.facts)
        said = f"{words(key, **remark.facts)} {advice}"
        (st.warning if remark.code.startswith("diverging") else st.info)(said, icon=":material/monitoring:")


def _verdict(run: Run, words: Words) -> None:
    found = verdict.read(run)
    if found is None:
        return
    st.markdown(f"**{words('verdict')}**")
    facts = {"rows": found.rows, "fall": found.fall, "low": found.low, "high": found.high}
    if found.code == "worse" and found.low is not None and found.high is not None:
        facts |= {"rise": -found.fall, "low": -found.high, "high": -found.low}
    key = f"verdict.{found.code}"
    if found.code == "luck" and run.settings().max_steps:
        key = "verdict.luck.capped"
    st.markdown(f"{words(key, **facts)} {words.body(key, **facts)}")
    if not found.writes_otherwise:
        st.caption(words("verdict.same_writing"))


def prediction(curve: Curve, predicted: int | None, status: str, words: Words) -> None:
    """After the run, answers the prediction she made before it; both in per cent of the first perplexity."""
    if predicted and status == "finished" and curve.best and curve.base:
        real = round(100 * watch.perplexity(curve.best[1] - curve.base))
        st.info(words("predicted", predicted=predicted, real=real), icon=":material/psychology:")


def _samples(run: Run, words: Words) -> None:
    samples = watch.samples(run)
    if not samples:
        return
    st.markdown(f"**{words('samples')}**")
    prompt = run.record()["prompt"] if run.record()["task"] == "write" else ""
    for sample in reversed(samples[-3:]):
        st.caption(words("samples.base") if sample["step"] == 0 else words("samples.step", step=sample["step"]))
        with st.container(border=True):
            st.text((prompt + sample["text"]).strip() or "—")
