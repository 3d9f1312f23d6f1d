"""What has to be known of a server that is shared: by who works on it, and by who runs it."""

from dataclasses import asdict

import streamlit as st

from core import access, clearing, limits, line, machine, storage, texts
from core import project as projects
from core.errors import LessonError
from core.limits import Limits
from core.texts import Words
from core.ui import problem, server, session
from core.ui.plain import plain
from core.ui.session import Session
from core.ui.tables import rows_table

_ON_THE_FIRST_PAGE = (
    "projects", "disk_mb", "upload_mb", "one_run", "run_minutes", "run_steps", "model_mb", "keep_days",
)  # fmt: skip


def tell(words: Words) -> None:
    """On a shared server, says whose computer it is, who sees what, how long it stays, and what each person gets."""
    if session.is_personal():
        return
    limited = limits.read()
    with st.container(border=True):
        st.subheader(words("where"), anchor=False)
        st.markdown(words.body("where", days=limited.keep_days))
        if server.is_community_cloud():
            st.markdown(f"**{words('cloud')}.** {words.body('cloud')}")
        with st.expander(words("limits"), icon=":material/straighten:"):
            rows = [
                {
                    "what": words(f"limit.{name}"),
                    "most": _most(name, limited, words),
                    "why": words.body(f"limit.{name}"),
                }
                for name in _ON_THE_FIRST_PAGE
            ]
            rows_table(rows, {name: words(f"limits.{name}") for name in ("what", "most", "why")}, "limits")


def _most(name: str, limited: Limits, words: Words) -> str:
    value = asdict(limited).get(name, 1)
    if name.endswith("_mb"):
        return texts.size(value, words.language)
    units = {"run_minutes": "minutes", "run_steps": "steps", "keep_days": "days"}
    return words(units[name], **{units[name]: value}) if name in units else texts.number(value, words.language)


def kept(visit: Session, words: Words) -> None:
    """Of her projects on a shared server: how many there are, until when they are kept, and the way to delete one."""
    root = projects.workspace()
    mine = limits.hosted(root, visit.browser) if not session.is_personal() else []
    if mine:
        used = texts.size(limits.used_mb(mine), words.language)
        st.caption(words("yours", projects=len(mine), used=used))
    for project in session.my_projects():
        goes = clearing.goes_at(project.folder)
        if goes is None:
            continue
        when = texts.day(goes, words.language)
        if visit.project and project.id == visit.project.id:
            st.caption(words("goes", when=when))
        elif clearing.is_soon(goes):
            st.warning(words("goes.soon", name=plain(project.name), when=when), icon=":material/auto_delete:")
    if visit.project and visit.project.hosted:
        _erase(visit, words)


def _erase(visit: Session, words: Words) -> None:
    assert visit.project
    with st.expander(words("erase"), icon=":material/delete:"):
        st.markdown(f"{words.body('erase')} {words('erase.capsule')}")
        if st.button(words("erase.sure"), key=f"erase.{visit.project.id}", icon=":material/delete_forever:"):
            try:
                clearing.erase(visit.project.folder)
            except LessonError as error:
                problem.show(error, words.language)
                return
            session.close_project()
            st.rerun()


def run(words: Words) -> None:
    """What whoever runs the server needs: the code and the limits, the line, the disk, and advice."""
    st.header(words("run"), anchor=False, divider="gray")
    st.markdown(words.body("run"))
    _door(words)
    st.subheader(words("run.line"), anchor=False)
    _line(words)
    _disk(words)
    with st.expander(words("run.advice"), icon=":material/tips_and_updates:"):
        st.markdown(words.body("run.advice"))


def _door(words: Words) -> None:
    server.read_limits()
    code, misread = server.access_code(), limits.misread()
    if not code:
        st.warning(words("run.open"), icon=":material/lock_open:")
    else:
        st.success(words("run.closed"), icon=":material/lock:")
        if len("".join(code.split())) < access.SHORT and session.is_personal():
            st.warning(words("run.short", letters=access.SHORT), icon=":material/password:")
    if misread:
        st.warning(words("run.misread", names=", ".join(f"`{plain(name)}`" for name in misread)))
    with st.expander(words("run.how"), icon=":material/key:", expanded=not code):
        st.markdown(words.body("run.how"))
        given = "\n".join(f"{name} = {value}" for name, value in asdict(limits.read()).items())
        st.code(f'{server.CODE} = "…"\n\n[limits]\n{given}', language="toml")


def _line(words: Words) -> None:
    """Shows the line without names: anybody may open this page."""
    queue = line.folder(projects.workspace(), line.TRAINING)
    tickets = line.standing(queue)
    if not tickets:
        st.markdown(words("run.line.empty"))
        return
    rows = []
    for place, ticket in enumerate(tickets):
        left = line.seconds_until(queue, tickets[: place + 1])
        rows.append(
            {
                "place": str(place + 1),
                "state": words("run.line.training" if ticket.began else "run.line.waiting"),
                "time": words("run.line.unknown") if left is None else texts.duration(left, words.language),
            }
        )
    rows_table(rows, {name: words(f"run.line.{name}") for name in ("place", "state", "time")}, "line")


def _disk(words: Words) -> None:
    root = projects.workspace()
    hosted = limits.hosted(root)
    mb = limits.used_mb(hosted)
    used = texts.size(mb, words.language) if mb else "0\u00a0MB"
    free = texts.size(machine.inspect(root).free_disk_gb * 1000, words.language)
    st.markdown(words("run.disk", projects=len(hosted), used=used, free=free))
    cleared = storage.read_json(root / "cleared.json")
    if cleared:
        st.caption(words("run.cleared", when=texts.moment(cleared["at"], words.language), **cleared))
