"""What comes with the workshop: a small Spanish model of our own, and texts written for it."""

from pathlib import Path

MODEL = Path(__file__).parent / "model"
SAMPLES = Path(__file__).parent / "samples"


def sample_path(name: str, language: str) -> Path:
    """Answers the file of the sample `name` (`poems`, `notes`) in `language`."""
    return SAMPLES / f"{name}.{language}.jsonl"
