"""Her account at the Hub, in step 2: where to paste a token, what it may do, and how to take it back.

The box is another one after each press: a box that stays keeps what was pasted, here and in the page.
"""

import streamlit as st

from core.errors import LessonError
from core.models import account as accounts
from core.models.account import Account
from core.ui import problem, session
from core.ui.lesson import PICTURES, Lesson
from core.ui.plain import plain

WAY = ("join", "confirm", "settings", "create", "copy")
KINDS = ("models", "datasets", "spaces")
_TURN = "02.token.turn"
_PASTED = "02.token.pasted"  # what waits for the Hub to answer; gone with the answer
_ASKING = "02.token.asking"
_ROLES = ("read", "write", "fineGrained")


def shelves(step: Lesson) -> None:
    """The three things that the Hub lends, each with a drawing."""
    for kind, column in zip(KINDS, st.columns(3), strict=True):
        column.image(str(PICTURES / f"hub_{kind}.svg"), width=220, alt=step(f"shelf_drawing.{kind}"))
        column.markdown(f"**{step(f'shelves.{kind}')}**\n\n{step.words.body(f'shelves.{kind}')}")


def way(step: Lesson) -> None:
    """How an account is opened and a token made, drawn."""
    with st.expander(step("way"), icon=":material/route:", key="account.way"):
        st.markdown(step.words.body("way"))
        for place, stage in enumerate(WAY, start=1):
            drawing, told = st.columns([1, 3], vertical_alignment="center")
            drawing.image(str(PICTURES / f"account_{stage}.svg"), width=140, alt=step(f"way_drawing.{stage}"))
            told.markdown(f"**{place}. {step(f'way.{stage}')}**\n\n{step.words.body(f'way.{stage}')}")
        st.markdown(f"**{step('roles')}**\n\n{step.words.body('roles')}")


def ask(step: Lesson) -> None:
    """Asks for a token, has the Hub look at it, and shows whose it is; or offers to forget the one that is held."""
    held = session.account()
    if held:
        _held(step, held)
        return
    turn = st.session_state.setdefault(_TURN, 0)
    with st.form("account", border=False):
        st.text_input(
            step("token.paste"),
            type="password",
            key=f"account.token.{turn}",
            autocomplete="off",
            help=step.words.body("token.paste"),
        )
        st.form_submit_button(
            step("token.check"), key="account.check", icon=":material/key:", on_click=_take, args=(turn,)
        )
    st.caption(step("token.promise"))
    if st.session_state.pop(_ASKING, False):
        _check(step)
    if st.session_state.get(_PASTED):
        st.caption(step("token.waiting"))
        again, forget = st.columns(2)
        again.button(step("token.again"), key="account.again", icon=":material/refresh:", on_click=_again)
        forget.button(step("token.forget"), key="account.forget", icon=":material/delete:", on_click=_forget)


def _take(turn: int) -> None:
    """Takes what she pasted out of its box, before the page is drawn again without it."""
    st.session_state[_PASTED] = st.session_state.pop(f"account.token.{turn}", "")
    st.session_state[_TURN] = turn + 1
    st.session_state[_ASKING] = True


def _again() -> None:
    st.session_state[_ASKING] = True


def _forget() -> None:
    session.forget_token()
    st.session_state.pop(_PASTED, None)


def _check(step: Lesson) -> None:
    try:
        token = accounts.clean(st.session_state.get(_PASTED, ""))
        with st.spinner(step("token.asking")):
            session.keep_token(token, accounts.whoami(token))
    except LessonError as error:
        problem.show(error, step.language)
        if error.code.startswith("token_"):  # with the Hub in trouble it may be a good one, and waits
            st.session_state.pop(_PASTED, None)
        return
    st.session_state.pop(_PASTED, None)
    st.rerun()


def _held(step: Lesson, held: Account) -> None:
    role = held.role if held.role in _ROLES else "other"
    st.success(step("token.held", owner=plain(held.owner), name=plain(held.name or "—")), icon=":material/key:")
    st.markdown(f"**{step(f'role.{role}')}** {step.words.body(f'role.{role}')}")
    if held.role == "fineGrained":
        names = ", ".join(held.writes_for)
        st.markdown(step("role.publishes", names=plain(names)) if names else step("role.publishes_not"))
        st.markdown(step("role.gated" if held.reads_gated else "role.gated_not"))
    st.button(step("token.forget"), key="account.forget", icon=":material/delete:", on_click=_forget)
    st.markdown(step("token.revoke"))
