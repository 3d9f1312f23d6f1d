"""A class of people: its code, its teacher's secret, and what each learner chose to show. None of her texts go along.

<workspace>/classes/<code>/class.json            name, the secret's SHA-256, when it was made
<workspace>/classes/<code>/learners/<id>.json    the name that she typed, the steps she has done, when
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core import storage
from core.errors import LessonError
from core.project import Project

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another when it is read from a board
_CODE = re.compile(f"[{_LETTERS}]{{6}}")
LONGEST_NAME = 60


@dataclass(frozen=True)
class Learner:
    """What a learner shows: the name she typed, the steps she has done, and when that was written (seconds)."""

    name: str
    done: tuple[str, ...]
    written: float


def create(root: Path, name: str, hosted: bool = False) -> tuple[str, str]:
    """Makes a class; on a shared server, where it is `hosted`, it is cleared with old work.

    Answers its code, for the learners, and its secret, for the teacher, which is kept nowhere.
    """
    code, secret = "".join(secrets.choice(_LETTERS) for _ in range(6)), secrets.token_hex(16)
    made = {"name": name.strip()[:LONGEST_NAME], "secret": _digest(secret), "created": time.time(), "hosted": hosted}
    storage.write_json(_folder(root, code) / "class.json", made)
    return code, secret


def learners(root: Path, code: str, secret: str) -> tuple[str, list[Learner]]:
    """Answers a class's name and its learners, by name. Raises LessonError `class_not_found`, `class_secret_wrong`."""
    folder = _open(root, code)
    record = storage.load_json(folder / "class.json")
    if not hmac.compare_digest(_digest(secret.strip()), record["secret"]):
        raise LessonError("class_secret_wrong", group=folder.name)
    found = [storage.read_json(path) for path in (folder / "learners").glob("*.json")]
    shown = [Learner(one["name"], tuple(one["done"]), one["written"]) for one in found if one]
    return record["name"], sorted(shown, key=lambda one: one.name.casefold())


def share(root: Path, code: str, project: Project, name: str, done: Sequence[str]) -> str:
    """Writes what a learner shows, over what she showed before. Answers the code as it is kept.

    Raises LessonError `class_not_found`, `class_needs_name`.
    """
    folder = _open(root, code)
    if not name.strip():
        raise LessonError("class_needs_name", group=folder.name)
    record = Learner(name.strip()[:LONGEST_NAME], tuple(done), time.time())
    storage.write_json(_record(folder, project), asdict(record))
    return folder.name


def shared(root: Path, code: str, project: Project) -> Learner | None:
    """Answers what this project shows to the class; None where it shows nothing."""
    record = storage.read_json(_record(_folder(root, code), project)) if _CODE.fullmatch(code) else None
    return Learner(record["name"], tuple(record["done"]), record["written"]) if record else None


def stop(root: Path, code: str, project: Project) -> None:
    """Takes back what this project shows to the class."""
    if _CODE.fullmatch(code):
        _record(_folder(root, code), project).unlink(missing_ok=True)


def _open(root: Path, code: str) -> Path:
    written = "".join(code.upper().split())
    if not _CODE.fullmatch(written) or not (_folder(root, written) / "class.json").is_file():
        raise LessonError("class_not_found", group=written[:20])
    return _folder(root, written)


def _folder(root: Path, code: str) -> Path:
    return root / "classes" / code


def _record(folder: Path, project: Project) -> Path:
    """Named by a digest: who reads the folder cannot open the project with it."""
    return folder / "learners" / f"{_digest(project.id)[:32]}.json"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
