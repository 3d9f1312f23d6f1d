"""How much do more texts help? One click, three runs in line, one plot, and what its shape means."""

import streamlit as st

from core import errors, processes, texts, workshop
from core.errors import LessonError
from core.project import Project
from core.texts import Words
from core.training import dose, runs, watch
from core.training.runs import Run
from core.ui import experiments_panel, plots, problem

_TICK_SECONDS = 1.0


def show(project: Project | None, words: Words) -> None:
    """Shows the newest dose, renewed every second while it works, or else the click that begins one."""
    st.header(words("dose"), anchor=False, divider="gray")
    st.markdown(words.body("dose"))
    made = dose.latest(project) if project else []
    if made and project:
        working = dose.is_working(made)
        st.fragment(_told, run_every=_TICK_SECONDS if working else None)(made, project, words, working)
    elif not experiments_panel.waits(project, words) and project:
        _offer(project, words)


def _offer(project: Project, words: Words) -> None:
    settings, rows = workshop.run_settings(project), dose.rows_of(project)
    least, half, whole = rows.values()
    seconds = dose.seconds(project, settings)
    time = words("dose.time", time=texts.duration(seconds, words.language)) if seconds else words("dose.untimed")
    steps = dose.even(project, settings).max_steps
    st.markdown(f"{words('dose.plan', least=least, half=half, all=whole, steps=steps)} {time}")
    if least < dose.FEW_TRAINING:
        st.caption(words("dose.few", least=least))
    if st.button(words("dose.start"), key="dose.start", type="primary", icon=":material/stacked_line_chart:"):
        _begin(project, words)


def _begin(project: Project, words: Words) -> None:
    try:
        with st.spinner(words("dose.starting")):
            dose.start(project, workshop.run_settings(project), workshop.first_prompt(project))
    except LessonError as error:
        problem.show(error, words.language)
        return
    st.rerun()


def _told(made: list[Run], project: Project, words: Words, was_working: bool) -> None:
    working = dose.is_working(made)
    if was_working and not working:
        st.rerun()
    points = dose.points(made)
    if working:
        _progress(made, words)
    _plot(points, dose.base(made), words)
    _table(made, points, words)
    _meaning(made, project, words)
    _controls(made, project, working, words)


def _progress(made: list[Run], words: Words) -> None:
    states = [processes.read_state(run.folder) for run in made]
    done = sum(state.get("step", 0) for state in states)
    steps = sum(run.settings().max_steps for run in made)
    st.progress(min(1.0, done / steps), text=words("dose.progress", done=done, steps=steps))


def _plot(points: list[dose.Point], base: float | None, words: Words) -> None:
    known = [(point.share, point.loss, point.rows) for point in points if point.loss is not None]
    if base is None or not known:
        return
    language = words.language
    said = [
        words("dose.point", share=texts.percent(share, language), rows=rows, loss=texts.number(loss, language))
        for share, loss, rows in known
    ]
    names = {"base": words("curve.base"), "texts": words("dose.curve"), "x": words("dose.x"), "y": words("dose.y")}
    ticks = {share: texts.percent(share, language) for share in dose.SHARES}
    marked = [(share, loss, text) for (share, loss, _), text in zip(known, said, strict=True)]
    figure = plots.dose(marked, base, ticks, names)
    alt = words("dose.alt", points="; ".join(said), base=texts.number(base, language))
    plots.show(figure, alt, "dose", 340)


def _table(made: list[Run], points: list[dose.Point], words: Words) -> None:
    headings = (words("dose.share"), words("dose.rows"), words("state"), words("dose.perplexity"))
    lines = ["| " + " | ".join(headings) + " |", "|---|--:|---|--:|"]
    for run, point in zip(made, points, strict=True):
        status = processes.read_state(run.folder)["status"]
        perplexity = "—" if point.loss is None else texts.number(watch.perplexity(point.loss), words.language)
        share, rows = texts.percent(point.share, words.language), texts.number(point.rows, words.language)
        lines.append(f"| {share} | {rows} | {words(f'status.{status}')} | {perplexity} |")
    st.markdown("\n".join(lines))


def _meaning(made: list[Run], project: Project, words: Words) -> None:
    remark = dose.read(made)
    if remark:
        key = f"dose.read.{remark.code}"
        st.info(f"**{words(key, **remark.facts)}** {words.body(key, **remark.facts)}", icon=":material/lightbulb:")
        few = dose.few_validation(made)
        st.caption(words("dose.few_validation", rows=few) if few else words("dose.once"))
    if not dose.is_of_these_texts(made, project):
        st.warning(words("dose.stale"), icon=":material/history:")


def _controls(made: list[Run], project: Project, working: bool, words: Words) -> None:
    if working:
        st.button(words("dose.pause"), key="dose.pause", icon=":material/pause:", on_click=dose.pause, args=(made,))
        return
    for run in made:
        error = processes.read_state(run.folder).get("error")
        if error:
            problem.show(errors.heard(error), words.language)
    left = dose.unfinished(made)
    again, away = st.columns(2)
    if left and again.button(
        words("dose.continue"), key="dose.continue", type="primary", icon=":material/play_arrow:", width="stretch"
    ):
        for run in left:
            runs.start(run)
        st.rerun()
    if not left and again.button(words("dose.again"), key="dose.again", icon=":material/replay:", width="stretch"):
        _begin(project, words)
    if away.button(words("dose.discard"), key="dose.discard", icon=":material/delete:", width="stretch"):
        try:
            for run in made:
                runs.discard(run)
        except LessonError as error:  # another tab has just taken it up again
            problem.show(error, words.language)
            return
        st.rerun()
