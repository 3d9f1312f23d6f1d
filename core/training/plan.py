"""One dial from which every setting follows, each with its reason for this data, this model and this machine."""

import math
from collections.abc import Mapping

from core import machine, storage
from core.errors import LessonError
from core.machine import Choice
from core.models import folder as models
from core.models.folder import ModelFacts
from core.project import Project
from core.training.settings import Settings

# Passes over the data; the best of them, by validation loss, is kept.
_EPOCHS = {"quick": 4, "balanced": 8, "thorough": 16}
_RANK = {"quick": 16, "balanced": 16, "thorough": 32}
_EVALUATIONS = {"quick": 4, "balanced": 8, "thorough": 12}
_PATIENCE = {"quick": 0, "balanced": 3, "thorough": 4}
# Under this many updates an epoch, smaller batches learn more from the same texts than they cost in time.
_UPDATES_AN_EPOCH = 20


def plan(project: Project, dial: str) -> dict[str, Choice]:
    """Answers a value and a reason for every setting that the dial decides.

    Raises LessonError `not_tokenised`.
    """
    tokens = storage.read_json(project.tokens / "record.json")
    if tokens is None:
        raise LessonError("not_tokenised")
    facts = models.describe(project.model, models.find(project.model))
    rows = tokens["rows"]["train"]
    batch = batch_size(rows)
    return {
        "dial": Choice(dial, f"dial.{dial}", {}),
        "method": method(facts),
        "learning_rate": learning_rate(facts),
        "epochs": Choice(float(_EPOCHS[dial]), f"epochs.{dial}", {"rows": rows}),
        "batch_size": Choice(batch, "batch_size", {"rows": rows, "updates": math.ceil(rows / batch)}),
        "lora_rank": Choice(_RANK[dial], "lora_rank", {}),
        "lora_alpha": Choice(2 * _RANK[dial], "lora_alpha", {}),
        "precision": machine.precision(),
        "evaluations": Choice(_EVALUATIONS[dial], "evaluations", {}),
        "patience": Choice(_PATIENCE[dial], "patience", {}),
    }


def settings(project: Project, dial: str) -> Settings:
    """Answers the plan's values as Settings."""
    return _values(plan(project, dial))


def used(chosen: Mapping[str, Choice], settings: Settings) -> dict[str, Choice]:
    """Answers what a run with `settings` does, in the plan's order: what she changed by hand says so.

    `max_steps` stands in the place of the epochs, which do not count while it is not 0.
    """
    mine = {name: Choice(value, "by_hand", {}) for name, value in settings.differences(_values(chosen)).items()}
    shown = dict(chosen) | mine
    if not settings.max_steps:
        return shown
    shown["max_steps"] = Choice(settings.max_steps, "by_hand.max_steps", {})
    names = ("max_steps" if name == "epochs" else name for name in chosen)
    return {name: shown.pop(name) for name in names} | {name: own for name, own in shown.items() if name != "epochs"}


def _values(chosen: Mapping[str, Choice]) -> Settings:
    return Settings().changed({name: choice.value for name, choice in chosen.items()})


def batch_size(rows: int) -> int:
    """Answers 4, 8 or 16: the largest that still leaves some twenty updates an epoch."""
    return next((size for size in (16, 8) if rows / size >= _UPDATES_AN_EPOCH), 4)


def learning_rate(model: ModelFacts) -> Choice:
    """Chooses a learning rate by size: small models bear, and need, larger steps.

    2e-3 was measured on the classroom model; 2e-4 is LoRA's usual value from half a billion parameters on
    (Dettmers et al., 2023, "QLoRA", use 1e-4 to 2e-4 from 7 to 65 billion).
    """
    facts = {"parameters": model.parameters / 1e6}
    if model.parameters < 50e6:
        return Choice(2e-3, "learning_rate.small", facts)
    if model.parameters < 300e6:
        return Choice(5e-4, "learning_rate.medium", facts)
    return Choice(2e-4, "learning_rate.large", facts)


def method(model: ModelFacts) -> Choice:
    """Chooses LoRA, or QLoRA (4 bits) where the frozen base would take over a third of the free memory."""
    free = machine.inspect().free_memory_gb * 1e9
    size = model.parameters * (2 if machine.precision().value == "bf16" else 4)
    facts = {"model_gb": size / 1e9, "free_gb": free / 1e9}
    return Choice("qlora", "method.qlora", facts) if size > free / 3 else Choice("lora", "method.lora", facts)
