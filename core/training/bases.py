"""One's own earlier runs as a beginning: a whole model that was trained, or the base of an adapter."""

from collections.abc import Iterable
from dataclasses import dataclass

from core import storage
from core.project import Project
from core.training import runs


@dataclass(frozen=True)
class Own:
    """A run that ended: what it is called, and the `reference` under which step 3 takes it.

    Where it `is_whole` that is its own folder; else it is the base that its adapter was made for.
    """

    project: Project
    run: runs.Run
    is_whole: bool
    reference: str


def mine(projects: Iterable[Project]) -> list[Own]:
    """Answers the runs of these projects that have learned something, in their order, the newest of each first."""
    found = []
    for project in projects:
        for run in runs.list_runs(project):
            if run.weights:
                is_whole = storage.read_json(run.adapter / "config.json") is not None
                reference = str(run.adapter) if is_whole else run.record()["model"]
                found.append(Own(project, run, is_whole, reference))
    return found
