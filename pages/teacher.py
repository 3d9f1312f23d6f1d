"""Preparing a class, and seeing how those who share it are doing."""

import streamlit as st

from core import texts
from core.ui import class_panel, lesson, problem, session, shared_panel, teacher_panel

visit = lesson.begin("teacher")
words = texts.words(visit.language, "frame", "teacher", "shared")
st.title(words("title"), anchor=False)
st.markdown(words.body("title"))
try:
    # 1. What is here.
    st.header(words("ready"), anchor=False, divider="gray")
    st.markdown(words.body("ready"))
    teacher_panel.ready_table(words)

    # 2. A pack, to carry it elsewhere.
    st.header(words("pack"), anchor=False, divider="gray")
    st.markdown(words.body("pack"))
    if session.is_personal():
        teacher_panel.make(visit.project, words)
        st.subheader(words("pack.open"), anchor=False)
        st.markdown(words.body("pack.open"))
        teacher_panel.unpack(words)
    else:
        st.info(words("pack.elsewhere"), icon=":material/info:")
    teacher_panel.opened(words)

    # 3. How the class is doing.
    st.header(words("class"), anchor=False, divider="gray")
    st.markdown(words.body("class"))
    class_panel.see(words)
    with st.expander(words("class.new"), icon=":material/group_add:"):
        class_panel.make(words)

    # 4. For who runs the server.
    shared_panel.run(words)
except Exception as error:  # noqa: BLE001  (whatever happens, she gets words)
    problem.show(error, visit.language)
