"""Her testbed: beginnings of her own, written in step 4, that every later step goes back to.

They lie in the project's choices of step 4: `prompts`, their texts, and `kinds`, one code a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from core import project as projects
from core.project import Project

STEP = "04_try_model"
KINDS = ("like", "other", "hard")  # close to her texts; on another subject; difficult
FREE = "free"
ENOUGH = 3


@dataclass(frozen=True)
class Beginning:
    """A text to go on from, and why it is in the testbed: one of KINDS, or `free`."""

    text: str
    kind: str


def beginnings(project: Project | None) -> list[Beginning]:
    """Answers her testbed; those that were kept without a kind are of the kinds in their order, then free."""
    kept = project.choices.get(STEP, {}) if project else {}
    texts = kept.get("prompts", [])
    kinds = kept.get("kinds") or KINDS
    return [Beginning(text, kind or FREE) for text, kind in zip_longest(texts, kinds[: len(texts)])]


def keep(project: Project, wanted: Sequence[Beginning]) -> Project:
    """Keeps her testbed: without what is blank, and without the second of two that are alike."""
    kept: dict[str, str] = {}
    for one in wanted:
        if one.text.strip():
            kept.setdefault(one.text.strip(), one.kind)
    return projects.update(project, STEP, {"prompts": list(kept), "kinds": list(kept.values())})


def add(project: Project, text: str) -> Project:
    """Adds a beginning, of the first kind that the testbed has none of."""
    kept = beginnings(project)
    missing = (kind for kind in KINDS if kind not in {one.kind for one in kept})
    return keep(project, [*kept, Beginning(text, next(missing, FREE))])


def sample(project: Project) -> str:
    """Answers the beginning that training's samples go on from: the one chosen in step 10, else the first; or ""."""
    texts = [one.text for one in beginnings(project)]
    chosen = project.choices.get("10_train", {}).get("prompt")
    return chosen if chosen in texts else next(iter(texts), "")
