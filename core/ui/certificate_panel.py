"""What she did, told step by step, and the same on a sheet that she can print."""

import datetime

import streamlit as st

from core import texts, workshop
from core.learned import Deed
from core.project import Project
from core.texts import Words
from core.ui import class_panel
from core.ui.plain import model_name, plain

# On paper only the sheet is there, in ink on white whatever the screen's colours are; Streamlit's boxes let it flow.
_ON_PAPER = """<style>@media print {
  @page { margin: 2cm; }
  body * { visibility: hidden; }
  [data-testid=stMainBlockContainer] :not(.st-key-sheet, .st-key-sheet *, :has(.st-key-sheet)),
  [data-testid=stSidebar], [data-testid=stHeader], [data-testid=stToolbar] { display: none !important; }
  .st-key-sheet, .st-key-sheet * { visibility: visible; color: #17110d !important; break-inside: auto; }
  .st-key-sheet { border: none !important; padding: 0 !important; }
  .st-key-sheet p { break-inside: avoid; }
  body, .stApp, [data-testid=stAppViewContainer], [data-testid=stMain], [data-testid=stMainBlockContainer] {
    position: static !important; overflow: visible !important; height: auto !important; min-height: 0 !important;
    padding: 0 !important; background: #fff !important; }
}</style>"""
_PRINT = "<script>setTimeout(() => window.print(), 300)</script>"


def nothing(words: Words) -> None:
    st.info(f"**{words('nothing')}** {words.body('nothing')}", icon=":material/hourglass_empty:")
    st.page_link(workshop.STEPS[0].page, label=words("nothing.go"), icon=":material/arrow_forward:")


def summary(done: dict[str, list[Deed]], project: Project, words: Words) -> None:
    """Tells what she did in each step, with the door to it."""
    states = workshop.progress(project)
    finished = sum(state == "done" for state in states.values())
    st.progress(finished / len(states), words("so_far", done=finished, steps=len(states)))
    for step in workshop.STEPS:
        if step.name in done:
            st.page_link(step.page, label=_title(step.name, words), icon=":material/arrow_forward:")
            st.markdown("\n".join(f"- {_said(deed, words)}" for deed in done[step.name]))


def sheet(done: dict[str, list[Deed]], project: Project, words: Words) -> None:
    """Asks for her name, and draws the certificate with the way to print it."""
    st.header(words("certificate"), anchor=False, divider="gray")
    st.markdown(words.body("certificate"))
    kept = class_panel.name(project)
    name = st.text_input(words("certificate.name"), kept, key=f"certificate.{project.id}", max_chars=60).strip()
    if name != kept:
        class_panel.keep_name(project, name)
    if not name:
        st.caption(words("certificate.no_name"))
        return
    st.html(_ON_PAPER)
    with st.container(border=True, key="sheet"):
        st.caption(words("certificate.paper"))
        st.markdown(f"## {plain(name)}\n\n{words('certificate.says')}")
        lines = [f"**{_title(step, words)}**  \n{' '.join(_said(deed, words) for deed in done[step])}" for step in done]
        st.markdown("\n\n".join(lines))
        st.caption(words("certificate.foot", date=_today(words.language)))
    if st.button(words("certificate.print"), key="print", type="primary", icon=":material/print:"):
        st.html(_PRINT, unsafe_allow_javascript=True)
    st.caption(words.body("certificate.print"))


def _title(step: str, words: Words) -> str:
    title = texts.words(words.language, step)("title")
    return words("certificate.step", number=workshop.BY_NAME[step].number, title=title)


def _said(deed: Deed, words: Words) -> str:
    facts = dict(deed.facts)
    if deed.code == "model":
        facts["model"] = model_name(str(facts["model"]), words)
    if deed.code == "settings":
        facts["dial"] = words(f"dial.{facts['dial']}")
    return words(f"did.{deed.code}", **facts)


def _today(language: str) -> str:
    from babel.dates import format_date

    return format_date(datetime.datetime.now().astimezone().date(), "long", locale=texts.LOCALES[language])
