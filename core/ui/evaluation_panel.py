"""An evaluation on the page: opening it, its metrics, its verdict, its examples."""

import streamlit as st

from core import processes, texts
from core.errors import LessonError
from core.evaluation import evaluate
from core.tasks import Task
from core.texts import Words
from core.training.runs import Run
from core.ui import plots, problem
from core.ui.tables import rows_table

LOWER_IS_BETTER = ("loss", "perplexity", "bits_per_character")


def opening(run: Run, words: Words, opened: bool) -> None:
    """Offers to open the test set, and shows the measuring while it goes on."""
    state = processes.read_state(run.evaluation)
    working = state["status"] in processes.ACTIVE
    if working:
        st.fragment(_wait, run_every=0.7)(run, words)
        return
    if state["status"] == "failed" and not opened:
        problem.show(LessonError(state["error"]["code"], **state["error"]["facts"]), words.language)
    label = words("open.again" if opened else "open.button")
    if st.button(label, key="open", type="secondary" if opened else "primary", icon=":material/drafts:"):
        evaluate.start(run)
        st.rerun()


def _wait(run: Run, words: Words) -> None:
    state = processes.read_state(run.evaluation)
    if state["status"] not in processes.ACTIVE:
        st.rerun()
    st.progress(state.get("step", 0) / state.get("steps", 4), text=words("open.working"))


def metrics(record: dict, words: Words) -> None:
    """Draws perplexity (and ROUGE) of both models, then every number in a table."""
    language = words.language
    names = {"base": words("base"), "adapted": words("adapted")}
    base, adapted = record["base"], record["adapted"]
    alt = words("metrics.alt", base=base["perplexity"], adapted=adapted["perplexity"])
    plots.show(
        plots.sides([words("metric.perplexity")], [base["perplexity"]], [adapted["perplexity"]], names),
        alt,
        "metrics.perplexity",
        260,
    )
    rouge = [name for name in base if name.startswith("rouge")]
    if rouge:
        labels = [words(f"metric.{name}") for name in rouge]
        figure = plots.sides(labels, [base[n] for n in rouge], [adapted[n] for n in rouge], names)
        facts = {"base": texts.number(base[rouge[-1]], language), "adapted": texts.number(adapted[rouge[-1]], language)}
        plots.show(figure, words("metrics.rouge.alt", metric=labels[-1], **facts), "metrics.rouge", 260)
    headings = (words("metric"), words("base"), words("adapted"), words("improved"))
    lines = ["| " + " | ".join(headings) + " |", "|---|--:|--:|---|"]
    for name in base:
        better = adapted[name] < base[name] if name in LOWER_IS_BETTER else adapted[name] > base[name]
        verdict = words("better") if better else words("not_better")
        shown = [texts.number(side[name], language) for side in (base, adapted)]
        lines.append(f"| {words(f'metric.{name}')} | {shown[0]} | {shown[1]} | {verdict} |")
    st.markdown("\n".join(lines))
    for name in base:
        said, _, _ = words.body(f"metric.{name}").partition("\n\n")
        st.caption(f"**{words(f'metric.{name}')}**: {said}")


def verdict(record: dict, words: Words) -> None:
    """Says in one sentence whether the adapted model is less surprised by her texts, and by how much."""
    ratio = record["adapted"]["perplexity"] / record["base"]["perplexity"]
    key = "verdict.much" if ratio < 0.8 else "verdict.some" if ratio < 0.97 else "verdict.none"
    facts = {
        "base": texts.number(record["base"]["perplexity"], words.language),
        "adapted": texts.number(record["adapted"]["perplexity"], words.language),
        "percent": round(100 * ratio),
    }
    st.markdown(words(key, **facts))


def examples(record: dict, task: Task, words: Words) -> None:
    """Shows the sealed texts, one by one, with what each model made of them."""
    rows = record["examples"]
    if "rouge" in task.metrics:
        place = st.number_input(words("example", count=len(rows)), 1, len(rows), 1, key="example") - 1
        st.caption(words("column.text"))
        with st.container(border=True):
            st.text(rows[place]["text"])
        st.caption(words("example.reference"))
        st.text(rows[place]["summary"])
        for column, side in zip(st.columns(2), ("base", "adapted"), strict=True):
            column.caption(words(side))
            column.container(border=True).text(rows[place][side]["summary"] or "—")
        return
    shown = [
        {
            **row,
            "before": row["base"]["loss"],
            "after": row["adapted"]["loss"],
            "change": row["adapted"]["loss"] - row["base"]["loss"],
        }
        for row in rows
    ]
    shown.sort(key=lambda row: row["change"])
    headings = {"text": words("column.text"), "before": words("loss.before"), "after": words("loss.after")}
    rows_table(
        [{**r, "before": round(r["before"], 2), "after": round(r["after"], 2)} for r in shown],
        headings,
        "examples",
    )
    st.caption(words("examples.order"))
