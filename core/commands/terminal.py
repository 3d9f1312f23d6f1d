"""What the options of a command line mean, the same for every command."""

import argparse
import getpass
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from core import project as projects
from core import texts
from core.errors import LessonError

if TYPE_CHECKING:
    from core.training.runs import Run


def language(options: argparse.Namespace) -> str:
    """Answers `--language`, else what `texts.system_language` finds."""
    return getattr(options, "language", None) or texts.system_language()


def root(options: argparse.Namespace) -> Path:
    return Path(options.workspace).absolute() if options.workspace else projects.workspace()


def project_of(run: "Run") -> projects.Project:
    return projects.open_project(run.workspace, run.folder.parent.parent.name)


def token(tongue: str) -> str:
    """Answers a token of the Hub: that of `HF_TOKEN`, else what is piped in, else what is typed, which is not shown.

    Never an option: whoever else is on the machine can read those.
    """
    from core.models import account

    given = os.environ.get("HF_TOKEN") or ""
    if not given:
        asked = texts.words(tongue, "command")("token")
        given = getpass.getpass(f"{asked} ") if sys.stdin.isatty() else sys.stdin.read()
    return account.clean(given)


def teller(tongue: str):
    words = texts.words(tongue, "command")
    began = time.monotonic()

    def say(key: str, **facts: object) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {words(key, **facts)}", file=sys.stderr, flush=True)

    return say


def assignments(pairs: list[str]) -> dict[str, str]:
    """Reads NAME=VALUE pairs. Raises LessonError `settings_out_of_range`."""
    for pair in pairs:
        if "=" not in pair:
            raise LessonError("settings_out_of_range", problems=f"{pair} (NAME=VALUE)")
    return dict(pair.split("=", 1) for pair in pairs)


def whole(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise LessonError("settings_out_of_range", problems=f"max_length = {text} (int)") from error
