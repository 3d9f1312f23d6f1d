"""All runs of a project, compared."""

import streamlit as st

from core import texts
from core.training import runs
from core.ui import experiments_panel, lesson, problem

visit = lesson.begin("experiments")
words = texts.words(visit.language, "frame", "settings", "experiments")
st.title(words("title"), anchor=False)
st.markdown(words.body("title"))
try:
    made = runs.list_runs(visit.project) if visit.project else []
    if visit.project and made:
        chosen = experiments_panel.table(made, words)
        st.caption(words("choose"))
        experiments_panel.side_by_side(chosen, words)
        experiments_panel.one(visit.project, made, words)
    else:
        st.info(words("none"), icon=":material/science:")
        st.page_link("pages/10_train.py", label=words("none.go"), icon=":material/arrow_forward:")
    if visit.project:
        experiments_panel.offer_back(visit.project, words)
except Exception as error:  # noqa: BLE001  (whatever happens, she gets words)
    problem.show(error, visit.language)
