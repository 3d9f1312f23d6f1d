"""Step 1: the three families of models in one picture, and what it costs to make one or to adapt it."""

from html import escape

import streamlit as st

from core.ui.lesson import PICTURES, Lesson


def show(step: Lesson) -> None:
    st.image(picture(step), width="stretch", alt=step.words.body("families.alt"))
    st.markdown(step.words.body("families.three"))
    st.markdown(f"#### {step('costs')}\n\n{step.words.body('costs')}")


def picture(step: Lesson) -> str:
    """Answers the drawing with its few words in her language."""
    drawn = (PICTURES / "families.svg").read_text(encoding="utf-8")
    words = ("causal", "masked", "seq2seq", "causal.does", "masked.does", "seq2seq.does")
    for word in words:
        drawn = drawn.replace(f"[{word}]", escape(step(f"families.{word}")))
    for place, word in enumerate(step.words.body("families.words").split()):
        drawn = drawn.replace(f"[w{place}]", escape(word))
    return drawn
