"""How much a text repeats itself, as an `evaluate` module of the workshop's own.

rep-4: 1 - different runs of 4 words / all runs of 4 words, in each text, averaged over texts (Welleck et al., 2020,
"Neural text generation with unlikelihood training", seq-rep-4); 0 to 1. A model that got stuck is near 1; a refrain is
some repetition too. Lower is better, as far as her own texts are low. A text of fewer than 4 words is left out.
"""

import datasets
import evaluate

from core.evaluation import measured, ngrams

WORDS = 4


class Repetition(evaluate.Metric):
    """The share of runs of four words that stood before in the same text."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Share of the runs of four words of a text that it had already said.",
            citation="Welleck et al. (2020), Neural text generation with unlikelihood training.",
            inputs_description="predictions: written texts.",
            features=datasets.Features({"predictions": datasets.Value("string")}),
        )

    def _compute(self, predictions, per_row=False):
        runs = [ngrams.runs(ngrams.words(text), WORDS) for text in predictions]
        rows = [1 - len(set(of)) / len(of) if of else 0.0 for of in runs]
        return measured.answer({"repetition": measured.mean(rows, [int(bool(of)) for of in runs])}, per_row)
