"""Step 4: trying the base model, and keeping the beginnings that will compare before and after."""

import streamlit as st

from core.ui import lesson, writing

with lesson.page("04_try_model", "writing") as step:
    writing.warm()
    folder = writing.model_folder(step.project)

    # 1. Try a beginning.
    step.section("try")
    task = writing.task_of(folder)
    if task == "summarize":
        st.caption(step("try.seq2seq"))
    prompt = st.text_area(step("prompt"), step("prompt.default"), key="prompt", height=110)
    sampling = writing.sampling_controls(step.words, "04")
    if st.button(step("try.button"), key="try", type="primary", icon=":material/edit:"):
        writing.write(folder, prompt, sampling, task=task, language=step.language)

    # 2. Keep it in the testbed.
    step.section("testbed")
    prompts = step.kept("prompts", [])
    if st.button(step("testbed.keep"), key="keep", icon=":material/bookmark_add:", disabled=not prompt.strip()):
        prompts = list(dict.fromkeys([*prompts, prompt.strip()]))
        step.keep(prompts=prompts)
    for place, kept in enumerate(prompts):
        text, remove = st.columns([6, 1], vertical_alignment="center")
        text.container(border=True).text(kept)
        if remove.button(step("testbed.remove"), key=f"remove.{place}", icon=":material/close:", type="tertiary"):
            step.keep(prompts=[other for other in prompts if other != kept])
            st.rerun()
    if not prompts:
        st.caption(step("testbed.empty"))

    step.code(prompt=prompt, temperature=sampling.temperature, top_p=sampling.top_p)
    step.ask_deed(done=len(prompts) >= 3)
