"""Whether a model fits in a machine: what using it and training it hold in memory, from its shapes alone.

The same formulas promise a run's memory in step 9 (`core.training.memory`).
"""

from dataclasses import dataclass
from typing import Protocol

LIBRARIES_MB = 500  # torch, transformers, peft and datasets in a process that has done nothing yet, on Linux
_TO_WRITE_MB = 440  # the same without peft and datasets (both: tests/bench/fit.py)
ROOM = 0.9  # of what is free: the rest of the machine wants to live
METHODS = ("lora", "qlora", "full")
FITS, TIGHT, USE, NO = "fits", "tight", "use", "no"
# What "fits" is said of: a run with the workshop's usual batches, of texts of about a page.
TEXTS_A_BATCH, TOKENS_A_TEXT = 8, 128
_RANK = 16
_FOUR_BITS = 0.56  # bytes a weight in NF4 with double quantisation: 4.5 bits (Dettmers et al., 2023, section 3)
_ADAM_BYTES = 12  # a trained weight's gradient and AdamW's two moments, all in float32
_READ_AT_ONCE = 1024  # tokens whose logits are held when a model is scored, or reads a long beginning
_LOGITS_MB = 34  # of logits and their gradient at a time, where `core.training.kernels` has the loss in its hands
_USUAL_VOCABULARY = 50_000


class Shaped(Protocol):
    """What is known of a model without opening it; see `core.models.folder.ModelFacts`."""

    @property
    def parameters(self) -> int: ...
    @property
    def vocabulary(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def hidden(self) -> int: ...
    @property
    def inner(self) -> int: ...
    @property
    def sides(self) -> int: ...
    @property
    def holds_logits(self) -> bool: ...


@dataclass(frozen=True)
class Shape:
    """The bare numbers of `Shaped`."""

    parameters: int
    vocabulary: int
    layers: int
    hidden: int
    inner: int
    sides: int
    holds_logits: bool = False


@dataclass(frozen=True)
class Memory:
    """MB (10⁶ bytes) of the base's weights, of what is trained beside them, and of what a batch leaves behind."""

    weights: float
    trained: float
    activations: float
    libraries: float = LIBRARIES_MB

    @property
    def total(self) -> float:
        """What the process holds at its peak, libraries included."""
        return self.libraries + self.weights + self.trained + self.activations


def using(model: Shaped, precision: str) -> Memory:
    """Answers what it takes to write with a model: its weights, and of what it has read two vectors a layer.

    Where weights lie on the disk in another precision, the pages of their file stand in memory too while they are read;
    the system takes those back as soon as it needs them, so they are not counted.
    """
    a_number = _bytes(precision)
    kept = 2 * model.layers * model.hidden * _READ_AT_ONCE * a_number
    return Memory(model.parameters * a_number / 1e6, 0.0, kept / 1e6, _TO_WRITE_MB)


def training(
    model: Shaped,
    method: str,
    precision: str,
    batch: int = TEXTS_A_BATCH,
    longest: int = TOKENS_A_TEXT,
    rank: int = _RANK,
    again: bool = False,
) -> Memory:
    """Answers what it takes to train on `batch` texts at a time, the longest of `longest` tokens.

    Of each token a layer keeps for its gradient about 14 vectors of the hidden size (two norms and what enters them,
    queries, keys, values, the attention's answer, the residual stream, dropped-out copies) and 5 of the inner size
    (gate, up, the activation, the product, what an adapter reads); computing them `again`, one of the hidden size, and
    one layer's whole set at a time.
    """
    is_full, a_number = method == "full", _bytes(precision)
    a_weight = {"full": 4.0, "qlora": _FOUR_BITS}.get(method, a_number)
    # The weights themselves count where they stand beside the base's.
    trained = trained_parameters(model, method, rank) * (_ADAM_BYTES if is_full else 4 + _ADAM_BYTES)
    tokens = batch * longest
    a_layer = 14 * model.hidden + 5 * model.inner
    layers = model.layers * model.hidden + a_layer if again else model.layers * a_layer
    a_token = 4 * model.vocabulary  # its logits, in float32
    # To train, they and their gradient; to score, all of a batch as the model gives them, and of one text at a time
    # a float32 copy and its log-softmax.
    of_logits = 2 * a_token * tokens if is_full or model.holds_logits else _LOGITS_MB * 1e6
    of_scoring = a_number * model.vocabulary * _READ_AT_ONCE + 2 * a_token * longest
    activations = max(tokens * layers * a_number + of_logits, of_scoring)
    return Memory(model.parameters * a_weight / 1e6, trained / 1e6, activations / 1e6)


def trained_parameters(model: Shaped, method: str, rank: int) -> int:
    """Answers how many numbers a run learns: the model's own, or at most those of an adapter on all its layers."""
    return model.parameters if method == "full" else rank * model.sides


def needs(model: Shaped, precision: str) -> dict[str, float]:
    """Answers the MB of using the model (`use`) and of training it by each of METHODS."""
    reckoned = {method: training(model, method, precision).total for method in METHODS}
    return {"use": using(model, precision).total, **reckoned}


def verdict(model: Shaped, precision: str, free_mb: float) -> str:
    """Says how a model fits in `free_mb`: FITS to train as usual; TIGHT, one text at a time in 4 bits; USE; or NO."""
    room = ROOM * free_mb
    if training(model, "lora", precision).total <= room:
        return FITS
    if training(model, "qlora", precision, batch=1, again=True).total <= room:
        return TIGHT
    return USE if using(model, precision).total <= room else NO


def by_size(parameters: int) -> Shape:
    """Answers about the shape that a model of so many parameters has, where nothing else is known of it yet.

    A decoder's layer has 12 · hidden² weights (Kaplan et al., 2020, section 2.1), and small ones are built of 12 to
    28 layers.
    """
    layers = 12 if parameters < 150e6 else 24
    hidden = round((parameters / (12 * layers)) ** 0.5)
    return Shape(parameters, _USUAL_VOCABULARY, layers, hidden, 4 * hidden, 18 * hidden * layers)


def _bytes(precision: str) -> int:
    return 2 if precision == "bf16" else 4
