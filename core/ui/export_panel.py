"""Two files to take away from an evaluation: its report, and its numbers."""

import streamlit as st

from core.evaluation import report, report_table
from core.texts import Words


def show(record: dict, words: Words) -> None:
    """Offers the whole report as one HTML file and the table as CSV; each is made only when it is asked for.

    `words` has the texts of `report.WORDS`.
    """
    name = record["run"]
    left, right = st.columns(2)
    left.download_button(
        words("export.report"), lambda: report.page(record, words), f"{name}.html", "text/html",
        key="export.report", icon=":material/description:", on_click="ignore", width="stretch",
    )  # fmt: skip
    right.download_button(
        words("export.table"), lambda: report_table.table(record, words).encode(), f"{name}.csv", "text/csv",
        key="export.table", icon=":material/table:", on_click="ignore", width="stretch",
    )  # fmt: skip
