"""Which sizes of model a machine can use, and which it can adapt, reckoned from shapes that models have."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core import machine
from core.models import folder as models
from core.training import memory
from core.training.settings import Settings

ROOM = 0.9  # of what is free, as in `core.training.memory`: the rest of the machine wants to live
LONGEST = 128  # tokens of the texts that it is reckoned for: a page and a half of short lines
_QUICK = Settings(method="lora", max_length=LONGEST, batch_size=1, gradient_checkpointing=True)


@dataclass(frozen=True)
class Size:
    """A size that models come in: `parameters` in millions, and the shape of one that has it."""

    parameters: int
    layers: int
    hidden: int
    inner: int
    vocabulary: int


# Shapes as their configurations give them: SmolLM2-135M and -360M, Qwen3-0.6B, -1.7B, -4B and -8B.
SIZES = (
    Size(135, 30, 576, 1536, 49_152),
    Size(360, 32, 960, 2560, 49_152),
    Size(600, 28, 1024, 3072, 151_936),
    Size(1700, 28, 2048, 6144, 151_936),
    Size(4000, 36, 2560, 9728, 151_936),
    Size(8000, 36, 4096, 12_288, 151_936),
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
    settings = replace(_QUICK, precision=machine.precision().value)
    ours = models.describe(models.CLASSROOM, models.find(models.CLASSROOM))

    def to_adapt(size: Size) -> float:
        shape = replace(
            ours,
            parameters=size.parameters * 10**6,
            layers=size.layers,
            hidden=size.hidden,
            inner=size.inner,
            vocabulary=size.vocabulary,
        )
        # The adapter, which `reckon` takes from the files of a model: r · (in + out) of seven matrices a layer.
        learned = settings.lora_rank * size.layers * (8 * size.hidden + 3 * (size.hidden + size.inner))
        return memory.reckon(shape, settings, LONGEST).total + learned * 16 / 1e6

    def to_use(size: Size) -> float:
        return memory.LIBRARIES_MB + size.parameters * (2 if settings.precision == "bf16" else 4)

    return Reach(
        free=free,
        classroom=memory.reckon(ours, settings, LONGEST).total,
        ours=round(ours.parameters / 1e6),
        use=_largest(to_use, free),
        adapt=_largest(to_adapt, free),
    )


def _largest(needed: Callable[[Size], float], free: float) -> int:
    return max((size.parameters for size in SIZES if needed(size) <= ROOM * free), default=0)
