"""Step 8: how long her texts are in tokens, and where to cut."""

import streamlit as st

from core import storage
from core.models import folder as models
from core.tokens import encode, lengths
from core.ui import lengths_panel, lesson, prediction_panel
from core.ui.waiting import waiting

with lesson.page("08_lengths", "settings") as step:
    # 1. The lengths, with their percentiles and the line where they would be cut.
    step.section("plot")
    measured = lengths_panel.measured(step, step.project)
    found = lengths.counted(measured)
    seen = prediction_panel.longest_text(step, measured)
    if seen:
        model = models.describe(step.project.model, models.find(step.project.model))
        suggested = lengths.suggest_length(found, model.context)
        record = storage.read_json(step.project.tokens / "record.json")
        fresh = record and "tokens" in step.made
        longest = min(model.context, max(lengths.round_up(found.longest), 64))
        cut = st.slider(
            step("max_length"),
            encode.shortest_length(step.project),
            longest,
            min(longest, record["max_length"] if fresh else suggested.value),
            8,
            key="max_length",
            help=step.words.body("max_length"),
        )
        if measured.ndim == 2:
            st.caption(step("apart"))
        lengths_panel.plot(step, found, cut)
        half, most = (lengths.percentile(found, share) for share in (50, 90))
        st.markdown(step("reading", half=half, most=most, longest=found.longest))

        # 2. What each choice costs.
        step.section("cost", "optional")
        lengths_panel.costs(step, step.project, found, cut, longest, model)

        # 3. What the cut does, and keeping it.
        step.section("keep")
        over, lost = lengths.cut_by(found, cut)
        st.markdown(step("cuts.none") if not over else step("cuts", texts=over, count=found.texts, tokens=lost))
        if over:
            with st.expander(step("cuts.example"), icon=":material/content_cut:"):
                st.caption(step.words.body("cuts.example"))
                lengths_panel.examples(step, step.project, measured, cut)
        reason = step(f"reason.{suggested.reason}", **suggested.facts)
        st.caption(step("suggested", length=suggested.value, reason=reason))
        if st.button(step("keep.button"), key="keep", type="primary", icon=":material/straighten:"):
            with waiting(step("keep.working")) as progress:
                encode.encode(step.project, cut, progress)
            st.rerun()
        if fresh:
            length, tokens, truncated = record["max_length"], sum(record["tokens"].values()), record["truncated_rows"]
            st.success(step("kept", length=length, tokens=tokens, truncated=truncated), icon=":material/check:")

        step.code(max_length=cut)
    step.ask_number(answer=lengths.cut_by(found, 32)[0] if seen else None)
