"""The door of a shared server: before its access code is given in this browser, nothing of the workshop runs."""

import streamlit as st

from core import access, limits, texts
from core import project as projects
from core.errors import LessonError
from core.generation.service import SERVICE
from core.ui import problem, server, session, typefaces


def hold() -> None:
    """On a visit from another computer, lets the page go on only where this browser was let in; else asks, and stops.

    It also lets core know this server's limits.
    """
    if session.is_personal():
        return
    try:
        server.read_limits()
        code = server.access_code()
    except LessonError as error:
        problem.show(error, session.greet().language)
        st.stop()
    if code and not session.is_let_in(code):
        _ask(code)
        st.stop()
    SERVICE.share(limits.read().model_processes)
    server.tidy()


def _ask(code: str) -> None:
    visit = session.greet()
    words = texts.words(visit.language, "frame", "home", "shared")
    session.choose_language(words)
    st.title(words("title"), anchor=False)
    st.markdown(f"## {words('access')}\n\n{words.body('access')}")
    with st.form("access", clear_on_submit=True, border=False):
        given = st.text_input(words("access.code"), type="password", key="access.code", autocomplete="off")
        asked = st.form_submit_button(words("access.enter"), type="primary", icon=":material/key:")
    if asked and given.strip():
        try:
            session.let_in(access.let_in(projects.workspace(), visit.browser, given, code))
        except LessonError as error:
            problem.show(error, visit.language)
        else:
            st.rerun()
    session.set_cookie(visit)
    typefaces.show()
