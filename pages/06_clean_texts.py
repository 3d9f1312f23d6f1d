"""Step 6: what is wrong with the texts, repaired; and three parts, one of them sealed."""

import streamlit as st

from core import storage
from core.data import stages
from core.data.clean import STEPS
from core.tasks import TASKS
from core.ui import lesson
from core.ui.tables import rows_table

with lesson.page("06_clean_texts") as step:
    task = TASKS[step.project.task]

    # 1. What we would repair, each on or off, with what it does to her texts.
    step.section("repairs")
    kept_steps = step.kept("steps", list(STEPS))
    steps = [
        name
        for name in STEPS
        if st.toggle(
            step(f"repair.{name}"),
            name in kept_steps or name == "empty",
            key=f"repair.{name}",
            disabled=name == "empty",
            help=step.words.body(f"repair.{name}"),
        )
    ]
    cleaned = stages.look_clean(step.project, steps)
    counts = cleaned.reasons
    st.markdown(
        step(
            "found",
            kept=len(cleaned.kept),
            empty=counts.get("empty", 0),
            duplicate=counts.get("duplicate", 0),
            tidied=cleaned.tidied,
        )
    )
    if cleaned.dropped:
        with st.expander(step("dropped", count=len(cleaned.dropped))):
            shown = [{**row, "reason": step(f"reason.{row['reason']}")} for row in cleaned.dropped]
            rows_table(
                shown,
                {f: step(f"column.{f}") for f in ("row", "reason", *task.columns)},
                "dropped",
                height=240,
            )

    # 2. Train, validation, test.
    step.section("split")
    seed = st.number_input(step("seed"), 0, 2**31 - 1, step.kept("seed", 7), key="seed", help=step.words.body("seed"))
    if st.button(step("prepare"), key="prepare", type="primary", icon=":material/content_cut:"):
        stages.prepare(step.project, steps, int(seed))
        st.rerun()
    record = storage.read_json(step.project.prepared / "record.json")
    if record:
        for column, name in zip(st.columns(3), ("train", "validation", "test"), strict=True):
            column.metric(step(f"part.{name}"), record["rows"][name], help=step.words.body(f"part.{name}"), border=True)
        st.caption(step("sealed"))
        step.code(steps=record["steps"], seed=record["seed"])
    step.ask_number(answer=record["rows"]["test"] if record else None)
