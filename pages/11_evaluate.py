"""Step 11: the sealed test set is opened; the adapted model and its rivals are measured on it."""

import streamlit as st

from core.evaluation import evaluate
from core.ui import (
    before_after_panel,
    evaluation_examples,
    evaluation_panel,
    evaluation_runs,
    export_panel,
    lesson,
    prediction_panel,
)

with lesson.page("11_evaluate", "writing", "testbed", "metrics", "evaluation", "report") as step:
    run = evaluation_runs.choose(step.project, step.words)

    # 1. Opening the envelope, after saying what will be in it.
    step.section("open", "slow")
    record = evaluate.result(run)
    if not record:
        prediction_panel.winner(step, run.name, ["adapted", "base", "few_shot", "ngram"])
    evaluation_panel.opening(run, step.words)

    # 2. What came out: a picture first, what it means, then the numbers.
    if record:
        step.section("result", rows=record["rows"])
        evaluation_panel.openings(record, step.words)
        evaluation_panel.picture(record, step.words)
        prediction_panel.tell_winner(step, run.name, record["wins"]["bits_per_character"]["side"])
        for sentence in evaluation_panel.verdicts(record, step.words):
            st.markdown(sentence)
        step.section("numbers", "optional")
        evaluation_panel.numbers(record, step.words)
        evaluation_runs.side_by_side(step.project, step.words)

        # 3. The texts behind the numbers.
        if record["examples"]:  # a capsule may have come without her texts
            step.section("examples", "optional")
            evaluation_examples.show(record, step.words)
        step.section("spread", "optional")
        evaluation_examples.spread(record, step.words)

        # 4. To take away.
        step.section("export", "optional")
        export_panel.show(record, step.words)

    # 5. Her testbed, before and after.
    if run.record()["task"] == "write":
        step.section("before_after", "optional")
        before_after_panel.show(run, step.project, step.words)

    step.code(run=run.name)
    ratio = record and record["against"]["base"]["perplexity"]["difference"]
    step.ask_number(1 / ratio if ratio else None, tolerance=0.05, whole=False)
