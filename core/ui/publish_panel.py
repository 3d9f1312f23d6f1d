"""Publishing in step 13: what is on the Hub, what is on its way there, and the form that sends it."""

import streamlit as st

from core import errors, processes, texts
from core.models import transfer
from core.models.account import Account, may_write
from core.project import Project
from core.sharing import gate, publish, repository
from core.sharing.publish import EMPTY, Wish
from core.texts import Words
from core.training.runs import Run
from core.ui import problem, publish_form, session, transfer_bar

_TICK_SECONDS = 1.0


def show(run: Run, project: Project, words: Words) -> None:
    account = session.account()
    state = publish.state(run)
    for id, facts in publish.published(run).items():
        _there(run, id, facts, account, words)
    if state["status"] in processes.ACTIVE:
        st.fragment(_under_way, run_every=_TICK_SECONDS)(run, words)
        return
    if account is None or not (may_write(account) or account.writes_for):
        _ask_for_token(account, words)
        return
    if state["status"] not in ("none", "finished"):
        _standing(run, state, account, words)
        return
    wish = publish_form.ask(run, project, account, words)
    if wish:
        _begin(run, wish, account, words)


def _ask_for_token(account: Account | None, words: Words) -> None:
    st.info(words("publish.cannot_write" if account else "publish.no_token"), icon=":material/key:")
    st.page_link("pages/02_hugging_face.py", label=words("publish.to_account"), icon=":material/arrow_back:")


def _begin(run: Run, wish: Wish, account: Account, words: Words) -> None:
    with problem.shown(words.language, words("publish.starting")):
        repository.full_name(wish.id, account)  # a name that cannot be is said here, with the form as it is
        publish.start(run, wish, session.token() or "")
        st.rerun()


# ---------------------------------------------------------------- on its way


def _under_way(run: Run, words: Words) -> None:
    state = publish.state(run)
    if state["status"] not in processes.ACTIVE:
        st.rerun()
    transfer_bar.show(state, words, "publish", words.language)
    st.caption(words("publish.apart"))
    st.button(
        words("publish.cancel"), key="publish.cancel", icon=":material/close:", on_click=publish.cancel, args=(run,)
    )


def _standing(run: Run, state: dict, account: Account, words: Words) -> None:
    """One that was cancelled, cut or refused: why, what is left on the Hub, and the ways on."""
    error = state.get("error") or {"code": "", "facts": {}}
    id = state.get("id", "")
    if error["code"]:
        problem.show(errors.heard(error), words.language)
    else:
        is_cancelled = state["status"] == transfer.CANCELLED
        st.warning(words("publish.cancelled" if is_cancelled else "publish.died"), icon=":material/pause_circle:")
    is_taken, is_left = error["code"] == "name_taken", state.get("left") == EMPTY
    if is_taken:
        st.markdown(words("publish.replace.look", id=id, link=repository.address(id)))
    elif is_left:
        st.caption(words("publish.empty_left", id=id))
    elif id not in publish.published(run):  # what is there is told above
        st.caption(words("publish.as_it_was" if state.get("update") else "publish.nothing_left"))
    on, away = st.columns(2)
    label = words("publish.replace" if is_taken else "publish.resume" if is_left else "publish.again")
    is_whole_wish = bool(id) and "merged" in state
    if is_whole_wish and on.button(label, key="publish.resume", type="primary", icon=":material/play_arrow:"):
        wish = Wish(id, state["merged"], state["public"], state["update"] or is_taken)
        _begin(run, wish, account, words)
    label = words("publish.other_name" if is_taken else "publish.undo" if is_left else "publish.forget")
    if away.button(label, key="publish.undo", icon=":material/delete:" if is_left else ":material/close:"):
        with problem.shown(words.language, words("publish.asking")):
            publish.undo(run, session.token() or "")
            st.rerun()


# ---------------------------------------------------------------- on the Hub


def _there(run: Run, id: str, facts: dict, account: Account | None, words: Words) -> None:
    """What is published under a name: the link, what is on it, who sees it, and the ways to change that."""
    with st.container(border=True, key=f"publish.there.{id}"):
        kind = "merged" if facts["merged"] else "adapter"
        size = texts.size(facts["bytes"] / 1e6, words.language)
        st.markdown(words("publish.done", id=id, link=repository.address(id)))
        seen = words("publish.done.private" if facts["private"] else "publish.done.public")
        st.caption(f"{words(f'publish.done.{kind}', files=len(facts['files']), size=size)} {seen}")
        token = session.token()
        if account is None or not token:
            return
        if facts["private"]:
            _offer_to_show(run, id, facts, account, words)
        elif st.button(words("publish.hide"), key=f"publish.hide.{id}", icon=":material/visibility_off:"):
            with problem.shown(words.language, words("publish.asking")):
                publish.hide(run, id, token)
                st.rerun()
        with st.popover(words("publish.delete"), icon=":material/delete:", key=f"publish.delete.{id}"):
            _delete(run, id, token, words)


def _offer_to_show(run: Run, id: str, facts: dict, account: Account, words: Words) -> None:
    """Making it public later is sending it once more: only the card travels, with what she has answered by now."""
    if not all(point.passed for point in gate.points(run)):
        st.caption(words("publish.show.closed"))
    elif st.button(words("publish.show"), key=f"publish.show.{id}", icon=":material/visibility:"):
        _begin(run, Wish(id, facts["merged"], public=True, update=True), account, words)


def _delete(run: Run, id: str, token: str, words: Words) -> None:
    st.markdown(words.body("publish.delete"))
    typed = st.text_input(words("publish.delete.name", id=id), key=f"publish.delete.name.{id}")
    sure = typed.strip() == id
    if st.button(words("publish.delete.go"), key=f"publish.delete.go.{id}", type="primary", disabled=not sure):
        with problem.shown(words.language, words("publish.asking")):
            publish.delete(run, id, token)
            st.rerun()
