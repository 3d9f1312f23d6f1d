"""BLEU over a set of texts, as `sacrebleu` computes it.

The geometric mean of the shares of runs of 1 to 4 words that stand in the reference, times a penalty for being
shorter than it (Papineni et al., 2002, "BLEU: a method for automatic evaluation of machine translation"; Post, 2018,
"A call for clarity in reporting BLEU scores"); 0 to 100, higher is better. With sacrebleu's defaults: 13a words,
exponential smoothing. Counted over the whole set: a mean of BLEUs of single texts is another thing, and no BLEU.
"""

import datasets
import evaluate
from sacrebleu.metrics import BLEU

from core.evaluation import measured


class Bleu(evaluate.Metric):
    """BLEU-4 with sacrebleu's defaults."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Precision of the runs of words that a text shares with its reference, brevity penalised.",
            citation="Papineni et al. (2002), BLEU; Post (2018), A call for clarity in reporting BLEU scores.",
            inputs_description="predictions: written texts; references: one reference for each.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references, per_row=False):
        return measured.answer({"bleu": measured.of_counts(BLEU(), predictions, references)}, per_row)
