"""Step 1: the three families of models in one picture, and what it costs to make one or to adapt it."""

from html import escape

import streamlit as st

from core import classroom, texts
from core.texts import Words
from core.ui.lesson import PICTURES, Lesson


def show(step: Lesson) -> None:
    st.image(picture(step.words), width="stretch", alt=step("families.alt"))
    made = classroom.record()
    facts = {"read": round(made["tokens"] / 1e6), "time": texts.duration(made["seconds"], step.language)}
    for part in ("three", "costs"):
        st.markdown(f"#### {step(f'families.{part}')}\n\n{step.words.body(f'families.{part}', **facts)}")


def picture(words: Words) -> str:
    """Answers the drawing with its few words in her language."""
    drawn = (PICTURES / "families.svg").read_text(encoding="utf-8")
    for kind in ("causal", "masked", "seq2seq"):
        drawn = drawn.replace(f"[{kind}]", escape(words(f"families.{kind}")))
        drawn = drawn.replace(f"[{kind}.does]", escape(words(f"families.{kind}.does")))
    for place, word in enumerate(words.body("families.words").split()):
        drawn = drawn.replace(f"[w{place}]", escape(word))
    return drawn
