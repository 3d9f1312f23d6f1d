"""What the first page offers: the door, the steps of a lesson, and her projects."""

import streamlit as st

from core import project as project_store
from core import texts, workshop
from core.errors import LessonError
from core.texts import Words
from core.ui import lesson, problem, session
from core.ui.plain import plain
from core.ui.session import Session


def door(visit: Session, words: Words) -> None:
    """One button: begin at step 1, or go on after the last step that is done."""
    progress = workshop.progress(visit.project)
    done = [step for step in workshop.STEPS if progress[step.name] == "done"]
    if not done:
        if st.button(words("begin"), key="begin", type="primary", icon=":material/arrow_forward:"):
            try:
                session.ensure_project()
            except LessonError as error:
                problem.show(error, words.language)
                return
            st.switch_page(workshop.STEPS[0].page)
        return
    ahead = [step for step in workshop.STEPS if progress[step.name] == "open"]
    following = next((step for step in ahead if step.number > done[-1].number), (ahead or workshop.STEPS)[0])
    title = texts.words(visit.language, following.name)("title")
    if st.button(
        words("go_on", number=following.number, title=title),
        key="go_on",
        type="primary",
        icon=":material/arrow_forward:",
    ):
        st.switch_page(following.page)
    st.caption(words("so_far", done=len(done), steps=len(workshop.STEPS)))


def steps_of(number: int, visit: Session, words: Words) -> None:
    """The steps of a lesson as links, in a line that wraps; on a telephone look.css puts one under the other."""
    with st.container(horizontal=True, key=f"steps-{number}"):
        for step in workshop.STEPS:
            if step.lesson == number:
                title = texts.words(visit.language, step.name)("title")
                st.page_link(step.page, label=f"{step.number}. {title}", width="content")


def marks(words: Words) -> None:
    """Says, once, what the marks beside the parts of each step mean."""
    signs = {name: lesson.mark(name, words) for name in lesson.MARKS}
    st.markdown(f"**{words('marks')}**\n\n{words.body('marks', **signs)}")


def projects(visit: Session, words: Words) -> None:
    """Her projects: the open one's name, the others to open, and a new one."""
    st.subheader(words("projects"), anchor=False)
    st.caption(words.body("projects") if session.is_personal() else words("far"))
    if visit.project:
        name = st.text_input(words("project.name"), visit.project.name, key=f"name.{visit.project.id}", max_chars=60)
        if name.strip() and name != visit.project.name:
            project_store.update(visit.project, name=name.strip())
            st.rerun()
    others = [project for project in session.my_projects() if project.id != (visit.project and visit.project.id)]
    for project in others:
        if st.button(plain(project.name), key=f"open.{project.id}", icon=":material/folder_open:", type="tertiary"):
            session.open_project(project)
            st.rerun()
    if st.button(words("project.new"), key="new", icon=":material/add:"):
        try:
            session.begin_project()
        except LessonError as error:
            problem.show(error, words.language)
            return
        st.rerun()
