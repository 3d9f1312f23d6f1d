"""What she chose for her chapbook; it is kept with the project."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from core import project as projects
from core.project import Project

STEP = "chapbook"  # under which project.json keeps all this among her choices
# What can be left out. Title page and colophon stay: they say whose it is, and what and whose licence it stands on.
SECTIONS = ("foreword", "passages", "curve", "figures", "copies", "limits", "decision")


@dataclass(frozen=True)
class Choices:
    """`title` "" is the project's name. `passages` are ids of `core.sharing.chapbook.passages`; None: as proposed."""

    title: str = ""
    author: str = ""
    dedication: str = ""
    left_out: tuple[str, ...] = ()
    passages: tuple[str, ...] | None = None

    def changed(self, given: Mapping[str, Any]) -> Self:
        """Answers a copy with the words that are `given`, without those that are None, and `without` more sections."""
        said = {name: given[name] for name in ("title", "author", "dedication") if given.get(name) is not None}
        gone = {*self.left_out, *given.get("without", ())}
        return replace(self, **said, left_out=tuple(one for one in SECTIONS if one in gone))


def kept(project: Project) -> Choices:
    """Answers what she chose; what another hand or version wrote there and cannot be is left aside."""
    found = project.choices.get(STEP, {})
    said = {name: text for name in ("title", "author", "dedication") if isinstance(text := found.get(name), str)}
    left_out = tuple(section for section in SECTIONS if section in _listed(found.get("left_out")))
    chosen = found.get("passages")
    return Choices(**said, left_out=left_out, passages=None if chosen is None else tuple(map(str, _listed(chosen))))


def keep(project: Project, choices: Choices) -> Project:
    return projects.update(project, STEP, asdict(choices))


def _listed(value: object) -> list:
    return list(value) if isinstance(value, list | tuple) else []
