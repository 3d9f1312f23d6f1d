"""Step 12: a blind tasting of base and adapted model on her own prompts, and a decision."""

import streamlit as st

from core import workshop
from core.ui import compare_panel, lesson, tasting_panel, writing

DECISIONS = ("keep", "more", "no")

with lesson.page("12_compare", "writing", "tasting") as step:
    writing.warm()
    run = workshop.adapted_run(step.project)

    # 1. The same beginning, the same seed, two models.
    step.section("side_by_side")
    prompt = compare_panel.ask_prompt(run, step.project, step.words)
    sampling = writing.sampling_controls(step.words, "12")
    compare_panel.show_pair(step.words)
    compare_panel.taste(run, step.project, prompt, sampling, step.words)

    # 2. Many pairs, blind.
    step.section("tasting", "slow")
    tasting_panel.show(run, step)

    # 3. Is a language model right for her?
    step.section("decide")
    decision = st.radio(
        step("decide.label"),
        DECISIONS,
        format_func=lambda d: step(f"decide.{d}"),
        key="decision",
        index=DECISIONS.index(step.kept("decision")) if step.kept("decision") else None,
    )
    if decision and decision != step.kept("decision"):
        step.keep(decision=decision)
    if decision:
        st.markdown(step.words.body(f"decide.{decision}"))

    step.code(
        run=run.name,
        prompt=prompt,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        seed=sampling.seed,
    )
    step.ask_text(lambda reason: decision is not None and len(reason) >= 20, keep="reason")
