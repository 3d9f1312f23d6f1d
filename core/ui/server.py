"""The server that pages run on: what its secrets say, and whether it is Streamlit Community Cloud's."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core import clearing, limits, processes
from core import project as projects
from core.errors import LessonError

CODE = "access_code"
# Community Cloud lays repositories there and names its apps so (seen in many repositories' code and in the logs of
# public issues; tried by none of us). What only looks like it is told a little more than it needs to know.
_CLOUD_FOLDER = Path("/mount/src")
_CLOUD_NAME = ".streamlit.app"


def secrets() -> Mapping:
    """Answers Streamlit's secrets; without a file of them there are none.

    Raises LessonError `secrets_unreadable`: a door whose lock nobody can read stays shut.
    """
    try:
        return st.secrets.to_dict()
    except (OSError, ValueError) as error:
        files = [Path(path) for path in st.get_option("secrets.files")]
        found = next((path for path in files if path.exists()), None)
        if found is None:
            return {}
        raise LessonError("secrets_unreadable", name=found.name) from error


def access_code() -> str:
    """Answers the code that lets people in, from the environment or else the secrets; empty where there is none.

    Raises LessonError `secrets_unreadable`, as `read_limits` does.
    """
    return str(os.environ.get("LLMS_ACCESS_CODE") or secrets().get(CODE) or "").strip()


def read_limits() -> None:
    """Lets core know the limits that stand in the secrets."""
    given = secrets().get("limits")
    if isinstance(given, Mapping):
        limits.publish(given)


def is_community_cloud() -> bool:
    host = st.context.headers.get("Host")
    named = isinstance(host, str) and host.rsplit(":", 1)[0].endswith(_CLOUD_NAME)
    return named or processes.ROOT.is_relative_to(_CLOUD_FOLDER)


def tidy() -> None:
    """Clears old work once an hour, beside whoever is visiting."""
    root = projects.workspace()
    if clearing.is_due(root):
        threading.Thread(target=clearing.clear, args=(root,), daemon=True).start()
