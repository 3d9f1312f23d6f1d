"""Preparing a class: what is on the disk, packs that carry it to other machines, and beginning from one."""

from pathlib import Path

import streamlit as st

from core import machine, storage, texts, workshop
from core import project as projects
from core.data import sources, stages
from core.errors import LessonError
from core.models.folder import CLASSROOM
from core.project import Project
from core.sharing import pack, supplies
from core.sharing.pack import Pack
from core.texts import Words
from core.ui import problem, session
from core.ui.plain import model_name, plain
from core.ui.tables import rows_table


def ready_table(words: Words) -> None:
    """What a class may need, and whether it is here."""
    rows = [
        {
            "what": _named(item, words),
            "state": words("ready.here" if item.here else "ready.missing"),
            "size": texts.number(float(f"{item.bytes / 1e6:.2g}"), words.language) if item.here else "",
        }
        for item in supplies.look()
    ]
    rows_table(rows, {column: words(f"ready.{column}") for column in ("what", "state", "size")}, "ready")
    found = machine.inspect(projects.workspace())
    st.caption(words("ready.disk", disk=found.free_disk_gb, memory=found.memory_gb))
    st.caption(words("ready.fetch"))


def _named(item: supplies.Item, words: Words) -> str:
    if item.kind == "sample":
        return words(f"ready.sample.{item.name}")
    return words("model.classroom") if item.name == CLASSROOM else item.name


def make(project: Project | None, words: Words) -> None:
    """Packs the open project's model and texts into a file on this computer."""
    if project is None:
        st.info(words("pack.none"), icon=":material/info:")
        return
    record = storage.read_json(project.texts / "record.json")
    rows = record["rows"] if record else 0
    st.markdown(words("pack.contents", model=model_name(project.model, words), rows=rows))
    name = st.text_input(words("pack.name"), words("pack.name.default"), key="pack.name", max_chars=60)
    with_texts = st.checkbox(
        words("pack.with_texts"), True, key="pack.with_texts", help=words.body("pack.with_texts"), disabled=not rows
    )
    if st.button(words("pack.make"), key="pack.make", icon=":material/inventory_2:") and name.strip():
        try:
            with st.spinner(words("pack.making")):
                made = pack.make(projects.workspace() / "packed", project, name, with_texts)
        except LessonError as error:
            problem.show(error, words.language)
            return
        st.success(words("pack.made", size=made.stat().st_size / 1e6), icon=":material/check:")
        st.code(str(made), language=None, wrap_lines=True)


def unpack(words: Words) -> None:
    """Opens a pack that lies on this computer."""
    written = st.text_input(words("pack.path"), key="pack.path").strip()
    if st.button(words("pack.open.button"), key="pack.open", icon=":material/unarchive:") and written:
        try:
            path = Path(written.strip("\"'")).expanduser()
            if not path.is_file():
                raise LessonError("file_not_found", name=written)
            with st.spinner(words("pack.opening")):
                pack.unpack(projects.workspace(), path)
        except LessonError as error:
            problem.show(error, words.language)


def opened(words: Words) -> None:
    """A button for each pack of this workshop, which begins a project with its model and its texts."""
    packs = pack.opened(projects.workspace())
    if packs:
        st.markdown(f"**{words('pack.opened')}**")
    for one in packs:
        label = words("pack.start", name=plain(one.name))
        if st.button(label, key=f"pack.{one.folder.name}", icon=":material/inventory_2:"):
            try:
                _begin(one)
            except LessonError as error:
                problem.show(error, words.language)
                return
            st.switch_page("pages/05_load_texts.py")


def _begin(one: Pack) -> None:
    project = projects.update(session.begin_project(), name=one.name, task=one.task, language=one.language)
    workshop.choose_model(project, one.model)
    if one.texts:
        projects.update(project, "05_load_texts", {"origin": "path"})
        sources.keep_path(project, str(one.texts))
        source = sources.kept_source(project)
        if source:
            stages.load_texts(project, source, None)
