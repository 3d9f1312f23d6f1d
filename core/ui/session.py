"""Who is here: her language and her open project, brought back after a reload by this browser's cookie."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import streamlit as st

from core import access, clearing, limits, storage, texts
from core import project as projects
from core.errors import LessonError
from core.models.account import Account
from core.project import Project
from core.texts import Words

COOKIE = "llms_poetas_browser"
_HELD = "hub_token"
_LANGUAGE_NAMES = {"es": "Español", "en": "English"}
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via", "Cf-Connecting-Ip")
_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}


@dataclass(frozen=True)
class Session:
    """This visit. `browser` is the cookie's id; `project` is None until she begins one."""

    language: str
    browser: str
    project: Project | None


def current() -> Session:
    """Answers the session, restored from the cookie on its first run, with the project of a link that was followed."""
    greeted = greet()
    if "followed" not in st.session_state:
        st.session_state.followed = True
        linked = st.query_params.get("project")
        if linked and projects.is_id(linked):
            _adopt(linked)
    project = _project()
    if project and project.hosted:
        clearing.visited(project.folder)
    return Session(greeted.language, greeted.browser, project)


def greet() -> Session:
    """Answers who visits, and nothing of her work: all that may be known of somebody who was not let in yet."""
    if "browser" not in st.session_state:
        _restore()
    return Session(st.session_state.get("language") or "es", st.session_state.browser, None)


def is_let_in(code: str) -> bool:
    """Says whether this browser was given the server's code, as it is now, before."""
    greet()
    return access.is_let_in(st.session_state.get("let_in"), code, st.session_state.browser)


def let_in(mark: str) -> None:
    """Keeps what proves that this browser was given the code."""
    st.session_state.let_in = mark
    remember()


def choose_language(words: Words) -> None:
    """Lets her choose the language of the pages."""
    st.session_state.language = st.session_state.language  # told anew: else a change of page may leave none marked
    st.segmented_control(
        words("language"),
        texts.LANGUAGES,
        format_func=lambda code: _LANGUAGE_NAMES[code],
        key="language",
        required=True,
        label_visibility="collapsed",
        on_change=remember,
        persist_state="session",
    )


def open_project(project: Project) -> None:
    """Makes `project` the open one, here and after a reload. Raises LessonError `project_not_found`."""
    if not may_open(project):
        raise LessonError("project_not_found", project=project.name)
    st.session_state.project = project.id
    remember()


def ensure_project() -> Project:
    """Answers the open project; begins one where there is none."""
    return _project() or begin_project()


def begin_project() -> Project:
    """Makes a new project and opens it. On a shared server, raises LessonError: see `limits.may_begin`."""
    language = st.session_state.get("language") or "es"
    name = texts.words(language, "frame")("project.default_name")
    owner, hosted = st.session_state.browser, not is_personal()
    project = projects.create(projects.workspace(), name, language, owner=owner, hosted=hosted)
    open_project(project)
    return project


def close_project() -> None:
    """Leaves no project open, here and after a reload."""
    st.session_state.project = None
    remember()


def my_projects() -> list[Project]:
    """Answers the projects she may open: all of them on her own computer, her browser's on a shared server."""
    return [project for project in projects.list_projects(projects.workspace()) if may_open(project)]


def may_open(project: Project) -> bool:
    """On her own computer every project; on a shared server this browser's, and those whose link she was given."""
    return is_personal() or project.owner == st.session_state.browser or project.id in st.session_state.linked


def upload_mb() -> int:
    """Answers the most that an upload may hold, in MB: less where the server is shared."""
    most = int(st.get_option("server.maxUploadSize"))
    return most if is_personal() else min(most, limits.read().upload_mb)


def model_mb() -> int:
    """Answers the largest model that may be downloaded, in MB; 0, any, on her own computer."""
    return 0 if is_personal() else limits.read().model_mb


def token() -> str | None:
    """Answers the Hub token that she lent for this visit: it lives here, in memory, and nowhere else."""
    held = st.session_state.get(_HELD)
    return held[0] if held else None


def account() -> Account | None:
    """Answers what the Hub said of her token, if she lent one."""
    held = st.session_state.get(_HELD)
    return held[1] if held else None


def keep_token(token: str, account: Account) -> None:
    """Holds a token that the Hub knows, until she takes it back or this visit ends."""
    st.session_state[_HELD] = (token, account)


def forget_token() -> None:
    st.session_state.pop(_HELD, None)


def is_personal() -> bool:
    """Says whether the page is read on the computer that serves it, reached by no proxy or tunnel.

    A proxy may give the server's own name as `Host`: then the browser still says, as `Origin`, where the page came
    from. `LLMS_SHARED=1` in the server's environment says that no visit is personal.
    """
    if os.environ.get("LLMS_SHARED") == "1":
        return False
    headers = st.context.headers
    host, origin = headers.get("Host"), headers.get("Origin")
    if not isinstance(host, str):
        return True  # no browser at the other end: a test
    names = [_name(host), *([_name(origin.rpartition("/")[2])] if origin else [])]
    forwarded = any(headers.get(header) for header in _FORWARDED)
    address = st.context.ip_address
    is_near = address is None or _is_loopback(address)
    return is_near and not forwarded and all(name in _LOOPBACK_NAMES for name in names)


def _is_loopback(written: str) -> bool:
    """Says whether an address is this computer's own, also as a server of both kinds of addresses writes it."""
    address = ip_address(written)
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _name(host: str) -> str:
    return host if host.endswith("]") else host.rsplit(":", 1)[0]


def remember() -> None:
    """Writes language, project and whether she was let in beside the cookie's id."""
    record = {name: st.session_state.get(name) for name in ("language", "project", "linked", "let_in")}
    record["hosted"] = not is_personal()
    storage.write_json(_record_path(st.session_state.browser), record)


def _restore() -> None:
    cookie = st.context.cookies.get(COOKIE)
    st.session_state.browser = cookie if projects.is_id(cookie) else projects.new_id()
    path = _record_path(st.session_state.browser)
    record = storage.read_json(path) or {}
    with suppress(OSError):
        os.utime(path)  # her last visit: see `clearing`
    st.session_state.let_in = record.get("let_in")
    asked = st.query_params.get("lang")
    locale = st.context.locale
    guess = "en" if isinstance(locale, str) and locale.startswith("en") else "es"
    wanted = [asked, record.get("language"), guess]
    st.session_state.language = next(language for language in wanted if language in texts.LANGUAGES)
    st.session_state.project = record.get("project")
    st.session_state.linked = record.get("linked") or []


def _adopt(id: str) -> None:
    """Opens the project of a link: whoever has its 128 bits was given them."""
    try:
        project = projects.open_project(projects.workspace(), id)
    except LessonError:
        return
    st.session_state.linked = [*st.session_state.linked, project.id]
    st.session_state.project = project.id
    remember()


def _project() -> Project | None:
    try:
        project = projects.open_project(projects.workspace(), st.session_state.get("project") or "")
    except LessonError:
        return None
    return project if may_open(project) else None


def _record_path(browser: str) -> Path:
    return projects.workspace() / "browsers" / f"{browser}.json"


def set_cookie(visit: Session) -> None:
    """Leaves this browser's id in its cookie, and tells it the page's language.

    The cookie is for the path under which the workshop stands: a site's other pages have no use for it.
    """
    path = "/" + (st.get_option("server.baseUrlPath") or "").strip("/")
    facts = json.dumps({"name": COOKIE, "value": visit.browser, "path": path, "language": visit.language})
    st.html(
        f"""<script>(() => {{ const f = {facts};
        document.cookie = f.name + "=" + f.value + "; path=" + f.path + "; max-age=31536000; SameSite=Lax"
          + (location.protocol === "https:" ? "; Secure" : "");
        document.documentElement.lang = f.language; }})()</script>""",
        unsafe_allow_javascript=True,
    )
