"""Step 10: the training, in a process of its own, seen live."""

import streamlit as st

from core import processes, workshop
from core.training import plan, runs, watch
from core.ui import lesson, live_run, testbed_panel

with lesson.page("10_train", "settings", "testbed") as step:
    made = runs.list_runs(step.project)
    run = made[0] if made else None
    status = processes.read_state(run.folder)["status"] if run else "none"
    if status not in processes.ACTIVE:
        live_run.warm()

    # 1. Start: a new run whenever none is at work.
    step.section("start", "slow")
    settings = workshop.run_settings(step.project)
    changes = settings.differences(plan.settings(step.project, settings.dial))
    live_run.about_to(settings.dial, changes, step.project.model, step.words)
    if status not in processes.ACTIVE:
        testbed_panel.ask_sample(step)
    if status not in processes.ACTIVE and st.button(
        step("start.again" if run else "start.button"),
        key="start",
        type="primary" if not run else "secondary",
        icon=":material/play_arrow:",
    ):
        with st.spinner(step("starting")):
            workshop.start_run(step.project)
        st.rerun()

    # 2. The run, live.
    if run:
        step.section("live", run=run.name.removeprefix("run-"))
        live_run.show(run, step.words)
        curve = watch.curve(run)
        live_run.prediction(curve, step.project.choices.get("09_settings", {}).get("prediction"), status, step.words)

    step.code(
        dial=settings.dial,
        changes=changes,
        prompt=workshop.first_prompt(step.project),
    )
    step.ask_number(answer=curve.best[0] if run and run.weights and curve.best else None)
