"""Metrics by name over what was written: the workshop's own `evaluate` modules, loaded by path, nothing fetched."""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.evaluation.copying import Index
from core.evaluation.measured import Measured
from core.generation.score import Score

if TYPE_CHECKING:
    from evaluate import EvaluationModule

METRICS = Path(__file__).parent / "metrics"
# What each module reads besides what was written.
INPUTS: dict[str, tuple[str, ...]] = {
    "rouge": ("references", "language"),
    "chrf": ("references",),
    "bleu": ("references",),
    "length_ratio": ("references",),
    "copied": ("sources",),
    "distinct": (),
    "repetition": (),
    "novelty": ("known",),
    "verse": ("language",),
}
# What each value says of a model: `higher` or `lower` is better; `nearer` to her own texts is.
BETTER = {
    "loss": "lower",
    "perplexity": "lower",
    "bits_per_character": "lower",
    "rouge1": "higher",
    "rouge2": "higher",
    "rougeL": "higher",
    "rougeLsum": "higher",
    "rouge1_normalised": "higher",
    "rouge2_normalised": "higher",
    "rougeL_normalised": "higher",
    "rougeLsum_normalised": "higher",
    "chrf": "higher",
    "bleu": "higher",
    "length_ratio": "nearer",
    "copied": "nearer",
    "copied_run": "nearer",
    "distinct1": "nearer",
    "distinct2": "nearer",
    "repetition": "nearer",
    "novelty": "higher",
    "verse_words": "nearer",
    "verse_syllables": "nearer",
    "verse_consonant": "nearer",
    "verse_assonant": "nearer",
}


def measure(
    names: Iterable[str],
    predictions: Sequence[str],
    references: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    language: str = "es",
    known: Sequence[str] | Index | None = None,
) -> dict[str, Measured]:
    """Measures what was written with each of the modules `names` (the keys of INPUTS).

    `references` and `sources` have a text for each prediction; `known` are the training texts, or their index where
    many sides are measured against the same. Answers the values by their own names (those of BETTER): one module may
    give several. With no predictions every value is None. Raises ValueError where a module's input is missing.
    """
    given = {"references": references, "sources": sources, "language": language, "known": known}
    found: dict[str, Measured] = {}
    for name in names:
        inputs = {wanted: given[wanted] for wanted in INPUTS[name]}
        missing = [wanted for wanted, value in inputs.items() if value is None]
        if missing:
            raise ValueError(f"{name} needs {missing}")
        found |= compute(name, list(predictions), per_row=True, **inputs)
    return found


def measure_scores(scores: Sequence[Score]) -> dict[str, Measured]:
    """Answers loss (rows weigh as their tokens), perplexity, and bits per character (rows weigh as characters)."""
    return compute(
        "perplexity",
        predictions=[score.nats for score in scores],
        references=[{"tokens": score.tokens, "characters": score.characters} for score in scores],
        per_row=True,
    )


def compute(metric: str, predictions: list, **inputs: object) -> dict:
    """Computes one module. Answers its values by name; with `per_row=True`, what was Measured."""
    module = _module(metric)
    # The library cannot take an empty set; ours say what there is to say of it.
    return module.compute(predictions=predictions, **inputs) if predictions else module._compute([], **inputs)


@cache
def _module(metric: str) -> "EvaluationModule":
    os.environ.setdefault("HF_EVALUATE_OFFLINE", "1")
    import evaluate

    return evaluate.load(str(METRICS / metric), keep_in_memory=True, experiment_id=str(os.getpid()))
