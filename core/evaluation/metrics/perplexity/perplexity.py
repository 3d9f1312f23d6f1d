"""Loss, perplexity and bits per character, as an `evaluate` module of the workshop's own.

loss = nats / tokens, 0 to infinity; perplexity = exp(loss), 1 to infinity (Jelinek et al., 1977); bits per character =
nats / ln 2 / characters, 0 to infinity, comparable between models that cut texts otherwise. Lower is better in all.
All three are over the whole set, so that a long text counts more than a short one. Nothing scored: None.
"""

import math

import datasets
import evaluate

from core.evaluation import measured


class Perplexity(evaluate.Metric):
    """Works from what a model was measured to lose on each text, so that a model is run only once."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Mean surprise of a language model over texts, in three units.",
            citation="Jelinek et al. (1977), Perplexity: a measure of the difficulty of speech recognition tasks.",
            inputs_description="predictions: nats lost on each text; references: its scored tokens and characters.",
            features=datasets.Features(
                {
                    "predictions": datasets.Value("float64"),
                    "references": {"tokens": datasets.Value("int64"), "characters": datasets.Value("int64")},
                }
            ),
        )

    def _compute(self, predictions, references, per_row=False):
        tokens = [text["tokens"] for text in references]
        characters = [text["characters"] for text in references]
        loss = measured.mean([n / max(1, of) for n, of in zip(predictions, tokens, strict=True)], tokens)
        bits = [n / math.log(2) / max(1, of) for n, of in zip(predictions, characters, strict=True)]
        found = {
            "loss": loss,
            "perplexity": measured.Measured(None if loss.value is None else math.exp(min(loss.value, 700))),
            "bits_per_character": measured.mean(bits, characters),
        }
        return measured.answer(found, per_row)
