"""Every term, in plain words, with an example from the workshop and the door to where it is seen."""

import streamlit as st

from core import glossary, texts
from core.ui import glossary_links, lesson

visit = lesson.begin("glossary")
words = texts.words(visit.language, "frame", "glossary")
st.title(words("title"), anchor=False)
st.markdown(words.body("intro"))
wanted = st.text_input(words("glossary.search"), key="wanted", icon=":material/search:")
shown = glossary.terms(visit.language, wanted)
for term in shown:
    glossary_links.entry(term, visit.language, words)
if not shown:
    st.caption(words("glossary.none"))
