"""How long the written texts are beside their references, as an `evaluate` module of the workshop's own.

Words written / words of the references, over the whole set (the ratio whose shortness BLEU penalises: Papineni et
al., 2002); 0 to infinity. 1 is as long as the reference; neither more nor less is better by itself. A text whose
reference is empty is left out: nothing divides by it.
"""

import datasets
import evaluate

from core.evaluation import measured, ngrams


class LengthRatio(evaluate.Metric):
    """Words of the predictions over words of the references."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Words written for each word of the reference.",
            citation="Papineni et al. (2002), BLEU: a method for automatic evaluation of machine translation.",
            inputs_description="predictions: written texts; references: one reference for each.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references, per_row=False):
        lengths = [len(ngrams.words(reference)) for reference in references]
        rows = [len(ngrams.words(p)) / of if of else 0.0 for p, of in zip(predictions, lengths, strict=True)]
        return measured.answer({"length_ratio": measured.mean(rows, lengths)}, per_row)
