"""A download that lives on its own: `python -m core download MODEL FOLDER`, told and cancelled through files."""

import shutil
from pathlib import Path

from core import processes
from core import project as projects
from core.models import fetch, transfer
from core.models.transfer import CANCELLED as CANCELLED
from core.processes import ACTIVE


def folder_of(id: str) -> Path:
    """Answers where the download of a model says how it is: one for all who ask this machine for it."""
    return projects.workspace() / "downloads" / id.replace("/", "--")


def state(id: str) -> dict:
    """Answers how a download is; see `processes.read_state` and `core.models.transfer`."""
    return processes.read_state(folder_of(id))


def start(id: str, token: str | None = None, most_mb: int = 0) -> None:
    """Starts, or takes up again, the download of a model; does nothing where it is already under way.

    `most_mb` is the largest that may come, 0 any.
    """
    folder = folder_of(id)
    if state(id)["status"] in ACTIVE:
        return
    (folder / "request").unlink(missing_ok=True)
    (folder / "log.txt").unlink(missing_ok=True)
    arguments = ["download", id, str(folder), "--most-mb", str(most_mb)]
    processes.launch(arguments, folder, secret=token or "")


def cancel(id: str) -> None:
    """Asks a download to stop; what came down stays, and `start` goes on from there."""
    transfer.cancel(folder_of(id))


def forget(id: str) -> None:
    """Takes what was half downloaded off the disk, and that it was begun."""
    if state(id)["status"] in ACTIVE:
        return
    for half in fetch.blobs(id).glob("*.incomplete"):
        half.unlink(missing_ok=True)
    shutil.rmtree(folder_of(id), ignore_errors=True)


def run(id: str, folder: Path, token: str, most_mb: int = 0) -> None:
    """What the process does: brings the model, and ends at once when it is asked to.

    Each byte is on disk as soon as it is here, so nothing has to be tidied up.
    """

    def bring() -> dict:
        fetch.fetch(id, token or None, teller.heard, most_mb)
        return {}

    teller = transfer.Teller(folder)
    transfer.tell(teller, bring)
