"""Which run is evaluated, and all that were, side by side."""

import streamlit as st

from core import texts
from core.data import table
from core.evaluation import evaluate
from core.project import Project
from core.texts import Words
from core.training import runs
from core.training.runs import Run
from core.ui import experiments_panel
from core.ui.tables import lines_table

_COLUMNS = {
    "write": ("perplexity", "bits_per_character", "distinct2", "verse_syllables"),
    "summarize": ("perplexity", "bits_per_character", "rouge1_normalised", "rougeL_normalised", "chrf"),
}


def choose(project: Project, words: Words) -> Run:
    """Answers the run that the page is about: the newest that has ended, or another that she chooses."""
    made = _ended(project)
    if len(made) == 1:
        return made[0]
    named = texts.words(words.language, "experiments")
    return st.selectbox(
        words("runs.which"), made, format_func=lambda run: experiments_panel.name_of(run, named), key="11.run"
    )


def side_by_side(project: Project, words: Words) -> None:
    """Shows what each run gave on the same sealed texts; says how many were measured on others."""
    evaluated = {run: record for run in _ended(project) if (record := evaluate.result(run))}
    if len(evaluated) < 2:
        return
    sealed = {run: table.file_fingerprint(run.prepared / "test") for run in evaluated}
    newest = next(iter(sealed.values()))
    alike = {run: record for run, record in evaluated.items() if sealed[run] == newest}
    st.markdown(f"**{words('runs')}**\n\n{words.body('runs')}")
    named = texts.words(words.language, "experiments")
    first = next(iter(alike.values()))
    columns = [name for name in _COLUMNS[first["task"]] if name in first["sides"]["adapted"]]
    lines = []
    for run, record in alike.items():
        found = evaluate.values(record, "adapted")
        cells = [texts.number(found[name], words.language) if name in found else "—" for name in columns]
        lines.append([experiments_panel.name_of(run, named), *cells])
    lines_table([words("runs.run"), *(words(f"metric.{name}") for name in columns)], lines, "evaluation.runs")
    if others := len(evaluated) - len(alike):
        st.caption(words("runs.others", count=others))


def _ended(project: Project) -> list[Run]:
    return [run for run in runs.list_runs(project) if run.weights]
