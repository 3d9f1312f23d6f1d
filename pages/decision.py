"""Is a language model right for her? What was measured, four questions, a proposal with its reasons, her decision."""

import streamlit as st

from core import decision, texts, workshop
from core.evaluation import evidence
from core.ui import decision_panel, evidence_panel, lesson, problem

visit = lesson.begin("decision")
words = texts.words(visit.language, "frame", "decision")
st.title(words("title"), anchor=False)
st.markdown(words.body("title"))
with st.expander(words("learn"), icon=":material/auto_stories:"):
    st.markdown(words.body("learn"))
try:
    run = workshop.adapted_run(visit.project) if visit.project else None
    if visit.project and run:
        kept, found = decision.kept(visit.project), evidence.read(visit.project, run)

        # 1. What no number answers.
        st.header(words("questions"), anchor=False, divider="gray")
        st.markdown(words.body("questions"))
        answers = decision_panel.ask(visit.project, kept, words)

        # 2. What was measured.
        st.header(words("measured"), anchor=False, divider="gray")
        st.markdown(words.body("measured", run=run.name.removeprefix("run-")))
        evidence_panel.show(found, kept, words)
        evidence_panel.power(visit.project, kept, words)

        # 3. What follows.
        st.header(words("proposal"), anchor=False, divider="gray")
        rule = decision_panel.propose(found, answers, words)

        # 4. What she does.
        st.header(words("decide"), anchor=False, divider="gray")
        st.markdown(words.body("decide"))
        decision_panel.decide(visit.project, run, rule, kept, words)
        with st.expander(words("code"), icon=":material/code:", key="code"):
            st.code(lesson.snippet("decision", visit.project, run=run.name), language="python")
        st.page_link("pages/12_compare.py", label=words("back"), icon=":material/arrow_back:")
    else:
        st.info(words("no_project"), icon=":material/hourglass_empty:")
        st.page_link("pages/10_train.py", label=words("no_project.go"), icon=":material/arrow_forward:")
except Exception as error:  # noqa: BLE001  (whatever happens, she gets words)
    problem.show(error, visit.language)
