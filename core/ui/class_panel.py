"""A class, from both sides: what a learner shows of herself, and what her teacher sees of who does."""

import streamlit as st

from core import project as projects
from core import texts, workshop
from core.errors import LessonError
from core.project import Project
from core.sharing import group
from core.sharing.group import Learner
from core.texts import Words
from core.ui import problem, session
from core.ui.plain import plain
from core.ui.tables import rows_table

_KEPT = "certificate"  # among a project's choices: her name, and the class that she shares with


def name(project: Project | None) -> str:
    """Answers the name that she typed for her certificate."""
    return project.choices.get(_KEPT, {}).get("name", "") if project else ""


def keep_name(project: Project, written: str) -> Project:
    return projects.update(project, _KEPT, {"name": written})


def tell(project: Project | None, progress: dict[str, str]) -> None:
    """Brings what her class sees up to date, where she shares and something changed; a class that is gone is left."""
    code = project.choices.get(_KEPT, {}).get("class", "") if project else ""
    if project is None or not code:
        return
    shown = group.shared(projects.workspace(), code, project)
    done = _done(progress)
    if shown and list(shown.done) != done:
        try:
            group.share(projects.workspace(), code, project, shown.name, done)
        except LessonError:
            return  # her own work goes on


def share(project: Project, words: Words) -> None:
    """Asks for a class's code; says what is shown while she shares, and takes it back when she asks."""
    st.header(words("class"), anchor=False, divider="gray")
    st.markdown(words.body("class"))
    code = project.choices.get(_KEPT, {}).get("class", "")
    shown = group.shared(projects.workspace(), code, project) if code else None
    if shown:
        st.success(
            words("class.sharing", code=code, name=plain(shown.name), done=len(shown.done)), icon=":material/groups:"
        )
        if st.button(words("class.stop"), key="class.stop", icon=":material/close:"):
            group.stop(projects.workspace(), code, project)
            projects.update(project, _KEPT, {"class": ""})
            st.rerun()
        return
    with st.form("class", border=False):
        written = st.text_input(words("class.code"), key="class.code", max_chars=12)
        called = st.text_input(words("class.name"), name(project), key="class.name", max_chars=group.LONGEST_NAME)
        asked = st.form_submit_button(words("class.share"), icon=":material/group_add:")
    if asked:
        try:
            done = _done(workshop.progress(project))
            code = group.share(projects.workspace(), written, project, called, done)
        except LessonError as error:
            problem.show(error, words.language)
            return
        projects.update(project, _KEPT, {"class": code})
        st.rerun()


def make(words: Words) -> None:
    """Makes a class, and shows its secret once."""
    with st.form("new_class"):
        called = st.text_input(words("class.name"), key="new_class.name", max_chars=group.LONGEST_NAME)
        if st.form_submit_button(words("class.make"), icon=":material/add:") and called.strip():
            code, secret = group.create(projects.workspace(), called, not session.is_personal())
            st.markdown(words("class.made", code=code))
            st.markdown(words.body("class.made"))
            st.code(secret, language=None)


def see(words: Words) -> None:
    """Asks for a class's code and secret, and lists who shares; on nobody else's page does any of it appear."""
    with st.form("see_class"):
        code = st.text_input(words("class.code"), key="see_class.code", max_chars=12)
        secret = st.text_input(words("class.secret"), key="see_class.secret", type="password")
        asked = st.form_submit_button(words("class.see"), icon=":material/visibility:")
    if not (asked or (code and secret)):
        return
    try:
        called, people = group.learners(projects.workspace(), code, secret)
    except LessonError as error:
        problem.show(error, words.language)
        return
    if not people:
        st.info(words("class.empty", name=plain(called)), icon=":material/hourglass_empty:")
    else:
        st.markdown(words("class.count", people=len(people), name=plain(called)))
        columns = {column: words(f"class.{column}") for column in ("person", "done", "last", "when")}
        rows_table([_row(one, words.language) for one in people], columns, "class")
    st.button(words("class.fresh"), key="class.fresh", icon=":material/refresh:")


def _row(one: Learner, language: str) -> dict[str, object]:
    known = [step for step in workshop.STEPS if step.name in one.done]
    last = texts.words(language, known[-1].name)("title") if known else "—"
    when = texts.moment(one.written, language)
    return {"person": one.name, "done": f"{len(known)} / {len(workshop.STEPS)}", "last": last, "when": when}


def _done(progress: dict[str, str]) -> list[str]:
    return [step for step, state in progress.items() if state == "done"]
