"""Step 11: the sealed test set is opened; the adapted model and its rivals are measured on it."""

import streamlit as st

from core import workshop
from core.evaluation import evaluate
from core.ui import evaluation_examples, evaluation_panel, export_panel, lesson

with lesson.page("11_evaluate", "metrics", "evaluation", "report") as step:
    run = workshop.adapted_run(step.project)

    # 1. Opening the envelope.
    step.section("open", "slow")
    record = evaluate.result(run)
    evaluation_panel.opening(run, step.words)

    # 2. What came out: a picture first, what it means, then the numbers.
    if record:
        step.section("result", rows=record["rows"])
        evaluation_panel.openings(record, step.words)
        evaluation_panel.picture(record, step.words)
        for sentence in evaluation_panel.verdicts(record, step.words):
            st.markdown(sentence)
        step.section("numbers", "optional")
        evaluation_panel.numbers(record, step.words)

        # 3. The texts behind the numbers.
        step.section("examples", "optional")
        evaluation_examples.show(record, step.words)
        step.section("spread", "optional")
        evaluation_examples.spread(record, step.words)

        # 4. To take away.
        step.section("export", "optional")
        export_panel.show(record, step.words)

    step.code(run=run.name)
    ratio = record and record["against"]["base"]["perplexity"]["difference"]
    step.ask_number(1 / ratio if ratio else None, tolerance=0.05, whole=False)
