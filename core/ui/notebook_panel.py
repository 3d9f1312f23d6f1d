"""What she did as notebooks, one or one a lesson, written when she takes them."""

import streamlit as st

from core.errors import LessonError
from core.project import Project
from core.sharing import notebook
from core.texts import Words
from core.training.runs import Run
from core.ui import problem


def show(run: Run, project: Project, words: Words) -> None:
    form = st.radio(
        words("notebook.form"),
        ["one", "lessons"],
        format_func=lambda code: words(f"notebook.form.{code}"),
        horizontal=True,
        key="notebook.form",
    )
    try:
        notebook.check(run)
    except LessonError as error:
        problem.show(error, words.language)
        return
    st.download_button(
        words("notebook.download"),
        lambda: notebook.parcel(run, project, words.language, form == "lessons"),
        f"{words('notebook.file_name')}-{run.name}.zip",
        "application/zip",
        key="notebook.download",
        icon=":material/download:",
        on_click="ignore",
    )
