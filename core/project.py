"""A project: one person's texts, choices and runs, in one folder of the workspace."""

import os
import re
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from core import limits, storage
from core.errors import LessonError

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Project:
    """What `project.json` holds, and where. `choices` is what she chose in the steps, by step.

    `hosted` says that it was begun on a server that she shares: see `limits`, and `clearing`.
    """

    folder: Path
    id: str
    name: str
    language: str = "es"
    task: str = "write"
    model: str = "classroom"
    owner: str = ""
    hosted: bool = False
    created: float = 0.0
    choices: dict = field(default_factory=dict)

    @property
    def texts(self) -> Path:
        return self.folder / "texts"

    @property
    def prepared(self) -> Path:
        return self.folder / "prepared"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"


def workspace() -> Path:
    """Answers `$LLMS_WORKSPACE`, else the user's data folder for this program."""
    import platformdirs

    chosen = os.environ.get("LLMS_WORKSPACE")
    return Path(chosen).expanduser().absolute() if chosen else Path(platformdirs.user_data_path("llms-para-poetas"))


def new_id() -> str:
    """Answers 128 random bits as 32 hexadecimal digits: nobody guesses it."""
    return secrets.token_hex(16)


def is_id(text: object) -> bool:
    """Says whether `text` is an id of ours; ask before it touches a path."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def create(root: Path, name: str, language: str, **changes: Any) -> Project:
    """Makes a project folder with its `project.json`.

    Raises LessonError `too_many_projects`, `disk_over_limit` for a `hosted` one that its owner may not have.
    """
    id = new_id()
    if changes.get("hosted"):
        limits.may_begin(root, changes.get("owner", ""))
    project = Project(root / id, id, name, language=language, created=time.time(), **changes)
    _write(project)
    return project


def open_project(root: Path, id: str) -> Project:
    """Reads a project. Raises LessonError `project_not_found`."""
    content = storage.read_json(root / id / "project.json") if is_id(id) else None
    if content is None:
        raise LessonError("project_not_found", project=str(id)[:40])
    storage.recover(root / id)
    return Project(folder=root / id, **content)


def list_projects(root: Path) -> list[Project]:
    """Answers the projects of a workspace, the newest first."""
    if not root.is_dir():
        return []
    found = []
    for path in root.glob("*/project.json"):
        try:
            found.append(open_project(root, path.parent.name))
        except LessonError:
            continue  # not ours, or damaged: the others are still there
    return sorted(found, key=lambda project: -project.created)


def update(project: Project, step: str = "", choices: dict | None = None, **changes: Any) -> Project:
    """Writes changed fields and the `choices` made in `step` over what is on disk: another tab may have written."""
    with FileLock(project.folder / "project.lock"):
        current = open_project(project.folder.parent, project.id)
        kept = {**current.choices, step: {**current.choices.get(step, {}), **choices}} if choices else current.choices
        changed = replace(current, choices=kept, **changes)
        if changed != current:
            _write(changed)
    return changed


def _write(project: Project) -> None:
    content = asdict(project)
    del content["folder"]
    storage.write_json(project.folder / "project.json", content)
