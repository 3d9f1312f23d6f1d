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
    merged_panel,
    notebook_panel,
    publish_panel,
    writing,
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

    # 7. Back again: an adapter file of this base, loaded and made to write.
    step.section("load", "optional")
    uploaded = st.file_uploader(step("upload"), "zip", key="adapter_file")
    if uploaded and st.session_state.get("13.loaded") != uploaded.file_id:
        adapter.unpack(step.project, uploaded.getvalue(), uploaded.name)
        st.session_state["13.loaded"] = uploaded.file_id
    loaded = adapter.loaded_adapters(step.project)
    if loaded:
        folder = st.selectbox(step("which"), loaded, format_func=lambda path: path.name, key="which_adapter")
        prompt = st.text_area(step("prompt"), step("prompt.default"), key="prompt", height=90)
        if st.button(step("write"), key="write", type="primary", icon=":material/edit:"):
            written = writing.write(
                writing.model_folder(step.project),
                prompt,
                writing.Sampling(),
                folder,
                step.project.task,
                run.record()["language"],
            )
            step.keep(wrote=bool(written))

    step.code(run=run.name, language=step.language)
    step.ask_deed(done=bool(step.kept("wrote")))
