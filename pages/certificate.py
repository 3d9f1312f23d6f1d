"""What she did in the workshop, a certificate that says just that, and sharing it with her class, if she wants."""

import streamlit as st

from core import learned, texts
from core.ui import certificate_panel, class_panel, lesson, problem

visit = lesson.begin("certificate")
words = texts.words(visit.language, "frame", "settings", "certificate")
st.title(words("title"), anchor=False)
st.markdown(words.body("title"))
try:
    done = learned.deeds(visit.project)
    if visit.project and done:
        certificate_panel.summary(done, visit.project, words)
        certificate_panel.sheet(done, visit.project, words)
    else:
        certificate_panel.nothing(words)
    if visit.project:
        class_panel.share(visit.project, words)
except Exception as error:  # noqa: BLE001  (whatever happens, she gets words)
    problem.show(error, visit.language)
