"""All runs of a project: a table to sort, any of them side by side, and what can be done with one."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

import streamlit as st

from core import processes, texts, workshop
from core import project as projects
from core.errors import LessonError
from core.evaluation import evaluate
from core.project import Project
from core.texts import Words
from core.training import runs, verdict, watch
from core.training.runs import DOSE, LAB, Label, Run
from core.ui import lesson, plots, problem
from core.ui.plain import in_code, plain
from core.ui.tables import setting

_MOST_COMPARED = 6  # the plot has no more colours


def table(made: Sequence[Run], words: Words) -> list[Run]:
    """Shows one line a run, sorted by a click on a heading; answers those she ticked, or else all of them."""
    lines = [_line(run, words) for run in made]
    chosen = st.dataframe(
        lines,
        column_config={words("when"): st.column_config.DatetimeColumn(format="localized")},
        key="runs",
        hide_index=True,
        width="stretch",
        row_height=38,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="—",
    )
    ticked = [made[place] for place in chosen.selection.rows if place < len(made)]
    return (ticked or list(made))[:_MOST_COMPARED]


def name_of(run: Run, words: Words) -> str:
    """Answers how she calls a run, or its number; one that is not her own is called by what it was made for."""
    if run.purpose == DOSE:
        return words("dose.name")
    if run.purpose == LAB:
        return words(f"lab.{run.record()['fault']}")
    number = run.name.removeprefix("run-")
    return run.label().name or words("run.number", number=int(number))


def _line(run: Run, words: Words) -> dict[str, Any]:
    settings, curve, evaluation = run.settings(), watch.curve(run), evaluate.result(run)
    state = processes.read_state(run.folder)
    found = verdict.read(run)
    return {
        words("run"): name_of(run, words),
        words("learned"): words(f"learned.{found.code}") if found else "—",
        words("validation"): curve.best and round(watch.perplexity(curve.best[1]), 1),
        words("test"): evaluation and round(evaluate.values(evaluation, "adapted")["perplexity"], 1),
        words("state"): words(f"status.{state['status']}"),
        words("dial"): words(f"dial.{settings.dial}"),
        words("learning_rate"): settings.learning_rate,
        words("epochs"): settings.epochs,
        words("lora_rank"): settings.lora_rank,
        words("minutes"): round(state["train_seconds"] / 60, 1) if state.get("train_seconds") else None,
        words("when"): datetime.fromtimestamp(run.record()["created"]).astimezone(),
    }


def side_by_side(chosen: Sequence[Run], words: Words) -> None:
    """Shows the validation curves in one plot, the settings that differ, and what each wrote last."""
    names = {run: name_of(run, words) for run in chosen}
    _curves(chosen, names, words)
    if len(chosen) > 1:
        _differences(chosen, names, words)
    _samples(chosen, names, words)


def _curves(chosen: Sequence[Run], names: dict[Run, str], words: Words) -> None:
    known = {escape(names[run]): watch.curve(run).validation for run in chosen}  # Plotly reads tags
    known = {name: points for name, points in known.items() if points}
    if not known:
        return
    st.subheader(words("curves"), anchor=False)
    axes = {"x": words("curve.x"), "y": words("curve.y")}
    best = min(known, key=lambda name: min(loss for _, loss in known[name]))
    lowest = texts.number(min(loss for _, loss in known[best]), words.language)
    plots.show(plots.overlaid(known, axes), words("curves.alt", best=best, loss=lowest), "curves", 360)


def _differences(chosen: Sequence[Run], names: dict[Run, str], words: Words) -> None:
    settings = {run: dataclasses.asdict(run.settings()) for run in chosen}
    settings = {run: {**values, "model": run.record()["model"]} for run, values in settings.items()}
    first = settings[chosen[0]]
    differ = [name for name in first if any(values[name] != first[name] for values in settings.values())]
    st.subheader(words("differ"), anchor=False)
    if not differ:
        st.caption(words("differ.none"))
        return
    lines = [f"| {words('setting')} | " + " | ".join(plain(names[run]) for run in chosen) + " |"]
    lines.append("|---" * (len(chosen) + 1) + "|")
    for name in differ:
        cells = (setting(words, name, settings[run][name]) for run in chosen)
        lines.append(f"| {words(name)} | " + " | ".join(cells) + " |")
    st.markdown("\n".join(lines))


def _samples(chosen: Sequence[Run], names: dict[Run, str], words: Words) -> None:
    written = {run: told[-1]["text"] for run in chosen if (told := watch.samples(run))}
    if not written:
        return
    st.subheader(words("samples"), anchor=False)
    for run, text in written.items():
        prompt = run.record()["prompt"] if run.record()["task"] == "write" else ""
        with st.container(border=True):
            st.caption(plain(names[run]))
            st.text((prompt + text).strip() or "—")


def one(project: Project, made: Sequence[Run], words: Words) -> None:
    """Names a run, notes something about it, starts again from its settings, or discards it."""
    st.subheader(words("one"), anchor=False)
    run = st.selectbox(words("one.which"), made, format_func=lambda run: name_of(run, words), key="one.which")
    label = run.label()
    key = f"{project.id}.{run.name}"
    name = st.text_input(words("one.name"), label.name, max_chars=60, key=f"name.{key}").strip()
    note = st.text_area(words("one.note"), label.note, max_chars=2000, key=f"note.{key}", height=90).strip()
    if Label(name, note) != label:
        runs.set_label(run, Label(name, note))
        st.rerun()
    again, away = st.columns(2)
    if again.button(words("one.copy"), key="one.copy", icon=":material/content_copy:", width="stretch"):
        kept = {**run.record()["settings"]}
        projects.update(project, "09_settings", {"settings": kept, "done": True})
        st.switch_page("pages/09_settings.py")
    if away.button(words("one.discard"), key="one.discard", icon=":material/delete:", width="stretch"):
        try:
            runs.discard(run)
        except LessonError as error:
            problem.show(error, words.language)
            return
        st.rerun()


def offer_back(project: Project, words: Words) -> None:
    """Offers to bring back what was discarded, for as long as it is kept; the runs of one dose together."""
    together: dict[str, list[Run]] = {}
    for run in runs.discarded(project):
        together.setdefault(run.record().get("dose_group", run.name), []).append(run)
    for key, away in together.items():
        said, back = st.columns([3, 1], vertical_alignment="center")
        said.caption(words("discarded", run=in_code(name_of(away[0], words))))
        if back.button(words("discarded.undo"), key=f"undo.{key}", icon=":material/undo:", width="stretch"):
            for run in away:
                runs.restore(run)
            st.rerun()


def waits(project: Project | None, words: Words) -> bool:
    """Says whether there are no tokens yet to make a run of; if so, says on the page what to do first."""
    missing = workshop.missing(project, workshop.BY_NAME["10_train"])
    if not missing:
        return False
    step = workshop.BY_NAME[lesson.MADE_IN[missing[0]]]
    title = texts.words(words.language, step.name)("title")
    st.info(f"{words('first')} {words(f'missing.{missing[0]}')}", icon=":material/lock:")
    go = words("locked.go", number=step.number, title=title)
    st.page_link(step.page, label=go, icon=":material/arrow_forward:")
    return True
