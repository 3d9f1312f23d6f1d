"""What a run needs in memory, reckoned from shapes before anything is loaded; and one that does not fit reshaped."""

from dataclasses import dataclass, replace

from core import machine, storage
from core.errors import LessonError
from core.generation.score import TOKENS_A_BATCH
from core.models import folder as models
from core.models.folder import ModelFacts
from core.project import Project
from core.training import promise
from core.training.settings import Settings

LIBRARIES_MB = 500  # torch, transformers, peft and datasets in a process that has done nothing yet, on Linux
_FOUR_BITS = 0.56  # bytes a weight in NF4 with double quantisation: 4.5 bits (Dettmers et al., 2023, section 3)
_ADAM_BYTES = 12  # a trained weight's gradient and AdamW's two moments, all in float32
_ROOM = 0.9  # of what is free: the rest of the machine wants to live


@dataclass(frozen=True)
class Memory:
    """MB (10⁶ bytes) of the base's weights, of what is trained beside them, and of what a batch leaves behind."""

    weights: float
    trained: float
    activations: float

    @property
    def total(self) -> float:
        """What the process holds at its peak, libraries included."""
        return LIBRARIES_MB + self.weights + self.trained + self.activations


def trained_parameters(facts: ModelFacts, settings: Settings) -> int:
    """Answers how many numbers a run learns: the model's own, or at most those of an adapter on all its layers."""
    is_full = settings.method == "full"
    return facts.parameters if is_full else models.adapter_parameters(facts.folder, settings.lora_rank)


def reckon(facts: ModelFacts, settings: Settings, longest: int) -> Memory:
    """Answers what a run needs whose longest text has `longest` tokens.

    Of each token a layer keeps for its gradient about 12 vectors of the hidden size (two norms and what enters them,
    queries, keys, values, the attention's answer, the residual stream) and 4 of the inner size (gate, up, the
    activation and the product); computing again, one of the hidden size, and one layer's whole set at a time.
    """
    is_full, precision = settings.method == "full", 2 if settings.precision == "bf16" else 4
    a_weight = {"full": 4.0, "qlora": _FOUR_BITS}.get(settings.method, precision)
    # The weights themselves count where they stand beside the base's.
    trained = trained_parameters(facts, settings) * (_ADAM_BYTES if is_full else 4 + _ADAM_BYTES)
    tokens = settings.batch_size * longest
    a_layer = 12 * facts.hidden + 4 * facts.inner
    layers = facts.layers * a_layer
    if settings.gradient_checkpointing:
        layers = facts.layers * facts.hidden + a_layer
    # Logits in float32 and their gradient; over a frozen base only a few rows of them exist at a time.
    of_logits = 2 * 4 * facts.vocabulary * (tokens if is_full else min(tokens, TOKENS_A_BATCH))
    of_scoring = 2 * 4 * facts.vocabulary * TOKENS_A_BATCH
    activations = max(tokens * layers * precision + of_logits, of_scoring)
    return Memory(facts.parameters * a_weight / 1e6, trained / 1e6, activations / 1e6)


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
    while needed(tried) * measured_more > _ROOM * free:
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
