"""Step 5: a sample, her own file or pasted text becomes texts."""

import streamlit as st

from core import storage, workshop
from core.data import stages
from core.data.table import rows
from core.tasks import TASKS
from core.ui import lesson, session, source_panel
from core.ui.plain import plain
from core.ui.tables import rows_table

MOST_ROWS_SHOWN = 2000

with lesson.page("05_load_texts", "settings") as step:
    # 1. What the model should learn to do.
    step.section("task")
    now = step.project.task if step.project else "write"
    code = st.radio(step("task.label"), list(TASKS), list(TASKS).index(now), format_func=step, key="task")
    st.caption(step.words.body(code))

    # 2. Where the texts come from, and which column holds what.
    step.section("source")
    source = source_panel.ask_source(step, TASKS[code])
    if source:
        st.caption(step("source.found", name=plain(source.name), rows=len(source.table.rows)))
        for note in source.table.notes:
            st.caption(step(f"note.{note}"))
        columns = source_panel.ask_columns(step, TASKS[code], source)
        if st.button(step("load"), key="load", type="primary", icon=":material/library_add:"):
            project = workshop.set_task(session.ensure_project(), code)
            stages.load_texts(project, source, columns)
            st.rerun()

    # 3. Her texts, as the workshop has them now.
    record = storage.read_json(step.project.texts / "record.json") if step.project else None
    if record:
        language = step(f"language.{record['language']}")
        step.section("loaded", rows=record["rows"], source=plain(record["source"]), language=language)
        loaded = rows(step.project.texts / "rows")
        sized = [{**row, "characters": len(row["text"])} for row in loaded[:MOST_ROWS_SHOWN]]
        fields = ("row", *TASKS[record["task"]].columns, "characters")
        rows_table(sized, {field: step(f"column.{field}") for field in fields}, "texts")
        shortest = min(len(row["text"]) for row in loaded)
        step.code(source=record["source"], columns=record["columns"], language=step.language)
        step.ask_text(lambda answer: answer in {str(row["row"]) for row in loaded if len(row["text"]) == shortest})
    else:
        st.caption(step("nothing_yet"))
