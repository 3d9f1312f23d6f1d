"""All runs of a project, compared; how much more texts help; and three faults to predict and diagnose."""

import streamlit as st

from core import texts
from core.training import runs
from core.ui import dose_panel, experiments_panel, lab_panel, lesson, problem

visit = lesson.begin("experiments")
words = texts.words(visit.language, "frame", "settings", "experiments")
st.title(words("title"), anchor=False)
st.markdown(words.body("title"))
try:
    # 1. Her own runs, side by side.
    st.header(words("own"), anchor=False, divider="gray")
    made = runs.list_runs(visit.project) if visit.project else []
    if visit.project and made:
        st.markdown(words.body("own"))
        chosen = experiments_panel.table(made, words)
        st.caption(words("choose"))
        experiments_panel.side_by_side(chosen, words)
        experiments_panel.one(visit.project, made, words)
    else:
        st.info(words("none"), icon=":material/science:")
        st.page_link("pages/10_train.py", label=words("none.go"), icon=":material/arrow_forward:")

    # 2. A tenth, half and all of her texts.
    dose_panel.show(visit.project, words)

    # 3. Three faults.
    lab_panel.show(visit.project, words)

    if visit.project:
        experiments_panel.offer_back(visit.project, words)
except Exception as error:  # noqa: BLE001  (whatever happens, she gets words)
    problem.show(error, visit.language)
