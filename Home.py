"""The first page: what this is, where she left off, and the door to step 1."""

import streamlit as st

from core import texts
from core.ui import capsule_panel, home_panel, lesson, shared_panel, teacher_panel

visit = lesson.begin("Home")
words = texts.words(visit.language, "frame", "home", "shared")

st.title(words("title"), anchor=False)
with st.container(key="tagline"):
    st.markdown(f"## {words('tagline')}")
st.image(str(lesson.PICTURES / "home.svg"), width="stretch", alt=words("home.picture"))

shared_panel.tell(words)

# 1. Begin, or go on where she was.
home_panel.door(visit, words)
teacher_panel.opened(texts.words(visit.language, "frame", "teacher"))

# 2. What she will do.
st.subheader(words("welcome"), anchor=False)
st.markdown(words.body("welcome"))
for number in (1, 2, 3):
    st.subheader(words("lesson.heading", number=number, name=words(f"lesson_{number}")), anchor=False)
    st.image(str(lesson.PICTURES / f"lesson_{number}.svg"), width="stretch", alt=words(f"lesson_{number}.picture"))
    st.markdown(words.body(f"lesson_{number}"))
    home_panel.steps_of(number, visit, words)

home_panel.marks(words)

# 3. What it does not do, and a word for teachers.
for key in ("honest", "teacher"):
    with st.expander(words(key)):
        st.markdown(words.body(key))
st.page_link("pages/teacher.py", label=words("for_teachers"), icon=":material/groups:")

# 4. Her projects.
home_panel.projects(visit, words)
shared_panel.kept(visit, words)
capsule_panel.open_one(words)
