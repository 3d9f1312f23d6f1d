"""The process that publishes: from asking whose the token is to what is on the Hub; see `core.sharing.publish`."""

import time
from collections.abc import Mapping
from pathlib import Path

from core import classroom, storage
from core.errors import LessonError
from core.evaluation import evaluate
from core.models import account as accounts
from core.models import transfer
from core.models.account import Account
from core.models.folder import CLASSROOM
from core.models.transfer import Teller
from core.project import Project
from core.sharing import gate, making, merged, repository, upload
from core.sharing.card import hub_card
from core.sharing.publish import EMPTY, NOTHING, Wish, note, told
from core.training.runs import Run

# What may be sent, by its name: weights, configurations, tokenizers and terms.
_SENT = (".safetensors", ".json", ".model", ".jinja", "vocab.txt", "merges.txt", "LICENSE", "LICENSE.md", "LICENSE.txt",
         "NOTICE")  # fmt: skip
# After these there is something to go on with; any other refusal is for good.
_CUTS = ("no_connection", "hub_slow", "hub_busy", "hub_ill", "publish_token")


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
        self.id, self.made, self.is_sending = "", False, False  # made: by us, with nothing in it yet
        self.left = before.get("id", "") if before.get("left") == EMPTY else ""  # what an earlier one left on the Hub
        teller.note(left=EMPTY if self.left else NOTHING)

    def whole(self) -> dict:
        """Publishes all of it. Answers what then stands in the state."""
        try:
            self._publish()
        except LessonError as error:
            if error.code not in _CUTS:
                self.teller.note(**self.tidied())
            if error.code in ("no_connection", "hub_slow") and self.is_sending:
                raise LessonError("publish_cut", name=self.id) from error
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
        self.is_sending = True
        with repository.in_words(id):
            commit = upload.send(id, sent, self.token, before, self.teller.heard, self.teller.undisturbed)
        self.made = self.is_sending = False
        facts = {
            "merged": self.wish.merged, "private": before.private if before else True, "files": sorted(sent),
            "bytes": self.teller.total, "licence": gate.kept(self.run).licence, "commit": commit, "at": time.time(),
        }  # fmt: skip
        self.teller.note(left=NOTHING)
        note(self.run, id, facts)
        if self.wish.public and facts["private"]:
            repository.show_to_all(id, self.token)
            note(self.run, id, {**facts, "private": False})

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


def files(run: Run, project: Project, id: str, is_merged: bool) -> Mapping[str, Path | bytes]:
    """Answers what is published, by its name there: model, card and, of an adapter of the classroom's, the base.

    The merged model is made first, where it is not there yet. Raises LessonError `run_not_finished`, and what
    `merged.make` does.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    is_whole = is_merged or run.settings().method == "full"
    if is_merged and not merged.is_made(run):
        with making.told(merged.told(run)) as progress:  # where others share the machine, in its turn
            merged.make(run, project, project.language, progress)
    folder = merged.folder(run) if is_merged else run.adapter
    found: dict[str, Path | bytes] = {path.name: path for path in folder.iterdir() if _is_sent(path)}
    if run.record()["model"] == CLASSROOM and not is_whole:
        found |= {f"base/{path.name}": path for path in classroom.MODEL.iterdir()}
    return found | {"README.md": hub_card(run, project, evaluate.result(run), id, gate.kept(run), is_merged).encode()}


def _is_sent(path: Path) -> bool:
    return path.is_file() and path.name.endswith(_SENT)
