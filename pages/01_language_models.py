"""Step 1: what a language model is. She plays with the next word, then lets it write."""

import streamlit as st

from core.ui import lesson, writing
from core.ui.writing import SERVICE

with lesson.page("01_language_models", "writing") as step:
    writing.warm()
    folder = writing.continuing_folder(step.project)

    # 1. The next word: ten candidates, reshaped at once by temperature and top-p.
    step.section("play")
    beginning = st.text_input(step("beginning"), step("beginning.default"), key="beginning")
    sampling = writing.sampling_controls(step.words, "01")
    with st.spinner(step("waking")):
        writing.bars(step.words, SERVICE.next_tokens(folder, beginning, sampling), "01.candidates")

    # 2. One word after another: it writes, and any word can be asked why.
    step.section("write")
    if st.button(step("write.button"), key="write", type="primary", icon=":material/edit:"):
        st.session_state["01.written"] = writing.write(folder, beginning, sampling)
        step.keep(temperatures=[*step.kept("temperatures", []), sampling.temperature][-20:])
    elif "01.written" in st.session_state:
        st.text(beginning + writing.joined(st.session_state["01.written"]))
    if "01.written" in st.session_state:
        writing.why(step.words, st.session_state["01.written"], "01")

    step.code(beginning=beginning, temperature=sampling.temperature, top_p=sampling.top_p)
    tried = step.kept("temperatures", [])
    step.ask_deed(done=bool(tried) and min(tried) <= 0.2 and max(tried) >= 1.2)
