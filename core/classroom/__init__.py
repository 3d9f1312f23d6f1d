"""What comes with the workshop: a small Spanish model of our own, and texts written for it."""

from pathlib import Path
from typing import Any

from core import storage

MODEL = Path(__file__).parent / "model"
RECORD = Path(__file__).parent / "record.json"
SAMPLES = Path(__file__).parent / "samples"


def sample_path(name: str, language: str) -> Path:
    """Answers the file of the sample `name` (`poems`, `notes`) in `language`."""
    return SAMPLES / f"{name}.{language}.jsonl"


def record() -> dict[str, Any]:
    """Answers how the model was made and how it did: what `core.pretraining.record` wrote of it."""
    return storage.load_json(RECORD)
