"""What a run has told so far: its curve and its samples, read from disk."""

import math
from dataclasses import dataclass, field

from core import storage
from core.training.runs import Run

MOST_POINTS = 300  # each tick sends the whole curve to the browser


@dataclass(frozen=True)
class Curve:
    """Points as (step, loss in nats a token). `base` is the untouched model's validation loss, if known yet."""

    train: list[tuple[int, float]] = field(default_factory=list)
    validation: list[tuple[int, float]] = field(default_factory=list)
    base: float | None = None

    @property
    def best(self) -> tuple[int, float] | None:
        """The (step, loss) of the lowest validation loss."""
        return min(self.validation, key=lambda point: point[1], default=None)


def curve(run: Run) -> Curve:
    """Reads `metrics.jsonl`. A step told twice (a run continued from a checkpoint) counts as told last."""
    told: dict[str, dict[int, float]] = {"train": {}, "validation": {}, "base": {}}
    for record in storage.read_json_lines(run.metrics):
        match record:
            case {"kind": "train" | "validation" | "base" as kind, "step": int(step), "loss": float(loss)}:
                told[kind][step] = loss
    base = told["base"].get(0)
    return Curve(thinned(sorted(told["train"].items())), sorted(told["validation"].items()), base)


def samples(run: Run) -> list[dict]:
    """Answers what the model wrote at each evaluation (`step`, `text`), in order; step 0 is the untouched model."""
    told = {}
    for record in storage.read_json_lines(run.samples):
        match record:
            case {"step": int(step), "text": str()}:
                told[step] = record
    return [told[step] for step in sorted(told)]


def thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Answers at most MOST_POINTS points, each the mean of its neighbours."""
    size = -(-len(points) // MOST_POINTS)
    if size <= 1:
        return points
    groups = [points[i : i + size] for i in range(0, len(points), size)]
    return [(group[-1][0], sum(loss for _, loss in group) / len(group)) for group in groups]


def perplexity(loss: float) -> float:
    """exp(loss): among how many equally likely tokens the model hesitates."""
    return math.exp(min(loss, 700))
