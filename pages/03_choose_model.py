"""Step 3: choosing a base model: the classroom's, one of the Hub, or a folder."""

import streamlit as st

from core import workshop
from core.machine import inspect
from core.models import folder as models
from core.models.kind import SEQ2SEQ
from core.models.shelf import SHELF
from core.tokens import chat
from core.tokens import tokenizer as tokenizers
from core.ui import lesson, session
from core.ui.plain import plain
from core.ui.tables import facts_table

with lesson.page("03_choose_model") as step:
    chosen = step.project.model if step.project else models.CLASSROOM

    # 1. Where from.
    step.section("choose")
    places = ["classroom", "hub", "folder"] if session.is_personal() else ["classroom", "hub"]
    place = st.radio(step("place_of"), places, format_func=lambda code: step(f"from.{code}"), key="model_place")
    st.caption(step.words.body(f"from.{place}"))
    reference = models.CLASSROOM
    if place == "hub":
        listed = {model.id: f"{model.id} · {step('shelf.' + model.purpose)} · {model.licence}" for model in SHELF}
        known = st.selectbox(
            step("hub.shelf"),
            listed,
            format_func=listed.get,
            index=None,
            key="hub_known",
            placeholder=step("hub.none"),
        )
        reference = st.text_input(step("hub.id"), key="hub_id", placeholder="DeepESP/gpt2-spanish") or known or ""
    elif place == "folder":
        reference = st.text_input(step("folder.path"), key="folder_path", help=step.words.body("folder.path"))
    if st.button(step("choose.button"), key="choose", type="primary", icon=":material/check:"):
        with st.spinner(step("choose.working")):
            chosen = workshop.choose_model(session.ensure_project(), reference).model
        st.success(step("choose.done"), icon=":material/check:")

    # 2. What it is, read from its own files.
    facts = models.describe(chosen, models.find(chosen))
    step.section("facts", model=plain(models.public_name(chosen)))
    facts_table(
        step.words,
        {
            "facts.parameters": round(facts.parameters / 1e6, 1),
            "facts.bytes": round(facts.bytes / 1e6, 1),
            "facts.context": facts.context,
            "facts.vocabulary": facts.vocabulary,
            "facts.layers": facts.layers,
            "facts.family": facts.family,
            "facts.kind": step(f"kind.{facts.kind}"),
        },
    )
    tokenizer = tokenizers.of_model(facts.folder)
    note = facts.kind if facts.kind == SEQ2SEQ else chat.state(tokenizer.template, tokenizer.names)
    if note != "none":
        st.caption(step(f"note.{note}"))
    free = inspect().free_memory_gb
    st.markdown(step("fits" if facts.bytes * 4 < free * 1e9 else "fits.not", free=free, size=facts.bytes / 1e9))

    step.code(model=chosen)
    step.ask_number(answer=facts.parameters * 4 / 1e6, tolerance=0.1, whole=False)
