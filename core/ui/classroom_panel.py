"""The card of the model that comes along, as its record tells it."""

import streamlit as st

from core import classroom
from core.pretraining import card
from core.ui.lesson import Lesson


def show(step: Lesson) -> None:
    """Shows the card closed under one line, and last where to read how such a model is made."""
    with st.expander(step("card"), icon=":material/description:"):
        for heading, text in card.sections(classroom.record(), step.language):
            st.markdown(f"**{heading}**\n\n{text}")
        st.markdown(step.words.body("card"))
