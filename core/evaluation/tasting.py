"""A blind tasting of a run: pairs of texts that base and adapted model wrote from beginnings that training never saw.

<run>/tasting/plan.json      the beginnings and their seeds, drawn once: an interrupted writing goes on from it
              written.jsonl  every text with the model that wrote it, as it comes; gone once the pairs are laid out
              key.json       which model stands on which side: no page and no pack reads it before the reveal
              pairs.json     what is tasted, without the key; written last, so that its being there means "ready"
              answers.jsonl  her answers as they come; see `core.evaluation.answers`
"""

from dataclasses import dataclass
from pathlib import Path

from core import processes, storage
from core.evaluation.evaluate import fingerprint
from core.training.runs import Run

SIDES = ("base", "adapted")
PLACES = ("left", "right")
FEWEST = 10  # pairs, for a tasting to begin to say something


@dataclass(frozen=True)
class Pair:
    """A beginning, and what stands on each side."""

    beginning: str
    left: str
    right: str


@dataclass(frozen=True)
class Tasting:
    """What is tasted, without its key. `alike` pairs were written, and put aside, in which both models said the same.

    `texts` is how many different beginnings there are, of texts that training did not see.
    """

    id: str
    task: str
    language: str
    pairs: tuple[Pair, ...]
    alike: int
    texts: int


def folder(run: Run) -> Path:
    return run.folder / "tasting"


def start(run: Run) -> None:
    """Starts writing the pairs of a run, or goes on with it, in a process of its own, unless one is at work."""
    if processes.read_state(folder(run))["status"] not in processes.ACTIVE:
        processes.launch(["tasting", str(run.folder)], folder(run))


def read(run: Run) -> Tasting | None:
    """Answers the tasting that is laid out; None where there is none, or the adapter changed since."""
    record = storage.read_json(folder(run) / "pairs.json")
    if record is None or record.pop("adapter") != fingerprint(run):
        return None
    pairs = tuple(Pair(**pair) for pair in record.pop("pairs"))
    return Tasting(**record, pairs=pairs)


def key(run: Run) -> list[dict[str, str]]:
    """Answers, for each pair, which model stands on which side. Only for who reveals it."""
    return storage.load_json(folder(run) / "key.json")["sides"]


def put_away(run: Run) -> None:
    """Makes room for another tasting: the one that is laid out goes, whole, to `earlier/`."""
    tasted = read(run)
    if tasted:
        away = folder(run) / "earlier" / tasted.id
        away.mkdir(parents=True, exist_ok=True)
        for name in ("pairs.json", "key.json", "answers.jsonl", "plan.json", "friends"):
            if (folder(run) / name).exists():
                (folder(run) / name).rename(away / name)
