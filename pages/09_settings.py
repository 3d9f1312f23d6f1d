"""Step 9: one dial, the settings that follow from it with their reasons, and every knob behind."""

import dataclasses

import streamlit as st

from core.training import plan
from core.training.settings import DIALS
from core.ui import lesson, live_run, promise_panel, settings_form
from core.ui.tables import reasons_table

with lesson.page("09_settings", "settings") as step:
    kept = settings_form.kept(step.project, step.language)
    live_run.warm()

    # 1. The dial.
    step.section("dial_section")
    dial = st.segmented_control(
        step("dial"),
        DIALS,
        default=kept.dial if kept else "quick",
        format_func=lambda d: step(f"dial.{d}"),
        key=settings_form.fresh("dial"),
        required=True,
        label_visibility="collapsed",
    )
    st.markdown(step.words.body(f"dial.{dial}"))
    chosen = plan.plan(step.project, dial)
    reasons, keeping = st.container(), st.container()  # once the knobs behind the dial were read

    # 2. Every knob, for who wants it.
    step.section("knobs", "optional")
    proposed = kept if kept and kept.dial == dial else plan.settings(step.project, dial)
    with st.expander(step("knobs.open"), icon=":material/tune:"):
        settings = settings_form.ask(step.project, step.words, proposed, key=settings_form.fresh(dial))
        from_knobs = st.button(step("keep"), key="keep_knobs", icon=":material/save:")
        under_knobs = st.container()
    with reasons:
        reasons_table(step.words, plan.used(chosen, settings))
    with keeping:
        from_dial = st.button(step("keep"), key="keep_settings", type="primary", icon=":material/save:")
    if from_dial or from_knobs:
        step.keep(settings=dataclasses.asdict(settings), done=True)
        (keeping if from_dial else under_knobs).success(step("kept"), icon=":material/check:")

    with st.expander(step("file"), icon=":material/folder_open:"):
        loaded = settings_form.save_or_load(step.words, settings)
        if loaded:
            step.keep(settings=dataclasses.asdict(loaded), done=True)
            st.rerun()

    # 3. Before she starts: what is needed, and what it will take.
    step.section("promise_section", "optional", "slow")
    promise_panel.show(step.project, settings, step.words)
    promise_panel.elsewhere(step.project, step.words)

    step.code(dial=dial, changes=settings.differences(plan.settings(step.project, dial)))
    step.ask_prediction(1, 100)
