"""Step 1: what a language model is. She guesses, bends the draw, counts words, and sees the families."""

import streamlit as st

from core.ui import counting_panel, dials_panel, families_panel, guess_panel, lesson, writing

with lesson.page("01_language_models", "writing") as step:
    writing.warm()
    folder = writing.continuing_folder(step.project)
    part = st.segmented_control(
        step("parts"),
        ["guess", "dials", "counting", "families"],
        default="guess",
        required=True,
        format_func=lambda part: step(f"part.{part}"),
        key="01.part",
        persist_state="session",
    )
    step.section(part, *(("optional",) if part in ("counting", "families") else ()))

    # 1. Five lines without their next word.
    if part == "guess":
        guess_panel.play(step, folder)

    # 2. What could come next, bent by three controls; then it writes, and any word can be asked why.
    if part == "dials":
        dials_panel.show(step, folder)

    # 3. From counting to networks.
    if part == "counting":
        counting_panel.show(step, folder)

    # 4. Three families, and what each kind of training costs.
    if part == "families":
        families_panel.show(step)

    if part != "dials":  # there it changes with the controls
        dials_panel.code(step)
    tried = step.kept("temperatures", [])
    step.ask_deed(done=bool(tried) and min(tried) <= 0.2 and max(tried) >= 1.2)
