"""Step 8: how long her texts are in tokens, and where to cut."""

import streamlit as st

from core import storage
from core.data.table import rows
from core.models import folder as models
from core.tokens import encode, lengths
from core.ui import lesson, plots

with lesson.page("08_lengths", "settings") as step:
    # 1. The lengths, with their percentiles and the line where they would be cut.
    step.section("plot")
    measured = encode.measure(step.project)
    context = models.describe(step.project.model, models.find(step.project.model)).context
    suggested = lengths.suggest_length(measured, context)
    record = storage.read_json(step.project.tokens / "record.json")
    fresh = record and "tokens" in step.made
    longest = min(context, max(lengths.round_up(max(measured)), 64))
    cut = st.slider(
        step("max_length"),
        encode.shortest_length(step.project),
        longest,
        min(longest, record["max_length"] if fresh else suggested.value),
        8,
        key="max_length",
        help=step.words.body("max_length"),
    )
    figure = plots.histogram(*lengths.bins(measured), {"x": step("axis.tokens"), "y": step("axis.texts")})
    for share in (50, 90, 99):
        plots.mark(figure, lengths.percentile(measured, share), f"{share} %")
    plots.mark(figure, cut, step("cut", length=cut), strong=True)
    over, lost = lengths.cut_by(measured, cut)
    plots.show(figure, step("plot.alt", half=lengths.percentile(measured, 50), longest=max(measured)), "lengths", 360)
    st.markdown(
        step(
            "reading",
            half=lengths.percentile(measured, 50),
            most=lengths.percentile(measured, 90),
            longest=max(measured),
        )
    )

    # 2. What the cut does, and keeping it.
    step.section("keep")
    st.markdown(step("cuts.none") if not over else step("cuts", texts=over, count=len(measured), tokens=lost))
    if over:
        train = rows(step.project.prepared / "train")
        longest_row = max(range(len(train)), key=lambda place: measured[place])
        with st.expander(step("cuts.example")):
            st.text(encode.cut_text(step.project, train[longest_row], cut))
    st.caption(step(f"reason.{suggested.reason}", **suggested.facts))
    if st.button(step("keep.button"), key="keep", type="primary", icon=":material/straighten:"):
        encode.encode(step.project, cut)
        st.rerun()
    if fresh:
        st.success(
            step(
                "kept",
                length=record["max_length"],
                tokens=sum(record["tokens"].values()),
                truncated=record["truncated_rows"],
            ),
            icon=":material/check:",
        )

    step.code(max_length=cut)
    step.ask_number(answer=lengths.cut_by(measured, 32)[0])
