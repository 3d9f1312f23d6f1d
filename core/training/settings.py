"""The settings of a run: one flat, frozen record, saved beside its result.

Each field has its label and its help, in both languages, under the same name in `texts/<language>/settings.md`.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import yaml

from core.errors import LessonError

DIALS = ("quick", "balanced", "thorough")
METHODS = ("lora", "qlora", "full")
TARGETS = ("all-linear", "attention", "mlp")
PRECISIONS = ("bf16", "fp32")
SCHEDULES = ("cosine", "linear", "constant")

# In the order in which a person meets them behind the dial.
GROUPS: dict[str, tuple[str, ...]] = {
    "learning": ("learning_rate", "epochs", "max_steps", "schedule", "warmup_share", "weight_decay"),
    "batches": ("max_length", "batch_size", "gradient_accumulation_steps", "gradient_checkpointing"),
    "adapter": ("method", "precision", "lora_rank", "lora_alpha", "lora_dropout", "lora_targets"),
    "looking": ("evaluations", "patience", "seed"),
}

# The least and the most of each number: outside, nothing useful happens or memory explodes.
RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-6, 1.0),  # a hundred times too much is a lesson of ours
    "epochs": (0.01, 200),
    "max_steps": (0, 100_000),
    "max_length": (0, 131_072),
    "batch_size": (1, 256),
    "gradient_accumulation_steps": (1, 256),
    "lora_rank": (1, 256),
    "lora_alpha": (1, 1024),
    "lora_dropout": (0.0, 0.9),
    "warmup_share": (0.0, 0.9),
    "weight_decay": (0.0, 1.0),
    "evaluations": (1, 100),
    "patience": (0, 100),
    "seed": (0, 2**31 - 1),
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "dial": DIALS,
    "method": METHODS,
    "lora_targets": TARGETS,
    "precision": PRECISIONS,
    "schedule": SCHEDULES,
}
SWITCHES = ("gradient_checkpointing",)


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run besides its data and its base model."""

    dial: str = "quick"
    method: str = "lora"
    learning_rate: float = 2e-3
    epochs: float = 4.0
    max_steps: int = 0  # 0: as many as the epochs ask for
    max_length: int = 0  # in tokens; 0: as the texts were cut
    batch_size: int = 8
    gradient_accumulation_steps: int = 1
    gradient_checkpointing: bool = False
    lora_rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    lora_targets: str = "all-linear"
    precision: str = "fp32"
    schedule: str = "cosine"
    warmup_share: float = 0.1  # of all steps
    weight_decay: float = 0.0
    evaluations: int = 4
    patience: int = 0  # evaluations without a lower validation loss before stopping; 0 never stops
    seed: int = 7

    def changed(self, values: Mapping[str, object]) -> Self:
        """Answers a copy with `values` (text or numbers) put in their fields' types.

        Raises LessonError `settings_out_of_range` naming every problem at once.
        """
        fields = {field.name: field for field in dataclasses.fields(self)}
        problems: list[str] = []
        kept: dict[str, Any] = {}
        for name, value in values.items():
            if name not in fields:
                problems.append(f"{name} = {value} (?)")
                continue
            try:
                kept[name] = _switch(value) if name in SWITCHES else type(getattr(self, name))(value)
            except (TypeError, ValueError):
                problems.append(f"{name} = {value} ({type(getattr(self, name)).__name__})")
        changed = dataclasses.replace(self, **kept)
        problems += changed.problems()
        if problems:
            raise LessonError("settings_out_of_range", problems="; ".join(problems))
        return changed

    def halved(self) -> dict[str, int]:
        """Answers half as many texts at a time, twice as often before each step: the same updates in half the memory.

        An odd batch is divided by its smallest divisor; of a batch of one nothing changes.
        """
        size = self.batch_size
        by = next((divisor for divisor in range(2, size + 1) if size % divisor == 0), 1)
        accumulated = self.gradient_accumulation_steps * by
        return {"batch_size": size // by, "gradient_accumulation_steps": accumulated}

    def steps(self, rows: int, processes: int = 1) -> int:
        """Answers how many steps a run takes: `max_steps`, or the epochs' batches divided by the accumulation."""
        batches = math.ceil(rows / self.batch_size)
        per_epoch = math.ceil(batches / self.gradient_accumulation_steps / processes)
        return self.max_steps or max(1, math.ceil(per_epoch * self.epochs))

    def as_yaml(self) -> str:
        """Answers the settings as a file that a person can read, keep and share."""
        return yaml.safe_dump(dataclasses.asdict(self), sort_keys=False, allow_unicode=True)

    def differences(self, other: Self) -> dict[str, object]:
        """Answers the fields that `other` has otherwise, with the values they have here."""
        mine = dataclasses.asdict(self)
        return {name: value for name, value in mine.items() if value != getattr(other, name)}

    def problems(self) -> list[str]:
        """Answers each field that is out of its range, with the range."""
        found = [
            f"{name} = {getattr(self, name)} ({low:g}–{high:g})"
            for name, (low, high) in RANGES.items()
            if not low <= getattr(self, name) <= high
        ]
        return found + [
            f"{name} = {getattr(self, name)} ({', '.join(options)})"
            for name, options in OPTIONS.items()
            if getattr(self, name) not in options
        ]


def _switch(value: object) -> bool:
    """Reads yes or no as people and YAML write it. Raises ValueError."""
    said = str(value).lower()
    if said not in ("true", "false", "1", "0"):
        raise ValueError(value)
    return said in ("true", "1")


def read_yaml(content: str, name: str) -> Settings:
    """Reads what `Settings.as_yaml` wrote, or part of it; what is not named keeps its default.

    Raises LessonError `settings_unreadable`, `settings_out_of_range`.
    """
    try:
        values = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise LessonError("settings_unreadable", name=name) from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise LessonError("settings_unreadable", name=name)
    return Settings().changed(values)
