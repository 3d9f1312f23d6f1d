"""Step 4: what people ask of a model, what the one at hand can do, and the beginnings that will compare."""

import streamlit as st

from core.ui import lesson, limits_panel, obey_panel, strange_panel, tasks_panel, testbed_panel, writing

with lesson.page("04_try_model", "03_choose_model", "writing", "limits") as step:
    writing.warm()
    folder = writing.model_folder(step.project)

    # 1. Six tasks, each with the model that it needs and a try with the one at hand.
    task = st.segmented_control(
        step("tasks"),
        tasks_panel.TASKS,
        default=writing.task_of(folder),
        required=True,
        format_func=lambda task: step(f"do.{task}"),
        key="04.task",
        persist_state="session",
    )
    step.section(f"try.{task}", *(("optional",) if task != "write" else ()))
    code = tasks_panel.show(step, folder, task)

    # 2. Her testbed.
    step.section("testbed")
    kept = testbed_panel.show(step)

    # 3. For who has a while: a request or a beginning, what surprises the model, and what it takes for granted.
    more = st.segmented_control(
        step("more"),
        ["obey", "strange", "limits"],
        format_func=lambda part: step(f"more.{part}"),
        key="04.more",
        persist_state="session",
    )
    if more:
        step.section(more, "optional")
    if more == "obey":
        obey_panel.show(step, folder)
    if more == "strange":
        strange_panel.show(step, folder)
    if more == "limits":
        limits_panel.show(step.words, folder, "04")

    step.code(**code)
    step.ask_deed(done=kept >= 3)
