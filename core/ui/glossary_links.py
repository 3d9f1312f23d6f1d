"""The words of a step, each with its meaning at hand, and the way to the glossary."""

import streamlit as st

from core import glossary, texts, workshop
from core.glossary import Term
from core.texts import Words


def show(step: str, language: str, words: Words) -> None:
    """A row of the terms that the step's texts set in italics; each opens its entry."""
    terms = glossary.of_step(language, step)
    if not terms:
        return
    st.markdown(f"**{words('step_words')}**")
    with st.container(horizontal=True, gap="small"):
        for term in terms:
            with st.popover(short(term), key=f"{step}.term.{term.key}"):
                st.markdown(f"**{term.label}**\n\n{term.meaning}\n\n{term.example}")
    st.page_link("pages/glossary.py", label=words("step_words.all"), icon=":material/local_library:")


def entry(term: Term, language: str, words: Words) -> None:
    """A term of the glossary, with its example and the door to the step where it is seen."""
    st.markdown(f"**{term.label}**  \n{term.meaning}\n\n*{term.example}*")
    step = workshop.STEPS[term.step - 1]
    title = texts.words(language, step.name)("title")
    st.page_link(
        step.page, label=words("glossary.go", number=step.number, title=title), icon=":material/arrow_forward:"
    )


def short(term: Term) -> str:
    """Answers a term's own name, without what stands between brackets."""
    return term.label.partition(" (")[0]
