"""Publishing a run's model: `python -m core publish RUN --name NAME`, told and cancelled through files.

The repository is private until all is in it. One that we made, and that got nothing because she cancelled or the Hub
refused, is deleted again; after a cut it stays, empty and private, so that `start` goes on or `undo` deletes it.

In `runs/<run>/share/`:

    publishing/state.json  how the last one goes, or ended: `id`, `merged`, `public`, `update`, and `left`: `empty`
                           where a repository that we made is on the Hub with nothing in it
    published.json         what is on the Hub, by name: `merged`, `private`, `files`, `bytes`, `licence`, `commit`, `at`
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core import processes, storage
from core.errors import LessonError
from core.models import transfer
from core.processes import ACTIVE
from core.sharing import repository
from core.training.runs import Run

NOTHING, EMPTY = "nothing", "empty"


@dataclass(frozen=True)
class Wish:
    """What she wants published: under which name, adapter or whole, for all to see, over what is there already."""

    id: str
    merged: bool = False
    public: bool = False
    update: bool = False


def told(run: Run) -> Path:
    """The folder where the process that publishes says how far it is."""
    return run.folder / "share" / "publishing"


def state(run: Run) -> dict:
    """Answers how the last publishing goes, or how it ended; see `processes.read_state` and `core.models.transfer`."""
    return processes.read_state(told(run))


def start(run: Run, wish: Wish, token: str) -> None:
    """Publishes in a process of its own, or goes on after a cut; does nothing where one is under way.

    Raises LessonError `publish_token` without one: the process would look for another of this machine's.
    """
    if not token:
        raise LessonError("publish_token")
    if state(run)["status"] in ACTIVE:
        return
    folder = told(run)
    (folder / "request").unlink(missing_ok=True)
    (folder / "log.txt").unlink(missing_ok=True)
    chosen = {"--merged": wish.merged, "--public": wish.public, "--update": wish.update}
    options = [option for option, is_chosen in chosen.items() if is_chosen]
    processes.launch(["publish", str(run.folder), "--name", wish.id, *options], folder, secret=token)


def cancel(run: Run) -> None:
    """Asks the process to stop: what it made and is still empty is deleted."""
    transfer.cancel(told(run))


def undo(run: Run, token: str) -> None:
    """Deletes the empty repository that a cut left, and forgets that it was begun."""
    said = state(run)
    if said["status"] in ACTIVE:
        return
    if said.get("left") == EMPTY:
        repository.delete_if_empty(said["id"], token)
    forget(run)


def forget(run: Run) -> None:
    """Forgets how the last publishing ended; what is on the Hub stays."""
    shutil.rmtree(told(run), ignore_errors=True)


# ---------------------------------------------------------------- what is on the Hub


def published(run: Run) -> dict[str, dict]:
    """Answers what of this run is on the Hub, by its name there, as far as this computer knows."""
    return storage.read_json(run.folder / "share" / "published.json") or {}


def hide(run: Run, id: str, token: str) -> None:
    """Makes a public one private again."""
    repository.show_to_all(id, token, everybody=False)
    note(run, id, {**published(run)[id], "private": True})


def delete(run: Run, id: str, token: str) -> None:
    """Deletes one from the Hub, for good."""
    repository.delete(id, token)
    note(run, id, None)


def note(run: Run, id: str, facts: dict | None) -> None:
    """Notes what is on the Hub under a name; None where nothing is any more."""
    rest = {name: one for name, one in published(run).items() if name != id}
    storage.write_json(run.folder / "share" / "published.json", {**rest, **({id: facts} if facts else {})})
