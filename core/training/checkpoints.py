"""A run's checkpoints on disk: sealed once they are whole, few at a time, and trusted only while the seal holds."""

import hashlib
import os
import shutil
from pathlib import Path

from core import storage
from core.training.runs import Run

_SEAL = "sealed.json"  # written last: the SHA-256 of every other file


def seal(checkpoint: Path) -> None:
    """Says that a checkpoint is whole. From then on it counts, for as long as no byte of it changes."""
    seals = {}
    for path in sorted(checkpoint.iterdir()):
        with path.open("r+b") as file:
            os.fsync(file.fileno())  # a machine that loses its power now keeps it
            seals[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    storage.write_json(checkpoint / _SEAL, seals)


def is_whole(checkpoint: Path) -> bool:
    """Says whether it was sealed and is as it was then."""
    seals = storage.read_json(checkpoint / _SEAL)
    try:
        return seals is not None and all(_digest(checkpoint / name) == seals[name] for name in seals)
    except OSError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def last(run: Run) -> Path | None:
    """Answers the last whole checkpoint that still has the best one beside it, after deleting any later one.

    A run that was killed, a disk that filled up or one that forgets may have left them otherwise.
    """
    for folder in reversed(_all(run)):
        if is_whole(folder) and is_whole(best(folder)):
            return folder
        shutil.rmtree(folder, ignore_errors=True)
    return None


def best(checkpoint: Path) -> Path:
    """Answers the checkpoint with the lowest validation loss up to this one; itself where none was evaluated."""
    step = told(checkpoint).get("best_global_step")
    return checkpoint.with_name(f"checkpoint-{step}") if step else checkpoint


def told(checkpoint: Path) -> dict:
    """Answers what the Trainer noted there: `global_step`, `best_global_step`, `log_history` and more."""
    return storage.read_json(checkpoint / "trainer_state.json") or {}


def forget(run: Run) -> None:
    """Deletes all but the newest and the best one; where these are one, what was the best before stays too.

    By their steps: the Trainer's own way goes by the clock, and deletes the newest once that has been put back.
    """
    *older, newest = _all(run)
    kept = {newest, best(newest)}
    if older and best(newest) == newest:
        kept.add(best(older[-1]))
    for folder in older:
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def any_made(run: Run) -> bool:
    """Says whether there is one at all, whole or not."""
    return bool(_all(run))


def _all(run: Run) -> list[Path]:
    return sorted(run.checkpoints.glob("checkpoint-*"), key=lambda folder: int(folder.name.removeprefix("checkpoint-")))
