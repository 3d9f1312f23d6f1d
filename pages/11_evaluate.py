"""Step 11: the sealed test set is opened; base and adapted model are measured on it."""

import streamlit as st

from core import workshop
from core.evaluation import evaluate
from core.tasks import TASKS
from core.ui import before_after_panel, evaluation_panel, lesson

with lesson.page("11_evaluate", "card", "metrics", "writing", "testbed") as step:
    run = workshop.adapted_run(step.project)

    # 1. Opening the envelope.
    step.section("open")
    record = evaluate.result(run)
    evaluation_panel.opening(run, step.words, opened=record is not None)

    # 2. What came out: a picture first, then the numbers, then her texts.
    if record:
        step.section("result", rows=record["rows"])
        evaluation_panel.metrics(record, step.words)
        evaluation_panel.verdict(record, step.words)
        if record["rows"] < 30:
            st.info(step("few", rows=record["rows"]), icon=":material/info:")
        step.section("examples")
        evaluation_panel.examples(record, TASKS[record["task"]], step.words)

    # 3. Her testbed, before and after.
    if run.record()["task"] == "write":
        step.section("before_after", "optional")
        before_after_panel.show(run, step.project, step.words)

    step.code(run=run.name)
    step.ask_number(
        record and record["base"]["perplexity"] / record["adapted"]["perplexity"], tolerance=0.05, whole=False
    )
