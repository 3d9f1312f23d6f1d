"""Publishing a run's model: `python -m core publish RUN --name NAME`, told and cancelled through files.

The repository is private until all is in it. One that we made, and that got nothing because she cancelled or the Hub
refused, is deleted again; after a cut it stays, empty and private, so that `start` goes on or `undo` deletes it.

In `runs/<run>/share/`:

    publishing/state.json  how the last one goes, or ended: `id`, `merged`, `public`, `update`, and `left`: `empty`
                           where a repository that we made is on the Hub with nothing in it
    published.json         what is on the Hub, by name: `merged`, `private`, `files`, `bytes`, `licence`, `commit`, `at`
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core import classroom, processes, storage
from core.errors import LessonError
from core.evaluation import evaluate
from core.models import account as accounts
from core.models import transfer
from core.models.account import Account
from core.models.folder import CLASSROOM
from core.models.transfer import Teller
from core.processes import ACTIVE
from core.project import Project
from core.sharing import gate, merged, repository, upload
from core.sharing.card import hub_card
from core.training.runs import Run

NOTHING, EMPTY = "nothing", "empty"
# What may be sent, by its name: weights, configurations, tokenizers and terms.
_SENT = (".safetensors", ".json", ".model", ".jinja", "vocab.txt", "merges.txt", "LICENSE", "LICENSE.md", "LICENSE.txt",
         "NOTICE")  # fmt: skip
# After these there is something to go on with; any other refusal is for good.
_CUTS = ("no_connection", "hub_slow", "hub_busy", "hub_ill", "publish_token")


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
    _note(run, id, {**published(run)[id], "private": True})


def delete(run: Run, id: str, token: str) -> None:
    """Deletes one from the Hub, for good."""
    repository.delete(id, token)
    _note(run, id, None)


def _note(run: Run, id: str, facts: dict | None) -> None:
    rest = {name: one for name, one in published(run).items() if name != id}
    storage.write_json(run.folder / "share" / "published.json", {**rest, **({id: facts} if facts else {})})


# ---------------------------------------------------------------- what is sent


def files(run: Run, project: Project, id: str, is_merged: bool) -> Mapping[str, Path | bytes]:
    """Answers what is published, by its name there: model, card and, of an adapter of the classroom's, the base.

    The merged model is made first, where it is not there yet. Raises LessonError `run_not_finished`, and what
    `merged.make` does.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    is_whole = is_merged or run.settings().method == "full"
    if is_merged and not merged.is_made(run):
        merged.make(run, project, project.language)
    folder = merged.folder(run) if is_merged else run.adapter
    found: dict[str, Path | bytes] = {path.name: path for path in folder.iterdir() if _is_sent(path)}
    if run.record()["model"] == CLASSROOM and not is_whole:
        found |= {f"base/{path.name}": path for path in classroom.MODEL.iterdir() if _is_sent(path)}
    return found | {"README.md": hub_card(run, project, evaluate.result(run), id, gate.kept(run), is_merged).encode()}


def _is_sent(path: Path) -> bool:
    return path.is_file() and path.name.endswith(_SENT)


# ---------------------------------------------------------------- the process that publishes


def publish(run: Run, project: Project, wish: Wish, token: str) -> dict:
    """Does what is wished, telling in `told(run)` how it goes. Answers the state that it ended in:

    `finished`, `failed` with an error's code, or `cancelled` (then the process ends here).
    """
    folder = told(run)
    folder.mkdir(parents=True, exist_ok=True)
    before = storage.read_json(folder / "state.json") or {}
    teller = Teller(folder, lambda: publication.tidied(), merged=wish.merged, public=wish.public, update=wish.update)
    publication = _Publication(run, project, wish, token, teller, before)
    transfer.tell(teller, publication.whole)
    return storage.load_json(folder / "state.json")


class _Publication:
    """One publishing, from asking whose the token is to what is on the Hub."""

    def __init__(self, run: Run, project: Project, wish: Wish, token: str, teller: Teller, before: dict) -> None:
        self.run, self.project, self.wish, self.token, self.teller = run, project, wish, token, teller
        self.id, self.made = "", False  # made: by us, with nothing in it yet
        self.left = before.get("id", "") if before.get("left") == EMPTY else ""  # what an earlier one left on the Hub
        teller.note(left=EMPTY if self.left else NOTHING)

    def whole(self) -> dict:
        """Publishes all of it. Answers what then stands in the state."""
        try:
            self._publish()
        except LessonError as error:
            if error.code not in _CUTS:
                self.teller.note(**self.tidied())
            raise
        return {"left": NOTHING}

    def _publish(self) -> None:
        id = repository.full_name(self.wish.id, _owner(self.token))
        if self.wish.public:
            gate.check(self.run)
        if self.left not in ("", id):
            repository.delete_if_empty(self.left, self.token)
        self.id, self.made = id, self.left == id
        self.teller.note(id=id, left=EMPTY if self.made else NOTHING)
        sent = files(self.run, self.project, id, self.wish.merged)
        before = self._place()
        with repository.in_words(id):
            commit = upload.send(id, sent, self.token, before, self.teller.heard, self.teller.undisturbed)
        self.made = False  # it holds something now
        facts = {
            "merged": self.wish.merged, "private": before.private if before else True, "files": sorted(sent),
            "bytes": self.teller.total, "licence": gate.kept(self.run).licence, "commit": commit, "at": time.time(),
        }  # fmt: skip
        self.teller.note(left=NOTHING)
        _note(self.run, id, facts)
        if self.wish.public and facts["private"]:
            repository.show_to_all(id, self.token)
            _note(self.run, id, {**facts, "private": False})

    def _place(self) -> repository.Found | None:
        """Answers what is under the name; where nothing is, makes a repository first, and answers None.

        What everybody sees already has to pass the gate before anything changes.
        """
        found = repository.look(self.id, self.token)
        if found is None:
            with self.teller.undisturbed():
                self.made = True
                self.teller.note(left=EMPTY)
                repository.make(self.id, self.token)
            return None
        if not (self.made and found.is_empty):
            self.made = False
            self.teller.note(left=NOTHING)
            if not self.wish.update:
                raise LessonError("name_taken", name=self.id)
        if not found.private:
            gate.check(self.run)
        return found

    def tidied(self) -> dict:
        """Deletes what was made and got nothing. Answers what is left on the Hub, for the state."""
        if not self.id:  # it never came to that
            return {"left": EMPTY if self.left else NOTHING}
        if self.made:
            try:
                repository.delete_if_empty(self.id, self.token)
            except LessonError:
                return {"left": EMPTY}
        return {"left": NOTHING}


def _owner(token: str) -> Account:
    """Answers whose a token is. Raises LessonError `publish_token`, and what `account.whoami` does."""
    try:
        if token:
            return accounts.whoami(token)
    except LessonError as error:
        if error.code != "token_refused":
            raise
    raise LessonError("publish_token")
