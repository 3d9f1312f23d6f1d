"""Step 13: a file that the workshop gave, taken in again and made to write."""

from pathlib import Path

import streamlit as st

from core import texts
from core.errors import LessonError
from core.generation.generate import Step
from core.project import Project
from core.sharing import kept
from core.texts import Words
from core.training.runs import Run
from core.ui import problem, session, writing

_TAKEN, _THERE = "13.loaded", "13.there"


def show(run: Run, project: Project, words: Words) -> list[Step]:
    """Asks for a file, and for which of those she gave goes on from a beginning. Answers what it wrote."""
    most = session.upload_mb()
    uploaded = st.file_uploader(words("upload", most=most), ["zip", "gguf"], key="adapter_file", max_upload_size=most)
    if uploaded and st.session_state.get(_TAKEN) != uploaded.file_id:
        kept.unpack(project, uploaded.getvalue(), uploaded.name)
        st.session_state[_TAKEN] = uploaded.file_id
    if session.is_personal():
        _ask_path(project, words)
    loaded = kept.loaded(project)
    whose, there = st.session_state.get(_THERE, ("", Path()))
    if whose == project.id and there.exists() and there not in loaded:  # in another project it is another base's
        loaded.insert(0, there)
    if not loaded:
        return []
    chosen = st.selectbox(words("which"), loaded, format_func=lambda path: path.name, key="which_adapter")
    language = run.record()["language"]  # of her texts, so of what it is to go on from
    default = texts.words(language, "13_share")("prompt.default")
    prompt = st.text_area(words("prompt"), default, key="prompt", height=90)
    if not st.button(words("write"), key="write", type="primary", icon=":material/edit:"):
        return []
    return writing.write(writing.model_folder(project), prompt, writing.Sampling(), chosen, project.task, language)


def _ask_path(project: Project, words: Words) -> None:
    """Asks where on her own computer it lies, if it is too big for the browser, or a folder."""
    with st.expander(words("load.path"), icon=":material/folder_open:"):
        written = st.text_input(words("load.path.ask"), key="load.path", help=words.body("load.path"))
        if st.button(words("load.path.open"), key="load.path.open") and written.strip():
            try:
                found = kept.at(project, Path(written.strip().strip("\"'")).expanduser())
            except LessonError as error:
                problem.show(error, words.language)
                return
            st.session_state[_THERE] = project.id, found
