"""Step 13: the adapter with its card, to keep and to load again."""

import streamlit as st

from core import workshop
from core.evaluation import evaluate
from core.sharing import adapter, merged
from core.sharing.card import card
from core.ui import (
    capsule_panel,
    chapbook_panel,
    copies_view,
    gguf_panel,
    lesson,
    load_panel,
    merged_panel,
    notebook_panel,
    publish_panel,
)

with lesson.page("13_share", "writing", "publish") as step:
    run = workshop.adapted_run(step.project)

    # 1. The parcel: adapter, card and, for the classroom model, its base.
    step.section("keep")
    st.markdown(step("contents"))
    copies_view.warn(run, step.language)
    st.download_button(
        step("download"),
        lambda: adapter.pack(run, step.project, step.language),
        f"{step('file_name')}-{run.name}.zip",
        "application/zip",
        key="download",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.expander(step("card"), icon=":material/description:"):
        st.code(card(run, step.project, evaluate.result(run), step.language), language="markdown", wrap_lines=True)

    # 2. What she did, as a booklet to show.
    step.section("chapbook", "optional")
    chapbook_panel.show(run, step.project, step.words)

    # 3. The whole model, for who has neither PEFT nor the workshop.
    step.section("merged", "optional", size=merged.bytes_needed(run) / 1e6)
    merged_panel.show(run, step.words)
    step.section("gguf", "optional")
    gguf_panel.show(run, step.words)

    # 4. On the Hub, where she alone sees it until she shows it.
    step.section("publish", "optional")
    publish_panel.show(run, step.project, step.words)

    # 5. The project, to go on with it elsewhere.
    step.section("capsule", "optional")
    capsule_panel.make(step.project, step.words)

    # 6. The same without the workshop.
    step.section("notebook", "optional")
    notebook_panel.show(run, step.project, step.words)

    # 7. Back again: any file that this step gave, loaded and made to write.
    step.section("load", "optional")
    if load_panel.show(run, step.project, step.words):
        step.keep(wrote=True)

    step.code(run=run.name, language=step.language)
    step.ask_deed(done=bool(step.kept("wrote")))
