"""The project's capsule, from both sides: made in step 13, opened on the first page."""

import shutil
import tempfile
from pathlib import Path
from typing import IO

import streamlit as st

from core import project as projects
from core import storage
from core.errors import LessonError
from core.project import Project
from core.sharing import arrival, capsule
from core.texts import Words
from core.ui import making_panel, problem, session
from core.ui.plain import plain
from core.ui.waiting import waiting

_OPENED = "capsule.opened"


def make(project: Project, words: Words) -> None:
    """Asks whether her texts go along, makes the capsule, and gives it to her while it is what the project is."""
    with_texts = st.checkbox(words("capsule.texts"), True, key="capsule.texts", help=words.body("capsule.texts"))
    made = capsule.made(project, with_texts)
    if made:
        making_panel.take(words, "capsule", made, f"{words('capsule.file_name')}-{made.name}")
    told = capsule.told(project)
    making_panel.offer(words, "capsule", told, lambda: capsule.start(project, with_texts), made is not None)


def open_one(words: Words) -> None:
    """Takes a capsule in: from the browser or, on her own computer, from where it lies."""
    opened = st.session_state.pop(_OPENED, None)
    if opened:
        st.success(words("capsule.opened", name=plain(opened["name"])), icon=":material/check:")
        if opened["misses"]:
            st.info(words("capsule.no_base", model=opened["model"]), icon=":material/info:")
    with st.expander(words("capsule"), icon=":material/package_2:"):
        st.markdown(words.body("capsule"))
        uploaded = st.file_uploader(words("capsule.upload"), "zip", key="capsule.file")
        if uploaded and st.session_state.get("capsule.taken") != uploaded.file_id:
            st.session_state["capsule.taken"] = uploaded.file_id
            _take(uploaded, uploaded.name, words)
        if session.is_personal():
            written = st.text_input(words("capsule.path"), key="capsule.path").strip().strip("\"'")
            if st.button(words("capsule.path.open"), key="capsule.path.open") and written:
                _open(Path(written).expanduser(), words)


def _take(content: IO[bytes], name: str, words: Words) -> None:
    """Writes what the browser sent to the disk, block by block, and opens it there."""
    root = projects.workspace()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with storage.disk_errors(root / name), tempfile.TemporaryDirectory(dir=root) as folder:
            path = Path(folder) / storage.safe_name(name)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file)
            _open(path, words)
    except LessonError as error:
        problem.show(error, words.language)


def _open(path: Path, words: Words) -> None:
    try:
        if not path.is_file():
            raise LessonError("file_not_found", name=str(path))
        with waiting(words("capsule.opening")) as progress:
            owner, hosted = session.current().browser, not session.is_personal()
            project = arrival.open_capsule(projects.workspace(), path, owner, progress, hosted)
    except LessonError as error:
        problem.show(error, words.language)
        return
    session.open_project(project)
    misses = arrival.misses_its_base(project)
    st.session_state[_OPENED] = {"name": project.name, "model": project.model, "misses": misses}
    st.rerun()
