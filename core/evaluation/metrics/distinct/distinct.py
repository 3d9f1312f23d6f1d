"""How varied the words of a set of texts are, as an `evaluate` module of the workshop's own.

distinct-n: different runs of n words / all runs of n words, over all texts together (Li et al., 2016, "A
diversity-promoting objective function for neural conversation models"); 0 to 1, higher is more varied. It falls as
texts grow longer, for people too: only sets of about the same length are to be compared. No word at all: None.
"""

import datasets
import evaluate

from core.evaluation import measured, ngrams


class Distinct(evaluate.Metric):
    """distinct-1 and distinct-2."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Share of the words, and pairs of words, of a set of texts that are different.",
            citation="Li et al. (2016), A diversity-promoting objective function for neural conversation models.",
            inputs_description="predictions: written texts.",
            features=datasets.Features({"predictions": datasets.Value("string")}),
        )

    def _compute(self, predictions, per_row=False):
        words = [ngrams.words(text) for text in predictions]
        found = {}
        for n in (1, 2):
            runs = [run for text in words for run in ngrams.runs(text, n)]
            found[f"distinct{n}"] = measured.Measured(len(set(runs)) / len(runs) if runs else None)
        return measured.answer(found, per_row)
