"""chrF over a set of texts, as `sacrebleu` computes it.

The F-score, with recall counting twice, of the runs of 1 to 6 characters that a written text and its reference share,
spaces apart (Popović, 2015, "chrF: character n-gram F-score for automatic MT evaluation"); 0 to 100, higher is better.
Runs are counted over the whole set before they are divided. An empty text shares nothing and still counts.
"""

import datasets
import evaluate
from sacrebleu.metrics import CHRF

from core.evaluation import measured


class Chrf(evaluate.Metric):
    """chrF2 with sacrebleu's defaults."""

    def _info(self):
        return evaluate.MetricInfo(
            description="F-score of the runs of characters that a text and its reference share.",
            citation="Popović (2015), chrF: character n-gram F-score for automatic MT evaluation.",
            inputs_description="predictions: written texts; references: one reference for each.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references, per_row=False):
        return measured.answer({"chrf": measured.of_counts(CHRF(), predictions, references)}, per_row)
