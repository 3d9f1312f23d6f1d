"""Step 13: the adapter with its card, to keep and to load again."""

import streamlit as st

from core import texts, workshop
from core.evaluation import evaluate
from core.sharing import adapter, capsule, gguf_file, merged, publish
from core.sharing.card import card
from core.sharing.chapbook import passages
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

    # 2. What few need, each for somebody else: to show, to use, to publish, to go on.
    step.section("more", "optional")
    with step.folded("chapbook", passages.folder(run)):
        chapbook_panel.show(run, step.project, step.words)
    with step.folded("merged", merged.told(run), size=texts.size(merged.bytes_needed(run) / 1e6, step.language)):
        merged_panel.show(run, step.words)
    with step.folded("gguf", gguf_file.told(run)):
        gguf_panel.show(run, step.words)
    with step.folded("publish", publish.told(run)):
        publish_panel.show(run, step.project, step.words)
    with step.folded("capsule", capsule.told(step.project)):
        capsule_panel.make(step.project, step.words)
    with step.folded("notebook"):
        notebook_panel.show(run, step.project, step.words)

    # 3. Back again: any file that this step gave, loaded and made to write.
    step.section("load", "optional")
    if load_panel.show(run, step.project, step.words):
        step.keep(wrote=True)

    step.code(run=run.name, language=step.language)
    step.ask_deed(done=bool(step.kept("wrote")))
