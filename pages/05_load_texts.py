"""Step 5: a sample, her own file or pasted text becomes texts."""

import streamlit as st

from core import storage, workshop
from core.data import stages
from core.data.columns import guess_columns
from core.data.read import READERS
from core.data.table import rows
from core.tasks import TASKS
from core.ui import lesson, session
from core.ui.tables import rows_table

with lesson.page("05_load_texts", "settings") as step:
    # 1. What the model should learn to do.
    step.section("task")
    now = step.project.task if step.project else "write"
    code = st.radio(step("task.label"), list(TASKS), list(TASKS).index(now), format_func=step, key="task")
    st.caption(step.words.body(code))
    task = TASKS[code]

    # 2. Where the texts come from.
    step.section("source")
    source, origin = None, st.segmented_control(
        step("source.label"), ["sample", "file", "paste"], default=step.kept("origin", "sample"), required=True,
        format_func=lambda code: step(f"from.{code}"), key="origin", label_visibility="collapsed",
    )  # fmt: skip
    if origin == "sample":
        st.caption(step(f"sample.{task.sample}"))
        source = stages.open_source(f"sample:{task.sample}", step.language)
    elif origin == "file":
        uploaded = st.file_uploader(step("file"), [suffix[1:] for suffix in READERS], key="file")
        st.caption(step.words.body("file"))
        project = session.ensure_project()
        if uploaded and st.session_state.get("05.kept") != uploaded.file_id:
            stages.keep_upload(project, uploaded.getvalue(), uploaded.name)
            st.session_state["05.kept"] = uploaded.file_id
        source = stages.kept_source(project)
    else:
        pasted = st.text_area(step("paste"), key="paste", height=200, help=step.words.body("paste"))
        if pasted.strip():
            source = stages.keep_upload(session.ensure_project(), pasted.encode(), step("paste.name"))

    # 3. Which column holds what, and why we think so.
    columns = {}
    if source:
        st.caption(step("source.found", name=source.name, rows=len(source.table.rows)))
        for note in source.table.notes:
            st.caption(step(f"note.{note}"))
        for wanted, guess in guess_columns(source.table, task).items():
            names = list(source.table.columns)
            columns[wanted] = st.selectbox(
                step(f"{code}.column.{wanted}"), names, names.index(guess.value), key=f"column.{source.name}.{code}.{wanted}"
            )
            st.caption(step(f"reason.{guess.reason}", **guess.facts))
        if st.button(step("load"), key="load", type="primary", icon=":material/library_add:"):
            project = workshop.set_task(session.ensure_project(), code)
            stages.load_texts(project, source, columns)
            step.keep(origin=origin)
            st.rerun()

    # 4. Her texts, as the workshop has them now.
    record = storage.read_json(step.project.texts / "record.json") if step.project else None
    if record:
        step.section("loaded", rows=record["rows"], source=record["source"], language=step(f"language.{record['language']}"))
        loaded = rows(step.project.texts / "rows")
        fields = TASKS[record["task"]].columns
        sized = [{**row, "characters": len(row["text"])} for row in loaded[:2000]]
        rows_table(sized, {f: step(f"column.{f}") for f in ("row", *fields, "characters")}, "texts")
        shortest = min(len(row["text"]) for row in loaded)
        step.code(source=record["source"], columns=record["columns"], language=step.language)
        step.ask_text(lambda n: n in {str(row["row"]) for row in loaded if len(row["text"]) == shortest})
    else:
        st.caption(step("nothing_yet"))
