"""How much of the written texts is not in the training texts, as an `evaluate` module of the workshop's own.

The share of a text's words that stand in no run of six or more words of a training text, averaged over texts; 0 to 1,
higher is newer. The n-gram novelty of McCoy et al. (2023, "How much do language models copy from their
training data?"), told in words, so that it is the same number as the copying detector's (core/evaluation/copying.py,
which says why six). A text without words copied nothing: 1.
"""

import datasets
import evaluate

from core.evaluation import measured
from core.evaluation.copying import Index


class Novelty(evaluate.Metric):
    """The share of words that stand in no copy."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Share of the words that stand in no run of six words of a training text.",
            citation="McCoy et al. (2023), How much do language models copy from their training data?",
            inputs_description="predictions: written texts; known: the training texts, or an index of them.",
            features=datasets.Features({"predictions": datasets.Value("string")}),
        )

    def _compute(self, predictions, known, per_row=False):
        index = known if isinstance(known, Index) else Index(known)
        rows = [index.look(text).novelty for text in predictions]
        return measured.answer({"novelty": measured.mean(rows)}, per_row)
