"""What a run needs in memory, reckoned from shapes before anything is loaded; and one that does not fit reshaped."""

from dataclasses import dataclass, replace

from core import machine, storage
from core.errors import LessonError
from core.models import fit as fits
from core.models import folder as models
from core.models.fit import ROOM, Memory
from core.models.folder import ModelFacts
from core.project import Project
from core.training import promise
from core.training.settings import Settings


def trained_parameters(facts: ModelFacts, settings: Settings) -> int:
    """Answers how many numbers a run learns: the model's own, or at most those of an adapter on all its layers."""
    return fits.trained_parameters(facts, settings.method, settings.lora_rank)


def reckon(facts: ModelFacts, settings: Settings, longest: int) -> Memory:
    """Answers what a run needs whose longest text has `longest` tokens; see `core.models.fit.training`."""
    return fits.training(
        facts,
        settings.method,
        settings.precision,
        settings.batch_size,
        longest,
        settings.lora_rank,
        settings.gradient_checkpointing,
    )


@dataclass(frozen=True)
class Fit:
    """What a run needs and what is free, in MB; `settings` are those with which it fits, or the last ones tried."""

    settings: Settings
    needed: float
    free: float
    fits: bool


def fit(project: Project, settings: Settings, free_mb: float | None = None) -> Fit:
    """Makes a run fit in the free memory: fewer texts at a time with as many a correction, activations computed
    again, the base in 4 bits; each only where what was done before it does not suffice.

    What was measured for the given settings, if anything was, counts more than what is reckoned.
    """
    facts = models.describe(project.model, models.find(project.model))
    longest = settings.max_length or storage.load_json(project.tokens / "record.json")["max_length"]
    free = machine.free_memory_mb() if free_mb is None else free_mb

    def needed(tried: Settings) -> float:
        return reckon(facts, tried, longest).total

    promised = promise.read(project, settings)
    measured_more = promised.memory_mb / needed(settings) if promised else 1.0
    tried = settings
    while needed(tried) * measured_more > ROOM * free:
        smaller = _smaller(tried)
        if smaller is None:
            return Fit(tried, needed(tried) * measured_more, free, fits=False)
        tried = smaller
    return Fit(tried, needed(tried) * measured_more, free, fits=True)


def must_fit(project: Project, settings: Settings) -> Settings:
    """Answers the settings with which a run fits in memory. Raises LessonError `does_not_fit` where none do."""
    fitted = fit(project, settings)
    if not fitted.fits:
        needed, free = round(fitted.needed), round(fitted.free)
        raise LessonError("does_not_fit", model=models.public_name(project.model), needed=needed, free=free)
    return fitted.settings


def _smaller(settings: Settings) -> Settings | None:
    """Answers the next thing to try, or None where nothing is left that leaves what is learned as it is."""
    if settings.batch_size > 1:
        return settings.changed(settings.halved())
    if not settings.gradient_checkpointing:
        return replace(settings, gradient_checkpointing=True)
    if settings.method == "lora":
        return replace(settings, method="qlora")
    return None
