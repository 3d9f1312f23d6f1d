"""The book's spine: its title, the language, the thirteen steps with what is done, and the way back to a project."""

import streamlit as st

from core import texts, workshop
from core.ui import class_panel, session
from core.ui.plain import plain
from core.ui.session import Session

_ICONS = {
    "done": ":material/check_circle:",
    "open": ":material/radio_button_unchecked:",
    "locked": ":material/lock:",
}
_HERE = ":material/play_circle:"


def show(here: str, visit: Session) -> None:
    """Draws the sidebar; `here` is the stem of the page."""
    words = texts.words(visit.language, "frame", "home")
    with st.sidebar:
        st.page_link("Home.py", label=f"**{words('title')}**", icon=":material/menu_book:")
        session.choose_language(words)
        if visit.project:
            st.caption(f":material/folder_open: {plain(visit.project.name)}")
        progress = workshop.progress(visit.project)
        class_panel.tell(visit.project, progress)
        for step in workshop.STEPS:
            if step.name[:2] in ("01", "05", "09"):
                st.caption(words("lesson.heading", number=step.lesson, name=words(f"lesson_{step.lesson}")))
            title = texts.words(visit.language, step.name)("title")
            state = progress[step.name]
            icon = _HERE if step.name == here and state != "locked" else _ICONS[state]
            st.page_link(step.page, label=f"{step.number}. {title}", icon=icon, help=None)
        st.divider()
        st.page_link("pages/experiments.py", label=words("experiments"), icon=":material/science:")
        st.page_link("pages/decision.py", label=words("decision"), icon=":material/balance:")
        st.page_link("pages/glossary.py", label=words("glossary"), icon=":material/local_library:")
        st.page_link("pages/certificate.py", label=words("certificate"), icon=":material/workspace_premium:")
        st.page_link("pages/teacher.py", label=words("for_teachers"), icon=":material/groups:")
