"""Settings that are each in their range, and work against one another or against the texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core import machine, storage
from core.models import folder as models
from core.project import Project
from core.training import engine
from core.training.settings import Settings

# Above it, training all weights of a pretrained model tends to undo what it knew: ten times what BERT's and GPT's
# makers fine-tuned with (Devlin et al., 2019: up to 5e-5; Radford et al., 2018: 6.25e-5), and more.
_FULL_RATE = 5e-4


@dataclass(frozen=True)
class Doubt:
    """One thing to look at: the setting beside which it is said, its code (`doubt.CODE`), and what fills it."""

    setting: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


def of_project(project: Project, settings: Settings) -> list[Doubt]:
    """Answers `look` for a project's tokens and model."""
    rows = storage.load_json(project.tokens / "record.json")["rows"]["train"]
    return look(settings, rows, models.describe(project.model, models.find(project.model)).context)


def look(settings: Settings, rows: int, context: int) -> list[Doubt]:
    """Answers everything at once, for that many training rows and a model that reads `context` tokens."""
    read = settings.batch_size * settings.gradient_accumulation_steps
    steps = engine.schedule(settings, rows).steps
    suits = machine.precision().value
    found = [
        (settings.max_steps > 0, "epochs", "epochs", {"steps": settings.max_steps}),
        (settings.max_length > context, "max_length", "context", {"context": context}),
        (read > rows, "batch_size", "batch", {"read": read, "rows": rows}),
        (settings.evaluations > steps, "evaluations", "evaluations", {"steps": steps}),
        (settings.patience >= settings.evaluations, "patience", "patience", {"evaluations": settings.evaluations}),
        (settings.method == "full" and settings.learning_rate > _FULL_RATE, "learning_rate", "full", {}),
        (settings.precision == "bf16" and suits != "bf16", "precision", "bf16", {}),
    ]
    return [Doubt(name, code, facts) for is_so, name, code, facts in found if is_so]
