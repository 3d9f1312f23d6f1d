"""Two files to take away from an evaluation: its numbers, and its report."""

import streamlit as st

from core import texts
from core.evaluation import report, report_table
from core.texts import Words


def show(record: dict, words: Words) -> None:
    """Offers the table as CSV and the whole report as one HTML file; each is made only when it is asked for."""
    said = texts.words(words.language, *report.WORDS)
    st.markdown(said.body("export"))
    name = record["run"]
    left, right = st.columns(2)
    left.download_button(
        said("export.report"), lambda: report.page(record, said), f"{name}.html", "text/html",
        key="export.report", icon=":material/description:", on_click="ignore", width="stretch",
    )  # fmt: skip
    right.download_button(
        said("export.table"), lambda: report_table.table(record, said).encode(), f"{name}.csv", "text/csv",
        key="export.table", icon=":material/table:", on_click="ignore", width="stretch",
    )  # fmt: skip
