"""Where texts come from in step 5: a sample, her files, what she pastes, the Hub, or a path; and what holds what."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow.compute as pc
import streamlit as st

from core.data import apart, sources, stages
from core.data.clean import GROUP
from core.data.columns import guess_columns, guess_group
from core.data.sources import Source
from core.data.table import PIECES, Options, Progress
from core.errors import LessonError
from core.tasks import Task
from core.ui import hub_panel, problem, session
from core.ui.lesson import Lesson
from core.ui.plain import in_code, plain
from core.ui.tables import rows_table
from core.ui.waiting import waiting

ORIGINS = ("sample", "file", "paste", "hub", "path")
_READ = "05.read"  # by origin, or for what a file leaves open: what was asked to be read last, and how it failed
_ROWS_AT_FIRST = 5


def ask_source(step: Lesson, task: Task) -> Source | None:
    """Asks for an origin and answers its source, or None. What is brought is kept as soon as it is read."""
    offered = [origin for origin in ORIGINS if origin != "path" or session.is_personal()]
    before = step.kept("origin", "sample")
    origin = st.segmented_control(
        step("source.label"),
        offered,
        default=before if before in offered else "sample",
        required=True,
        format_func=lambda code: step(f"from.{code}"),
        key="origin",
        label_visibility="collapsed",
    )
    if origin != before:
        step.keep(origin=origin)
    if origin == "sample":
        st.caption(step(f"sample.{task.sample}"))
        return sources.open_source(f"sample:{task.sample}", step.language)
    {"file": _upload, "paste": _paste, "hub": _hub, "path": _path}[origin](step)
    if error := _failure(origin):
        problem.show(error, step.language)
        return None
    source = sources.kept_source(step.project) if step.project else None
    if source is None or source.origin != origin:
        return None
    _tell(step, source)
    _ask_options(step, source)
    return source


def shown_name(step: Lesson, source: str) -> str:
    """Answers a source's name as she knows it: ours have one in words."""
    return step(source) if source.startswith("sample:") and source in step.words else plain(source)


def ask_columns(step: Lesson, task: Task, source: Source) -> dict[str, str]:
    """Proposes a column for each one that the task needs, with the reason, and answers what she chose.

    Where texts of this source are loaded already, she finds what she chose for them.
    """
    names = list(source.table.columns)
    before = stages.loaded_columns(step.project, source, task) if step.project else {}
    columns = {}
    for wanted, guess in guess_columns(source.table, task).items():
        key = f"column.{source.name}.{task.code}.{wanted}"
        proposed = before.get(wanted, guess.value)
        if "pieces" in source.table.offers and len(task.columns) == 1:
            columns[wanted] = guess.value  # running text: its columns are of our making
            continue
        columns[wanted] = st.selectbox(step(f"{task.code}.column.{wanted}"), names, names.index(proposed), key=key)
        if columns[wanted] == guess.value:
            facts = {name: in_code(f) if isinstance(f, str) else f for name, f in guess.facts.items()}
            st.caption(step(f"reason.{guess.reason}", **facts))
    others = ["", *(name for name in names if name not in columns.values())]
    if len(others) > 1:
        group = before.get(GROUP, "") if before else guess_group(source.table, list(columns.values()))
        columns[GROUP] = st.selectbox(
            step("column.group"),
            others,
            others.index(group) if group in others else 0,
            format_func=lambda name: name or step("column.group.none"),
            key=f"column.{source.name}.{task.code}.{GROUP}",
            help=step.words.body("column.group"),
        )
        if columns[GROUP]:
            values = _distinct(f"{sources.source_key(session.ensure_project())} {source.name}", columns[GROUP], source)
            st.caption(step("column.group.chosen", column=in_code(columns[GROUP]), values=values))
    return columns


@st.cache_data(max_entries=32, show_spinner=False)
def _distinct(key: str, column: str, _source: Source) -> int:
    """Counts a column's different values once for each source, which `key` names: of a million it takes a while."""
    return pc.count_distinct(_source.table.data.column(column)).as_py()


def show_first(step: Lesson, source: Source, columns: Mapping[str, str]) -> None:
    """Shows the first rows as they would be taken, and one whole, so that a wrong column or lost verses are seen."""
    taken = {wanted: column for wanted, column in columns.items() if column}
    first = source.table.data.slice(0, _ROWS_AT_FIRST).to_pylist()
    rows = [{wanted: row[column][:600] for wanted, column in taken.items()} for row in first]
    headings = {wanted: plain(column) for wanted, column in taken.items()}
    if "pieces" in source.table.offers:
        headings["text"] = step("column.text")  # of running text the column's name is ours
    rows_table(rows, headings, "first", height=38 * (len(rows) + 1) + 3)
    whole = max((row["text"] for row in rows), key=lambda text: text.count("\n"), default="")
    if "\n" in whole:
        with st.expander(step("first.whole"), icon=":material/article:"):
            st.text(whole)


def _tell(step: Lesson, source: Source) -> None:
    st.markdown(step("source.found", name=shown_name(step, source.name), rows=len(source.table)))
    for note in source.table.notes:
        facts = {name: f if isinstance(f, int | float) else in_code(str(f)) for name, f in note.facts.items()}
        st.caption(":material/info: " + step(f"note.{note.code}", **facts))


def _ask_options(step: Lesson, source: Source) -> None:
    """Asks what the file leaves open: which sheet, or how to divide running text, with what each way gives."""
    offers, taken = source.table.offers, source.table.taken
    chosen: dict[str, Any] = {}
    if len(offers.get("sheet", {})) > 1:
        sheets = offers["sheet"]
        chosen["sheet"] = st.selectbox(
            step("sheet"),
            list(sheets),
            list(sheets).index(taken.sheet) if taken.sheet in sheets else 0,
            format_func=lambda name: step("sheet.rows", name=name, rows=sheets[name]),
            key=f"sheet.{source.name}",
        )
    pieces = offers.get("pieces", {})
    ways = [way for way in PIECES if pieces.get(way) or way == "separator"]
    if pieces:
        chosen["pieces"] = st.radio(
            step("pieces"),
            ways,
            ways.index(taken.pieces) if taken.pieces in ways else 0,
            format_func=lambda way: step(f"pieces.{way}"),
            captions=[step("pieces.count", count=pieces[way]) if pieces.get(way) else "" for way in ways],
            key=f"pieces.{source.name}",
            help=step.words.body("pieces"),
        )
        if chosen["pieces"] == "separator":
            chosen["separator"] = st.text_input(
                step("separator"), taken.separator, key=f"separator.{source.name}", help=step.words.body("separator")
            )
    wanted = Options(**chosen)
    if chosen and wanted != Options(taken.sheet, taken.pieces, taken.separator):
        project = session.ensure_project()
        _read(step, "options", str(wanted), lambda progress: sources.read_again(project, wanted, progress))
        if error := _failure("options"):
            problem.show(error, step.language)


def _failure(slot: str) -> LessonError | None:
    """Answers how the last reading asked for in this place failed; None where it did not."""
    key, error = st.session_state.get(f"{_READ}.{slot}", ("", None))
    return error if key.startswith(f"{st.session_state.get('project')} ") else None


def _read(step: Lesson, slot: str, what: str, work: Callable[[Progress], None]) -> None:
    """Reads once what is asked for in a place; a failure is remembered until something else is asked."""
    key = f"{session.ensure_project().id} {what}"
    last, error = st.session_state.get(f"{_READ}.{slot}", ("", None))
    if last != key:
        try:
            with waiting(step("reading")) as progress:
                work(progress)
            error = None
        except LessonError as met:
            error = met
        if error is None and slot != "options":  # what was read in other places before has been replaced
            for other in (*ORIGINS, "options"):
                st.session_state.pop(f"{_READ}.{other}", None)
        st.session_state[f"{_READ}.{slot}"] = (key, error)
        if error is None:
            st.rerun()


def _upload(step: Lesson) -> None:
    # Of any kind: what we cannot read we say in her language, which the widget would not.
    uploaded = st.file_uploader(
        step("file", most=session.upload_mb()),
        accept_multiple_files=True,
        key="file",
        max_upload_size=session.upload_mb(),
    )
    st.caption(step.words.body("file"))
    if uploaded:
        project = session.ensure_project()
        files = [(file.name, file) for file in uploaded]
        what = " ".join(file.file_id for file in uploaded)
        _read(
            step,
            "file",
            what,
            lambda progress: sources.keep_files(
                project, [(name, file.getvalue()) for name, file in files], progress=progress
            ),
        )


def _paste(step: Lesson) -> None:
    before = sources.pasted(step.project) if step.project else ""
    st.caption(step.words.body("paste"))
    pasted = st.text_area(step("paste"), before, key="paste", height=200)
    if pasted and pasted.strip() and pasted != before:
        project = session.ensure_project()
        content = [(step("paste.name"), pasted.encode())]
        _read(
            step,
            "paste",
            f"{hash(pasted)}",
            lambda progress: sources.keep_files(project, content, progress=progress, origin="paste"),
        )


def _path(step: Lesson) -> None:
    path = st.text_input(step("path"), step.kept("path", ""), key="path", help=step.words.body("path"))
    if st.button(step("path.read"), key="path.read", icon=":material/folder_open:") and path.strip():
        step.keep(path=path)
        st.session_state.pop(f"{_READ}.path", None)
        project = session.ensure_project()
        _read(step, "path", path, lambda progress: sources.keep_path(project, path, progress=progress))


def _hub(step: Lesson) -> None:
    token = session.token()

    def look(id: str) -> dict[str, list[str]]:
        with waiting(step("hub.looking")):
            return apart.ask({"name": id, "look": id, "token": token})

    def fetch(id: str, configuration: str, split: str, rows: int) -> None:
        chosen = {"id": id, "configuration": configuration, "split": split, "rows": rows}
        project = session.ensure_project()
        st.session_state.pop(f"{_READ}.hub", None)
        _read(step, "hub", str(chosen), lambda progress: sources.keep_hub(project, progress, token, **chosen))

    hub_panel.ask(step, look, fetch)
