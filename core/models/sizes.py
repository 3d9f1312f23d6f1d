"""Which sizes of model a machine can use, and which it can adapt, reckoned from shapes that models have."""

from dataclasses import dataclass

from core import machine
from core.models import fit
from core.models import folder as models
from core.models.fit import ROOM, Shape

LONGEST = 128  # tokens of the texts that it is reckoned for: a page and a half of short lines


def _shape(parameters: int, layers: int, hidden: int, inner: int, vocabulary: int) -> Shape:
    """`parameters` in millions; a layer has four square matrices and three between `hidden` and `inner`."""
    return Shape(parameters * 10**6, vocabulary, layers, hidden, inner, layers * (8 * hidden + 3 * (hidden + inner)))


# Shapes as their configurations give them: SmolLM2-135M and -360M, Qwen3-0.6B, -1.7B, -4B and -8B.
SIZES = (
    _shape(135, 30, 576, 1536, 49_152),
    _shape(360, 32, 960, 2560, 49_152),
    _shape(600, 28, 1024, 3072, 151_936),
    _shape(1700, 28, 2048, 6144, 151_936),
    _shape(4000, 36, 2560, 9728, 151_936),
    _shape(8000, 36, 4096, 12_288, 151_936),
)


@dataclass(frozen=True)
class Reach:
    """MB (10⁶ bytes) free and what the classroom's model needs to be adapted; its size, and the largest ones that fit,
    to use and to adapt, in millions of parameters: 0 where not even the smallest does."""

    free: float
    classroom: float
    ours: int
    use: int
    adapt: int


def reach(free_mb: float | None = None) -> Reach:
    """Reckons what fits in `free_mb`; None for what is free on this machine now."""
    free = machine.free_memory_mb() if free_mb is None else free_mb
    precision = machine.precision().value
    ours = models.describe(models.CLASSROOM, models.find(models.CLASSROOM))

    def to_adapt(model: fit.Shaped) -> float:
        return fit.training(model, "lora", precision, batch=1, longest=LONGEST, again=True).total

    def largest(needed: dict[int, float]) -> int:
        return max((size for size, megabytes in needed.items() if megabytes <= ROOM * free), default=0)

    return Reach(
        free=free,
        classroom=to_adapt(ours),
        ours=round(ours.parameters / 1e6),
        use=largest({size.parameters // 10**6: fit.using(size, precision).total for size in SIZES}),
        adapt=largest({size.parameters // 10**6: to_adapt(size) for size in SIZES}),
    )
