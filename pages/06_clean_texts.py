"""Step 6: what is wrong with the texts, repaired; and three parts, one of them sealed."""

import streamlit as st

from core import storage
from core.data import stages
from core.tasks import TASKS
from core.ui import lesson, prediction_panel, repairs_panel, split_panel
from core.ui.tables import rows_table
from core.ui.waiting import waiting

MOST_ROWS_SHOWN = 500

with lesson.page("06_clean_texts", "settings") as step:
    task = TASKS[step.project.task]
    record = storage.read_json(step.project.prepared / "record.json")

    # 1. What we found, and what to do about it.
    step.section("repairs")
    if prediction_panel.left_out(step):
        recipe, cleaned, fresh = repairs_panel.ask_recipe(step)
        if fresh:
            repairs_panel.say_found(step, cleaned)
            prediction_panel.tell_left_out(step, len(cleaned.left_out))
        else:
            st.info(step("not_looked"), icon=":material/hourglass_empty:")
        if fresh and len(cleaned.left_out):
            with st.expander(step("dropped", count=len(cleaned.left_out))):
                first = cleaned.left_out.slice(0, MOST_ROWS_SHOWN).to_pylist()
                shown = [{**row, "reason": step(f"reason.{row['reason']}", like=row["like"])} for row in first]
                fields = ("row", "reason", *task.columns)
                rows_table(shown, {field: step(f"column.{field}") for field in fields}, "dropped", height=240)
        st.download_button(
            step("recipe.download"),
            repairs_panel.recipe_file(recipe),
            step("recipe.name"),
            "application/json",
            key="recipe.download",
            icon=":material/receipt_long:",
            help=step.words.body("recipe.download"),
        )

        # 2. Train, validation, test.
        step.section("split")
        seed = st.number_input(
            step("seed"), 0, 2**31 - 1, step.kept("seed", 7), key="seed", help=step.words.body("seed")
        )
        if st.button(step("prepare"), key="prepare", type="primary", icon=":material/content_cut:"):
            with waiting(step("preparing")) as progress:
                stages.prepare(step.project, recipe, int(seed), progress)
            st.rerun()
        if seed != step.kept("seed", 7):
            step.keep(seed=int(seed))
        if record:
            split_panel.show(step, record, recipe, int(seed))
            step.code(recipe=record["recipe"], seed=record["seed"])
    step.ask_number(answer=record["rows"]["test"] if record else None)
