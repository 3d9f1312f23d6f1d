"""Every term, in plain words."""

import streamlit as st

from core import texts
from core.ui import lesson

visit = lesson.begin("glossary")
words = texts.words(visit.language, "frame", "glossary")
st.title(words("title"), anchor=False)
st.markdown(words.body("intro"))
wanted = st.text_input(words("glossary.search"), key="wanted", icon=":material/search:")
shown = texts.glossary(visit.language, wanted)
for term in shown:
    st.markdown(f"**{term.label}**  \n{term.body}")
if not shown:
    st.caption(words("glossary.none"))
