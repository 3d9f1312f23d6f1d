"""What she is asked before something is published, and the points that have to hold before everybody may see it."""

from dataclasses import replace

import streamlit as st

from core import texts
from core.evaluation import evaluate
from core.models import licence
from core.models.account import Account, may_write
from core.project import Project
from core.sharing import gate, merged
from core.sharing.card import hub_card
from core.sharing.gate import Answers
from core.sharing.publish import Wish
from core.texts import Words
from core.training.runs import Run


def ask(run: Run, project: Project, account: Account, words: Words) -> Wish | None:
    """Asks what is to be published, how, and what she says of it. Answers it once she presses the button."""
    owner = account.owner if may_write(account) else account.writes_for[0]
    help = words.body("publish.name", owner=owner)
    name = st.text_input(words("publish.name"), key="publish.name", max_chars=120, help=help).strip()
    id = name if not name or "/" in name else f"{owner}/{name}"
    is_merged = _what(run, words)
    st.caption(words("publish.later"))
    said = _answers(run, words)
    gate.keep(run, said)
    is_open = _points(run, words)
    who = st.radio(
        words("publish.who"),
        ["private", "public"] if is_open else ["private"],
        format_func=lambda code: words(f"publish.who.{code}"),
        horizontal=True,
        key="publish.who",
    )
    if not is_open:
        st.caption(words("publish.who.closed"))
    with st.expander(words("publish.card"), icon=":material/description:"):
        written = hub_card(run, project, evaluate.result(run), id or owner, said, is_merged)
        st.code(written, language="markdown", wrap_lines=True)
    pressed = st.button(
        words("publish.go"), key="publish.go", type="primary", icon=":material/cloud_upload:", disabled=not id
    )
    return Wish(id, is_merged, who == "public") if pressed else None


def _what(run: Run, words: Words) -> bool:
    """Asks for adapter or whole model. Answers whether it is the whole; where that was trained, nothing is asked."""
    if run.settings().method == "full":
        return False
    what = st.radio(
        words("publish.what"),
        ["adapter", "merged"],
        format_func=lambda code: words(f"publish.what.{code}"),
        horizontal=True,
        key="publish.what",
    )
    is_merged = what == "merged"
    if not is_merged and not gate.is_found_by_others(run):
        st.warning(words("publish.what.base_away"), icon=":material/link_off:")
    if is_merged:
        st.caption(words("publish.what.size", size=texts.size(merged.bytes_needed(run) / 1e6, words.language)))
    return is_merged


def _answers(run: Run, words: Words) -> Answers:
    kept = gate.kept(run)
    whose = _choice("texts", gate.TEXTS, kept.texts, words)
    people = _choice("people", gate.PEOPLE, kept.people, words)
    base, offered = gate.base_licence(run), gate.offered(run)
    chosen = st.selectbox(
        words("publish.licence"),
        ["", *offered],
        index=offered.index(kept.licence) + 1 if kept.licence in offered else 0,
        format_func=lambda name: _licence(name, words),
        placeholder=words("publish.licence.none"),
        key="publish.licence",
    )
    read = kept.read
    if licence.meaning(base) == licence.TERMS:
        read = st.checkbox(words("publish.read", licence=base), kept.read, key="publish.read")
    about = st.text_input(
        words("publish.about"), kept.about, key="publish.about", max_chars=200, help=words.body("publish.about")
    )
    return replace(kept, texts=whose or "", people=people or "", licence=chosen, read=read, about=about.strip())


def _choice(name: str, codes: tuple[str, ...], kept: str, words: Words) -> str | None:
    return st.radio(
        words(f"publish.{name}"),
        codes,
        index=codes.index(kept) if kept in codes else None,
        format_func=lambda code: words(f"publish.{name}.{code}"),
        key=f"publish.{name}",
    )


def _licence(name: str, words: Words) -> str:
    if not name:
        return words("publish.licence.none")
    known = name in gate.LICENCES
    return words(f"publish.licence.{name}") if known else words("publish.licence.base", licence=name)


def _points(run: Run, words: Words) -> bool:
    """Shows each point, passed or with what to do. Answers whether all are passed."""
    points = gate.points(run)
    with st.container(border=True):
        st.markdown(f"**{words('publish.gate')}**")
        for point in points:
            sign = ":green[:material/check_circle:]" if point.passed else ":orange[:material/radio_button_unchecked:]"
            st.markdown(f"{sign} {words(f'publish.gate.{point.code}.{point.says}', **point.facts)}")
    return all(point.passed for point in points)
