"""Step 3: choosing a base model: the classroom's, one of the Hub, one of hers, or a folder."""

import streamlit as st

from core import workshop
from core.models import folder as models
from core.models.kind import SEQ2SEQ
from core.tokens import chat
from core.tokens import tokenizer as tokenizers
from core.ui import classroom_panel, fit_panel, lesson, model_places, session
from core.ui.plain import model_name
from core.ui.tables import facts_table

with lesson.page("03_choose_model") as step:
    chosen = step.project.model if step.project else models.CLASSROOM

    # 1. Where from, and which.
    step.section("choose")
    place = st.radio(
        step("place_of"), model_places.places(), format_func=lambda code: step(f"from.{code}"), key="model_place"
    )
    st.caption(step.words.body(f"from.{place}"))
    reference = model_places.ask(step, place, session.token())
    may_choose = model_places.may_choose(step, place, reference, session.token())
    if may_choose and st.button(step("choose.button"), key="choose", type="primary", icon=":material/check:"):
        with st.spinner(step("choose.working")):
            chosen = workshop.choose_model(session.ensure_project(), reference, session.token()).model
        st.success(step("choose.done"), icon=":material/check:")

    # 2. What the chosen one is, read from its own files, and whether it fits here.
    step.section("facts", model=model_name(chosen, step.words))
    folder = models.here(chosen)
    if folder is None:
        st.warning(step("facts.away"), icon=":material/cloud_off:")
    else:
        facts = models.describe(chosen, folder)
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
        if chosen == models.CLASSROOM:
            classroom_panel.show(step)
        if not reference or place not in model_places.OF_THE_HUB:
            fit_panel.show(step, chosen, facts)

    step.code(model=chosen)
    step.ask_number(answer=facts.parameters * 4 / 1e6 if folder else None, tolerance=0.1, whole=False)
