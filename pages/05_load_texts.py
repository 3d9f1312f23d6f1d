"""Step 5: a sample, her own files, pasted text or a Hub data set becomes texts."""

import streamlit as st

from core import storage
from core.data import stages, table
from core.data.split import FEWEST_ROWS
from core.tasks import TASKS
from core.ui import lesson, overview_panel, session, source_panel
from core.ui.tables import rows_table
from core.ui.waiting import waiting

MOST_ROWS_SHOWN = 1000

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
        columns = source_panel.ask_columns(step, TASKS[code], source)
        source_panel.show_first(step, source, columns)
        if st.button(step("load"), key="load", type="primary", icon=":material/library_add:"):
            with waiting(step("loading")) as progress:
                stages.load_texts(session.ensure_project(), source, columns, progress, code)
            st.rerun()

    # 3. Her texts, as the workshop has them now.
    record = storage.read_json(step.project.texts / "record.json") if step.project else None
    if record:
        language = step(f"language.{record['language']}")
        name = source_panel.shown_name(step, record["source"])
        step.section("loaded", rows=record["rows"], source=name, language=language)
        if record["rows"] < FEWEST_ROWS:
            st.warning(step("loaded.few", needed=FEWEST_ROWS), icon=":material/group_add:")
        loaded = table.read(step.project.texts / "rows")
        fields = ("row", "characters", *TASKS[record["task"]].columns)
        sized = [{**row, "characters": len(row["text"])} for row in loaded.slice(0, MOST_ROWS_SHOWN).to_pylist()]
        rows_table(sized, {field: step(f"column.{field}") for field in fields}, "texts")
        if record["rows"] > MOST_ROWS_SHOWN:
            st.caption(step("loaded.first", shown=MOST_ROWS_SHOWN))

        # 4. What they are like, all together.
        step.section("seeing")
        seen = storage.load_json(step.project.texts / "overview.json")
        overview_panel.show(step, seen, record["fingerprint"])

        step.code(source=record["source"], columns=record["columns"], language=step.language)
        step.ask_text(lambda answer: answer.isdigit() and stages.is_shortest(step.project, int(answer)))
    else:
        st.caption(step("nothing_yet"))
