"""Runs side by side: a table of what differs and how it ended, and their curves overlaid."""

from collections.abc import Sequence

import streamlit as st

from core import processes, texts
from core.evaluation import evaluate
from core.texts import Words
from core.training import watch
from core.training.runs import Run
from core.ui import plots


def table(made: Sequence[Run], words: Words) -> None:
    """Shows one line a run: its settings, its state, and its perplexities on validation and, if opened, test."""
    lines = []
    for run in made:
        settings, curve, evaluation = run.settings(), watch.curve(run), evaluate.result(run)
        lines.append(
            {
                words("run"): run.name,
                words("dial"): words(f"dial.{settings.dial}"),
                words("learning_rate"): settings.learning_rate,
                words("epochs"): settings.epochs,
                words("lora_rank"): settings.lora_rank,
                words("state"): words(f"status.{processes.read_state(run.folder)['status']}"),
                words("validation"): curve.best and round(watch.perplexity(curve.best[1]), 1),
                words("test"): evaluation and round(evaluation["adapted"]["perplexity"], 1),
            }
        )
    st.dataframe(lines, key="runs", hide_index=True, width="stretch", row_height=38)


def curves(made: Sequence[Run], words: Words) -> None:
    """Draws the validation curves of the runs that have one."""
    known = {run.name: watch.curve(run).validation for run in made}
    known = {name: points for name, points in known.items() if points}
    if not known:
        return
    st.subheader(words("curves"), anchor=False)
    names = {"x": words("curve.x"), "y": words("curve.y")}
    best = min(known, key=lambda name: min(loss for _, loss in known[name]))
    lowest = texts.number(min(loss for _, loss in known[best]), words.language)
    plots.show(plots.overlaid(known, names), words("curves.alt", best=best, loss=lowest), "curves", 360)
