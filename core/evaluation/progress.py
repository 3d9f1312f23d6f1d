"""What an evaluation has done and how long it still takes; its rows on disk, so that it can go on where it stopped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import storage
from core.errors import LessonError
from core.processes import State

SCORED, WRITTEN = "scored", "written"
# Seconds a row on two cores with the classroom's model: only until the first batch of each kind was timed.
_GUESSED = {SCORED: 0.01, WRITTEN: 0.15}
MODELS = ("base", "few_shot", "adapted")  # the sides that cost the same a row; to count or to copy takes no time
STOP = "stop"


@dataclass
class Work:
    """The rows of every side in `folder`, one JSON line a row, and the state that tells how far they are."""

    folder: Path
    state: State
    left: dict[tuple[str, str], int] = field(default_factory=dict)  # rows to do, by side and kind
    taken: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)  # seconds and rows, as timed
    total: int = 0

    def done(self, side: str, kind: str) -> dict[int, dict]:
        """Answers the rows that are on disk, by their number."""
        return {line["row"]: line for line in storage.read_json_lines(self._path(side, kind))}

    def plan(self, side: str, kind: str, rows: int) -> None:
        """Notes that a side has so many rows to do of a kind, of which some may be there."""
        self.left[side, kind] = rows - len(self.done(side, kind))
        self.total += rows

    def forget(self, side: str) -> None:
        """Takes back the plans of a side that cannot take part."""
        for planned in [planned for planned in self.left if planned[0] == side]:
            self.total -= self.left.pop(planned)

    def keep(self, side: str, kind: str, rows: Sequence[dict], seconds: float) -> None:
        """Writes rows that were just done, tells how far it is, and stops here if she asked. Raises LessonError."""
        for row in rows:
            storage.append_json(self._path(side, kind), row)
        self.left[side, kind] -= len(rows)
        before, count = self.taken.get((side, kind), (0.0, 0))
        self.taken[side, kind] = (before + seconds, count + len(rows))
        self.tell(side, kind)
        if (self.folder.parent / STOP).exists():
            raise LessonError("evaluation_stopped")

    def tell(self, side: str, kind: str) -> None:
        done = self.total - sum(self.left.values())
        self.state.write(step=done, steps=self.total, side=side, kind=kind, seconds_left=self.seconds_left())

    def seconds_left(self) -> float:
        """Answers how long the rest takes, each kind at the pace that it was seen to have."""
        return sum(rows * self._pace(side, kind) for (side, kind), rows in self.left.items())

    def _pace(self, side: str, kind: str) -> float:
        """Answers seconds a row: this side's, else what the other models took for this kind, else a guess."""
        if side not in MODELS:
            return 0.0
        alike = [self.taken[model, kind] for model in MODELS if (model, kind) in self.taken]
        seconds, rows = self.taken.get((side, kind)) or (sum(s for s, _ in alike), sum(r for _, r in alike))
        return seconds / rows if rows else _GUESSED[kind]

    def _path(self, side: str, kind: str) -> Path:
        return self.folder / f"{side}.{kind}.jsonl"


def batches(rows: Iterable[int], sizes: Sequence[int], together: int) -> list[list[int]]:
    """Groups row numbers so that those of like sizes are together, always in the same way."""
    order = sorted(rows, key=lambda row: (sizes[row], row))
    return [order[at : at + together] for at in range(0, len(order), together)]
