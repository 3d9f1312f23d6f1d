"""ROUGE with a tokenizer that knows Unicode, as an `evaluate` module of the workshop's own."""

import re

import datasets
import evaluate
from rouge_score import rouge_scorer

TYPES = ("rouge1", "rouge2", "rougeL")


class UnicodeWords:
    """Lower-cased words of letters and digits of any alphabet: «corazón» is one word."""

    def tokenize(self, text):
        return re.findall(r"\w+", text.lower())


class Rouge(evaluate.Metric):
    """F1 of the words (1), pairs of words (2) and longest common subsequence (L) that two texts share, 0 to 1."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Overlap of a written summary with the reference one, averaged over texts.",
            citation="Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries.",
            inputs_description="predictions: written summaries; references: the reference ones.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references):
        scorer = rouge_scorer.RougeScorer(TYPES, tokenizer=UnicodeWords())
        scores = [scorer.score(r, p) for p, r in zip(predictions, references, strict=True)]
        return {name: sum(score[name].fmeasure for score in scores) / len(scores) for name in TYPES}
