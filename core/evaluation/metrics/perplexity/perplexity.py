"""Loss, perplexity and bits per character, as an `evaluate` module of the workshop's own."""

import math

import datasets
import evaluate


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

    def _compute(self, predictions, references):
        nats = sum(predictions)
        tokens = sum(text["tokens"] for text in references)
        characters = sum(text["characters"] for text in references)
        loss = nats / tokens
        return {
            "loss": loss,
            "perplexity": math.exp(min(loss, 700)),
            "bits_per_character": nats / math.log(2) / characters,
        }
