"""ROUGE with a tokenizer that knows Unicode, as an `evaluate` module of the workshop's own.

F1 of what a written summary and the reference share, 0 to 1, higher is better, averaged over texts (Lin, 2004):
words (rouge1), pairs of words (rouge2), the longest common subsequence of the whole (rougeL) and of each sentence,
put together (rougeLsum). `_normalised`: the same once accents are dropped and each word is cut to its stem
(Snowball, Porter, 2001), so that «cantó» and «cantaban» agree. An empty summary, or an empty reference, scores 0.
The scores are those of `rouge_score`; only how a text is cut in words and sentences is ours, since its own
tokenizer drops every letter that is not a to z.
"""

import datasets
import evaluate
import snowballstemmer
from rouge_score import rouge_scorer

from core import texts
from core.evaluation import measured, ngrams

TYPES = ("rouge1", "rouge2", "rougeL", "rougeLsum")
STEMMERS = {"es": "spanish", "en": "english"}


class Words:
    """Lower-cased words of letters and digits of any alphabet: «corazón» is one word."""

    def tokenize(self, text):
        return ngrams.words(text)


class Stems:
    """The same words, each cut to its stem and without accents. The stemmer reads accents: it goes first."""

    def __init__(self, language):
        self._stemmer = snowballstemmer.stemmer(STEMMERS[language])

    def tokenize(self, text):
        return [texts.unaccented(stem) for stem in self._stemmer.stemWords(ngrams.words(text))]


class Rouge(evaluate.Metric):
    """ROUGE-1, 2, L and Lsum, raw and normalised."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Overlap of a written summary with the reference one, averaged over texts.",
            citation="Lin (2004), ROUGE: A Package for Automatic Evaluation of Summaries.",
            inputs_description="predictions: written summaries; references: the reference ones; language: es or en.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(self, predictions, references, language="es", per_row=False):
        lined = [("\n".join(ngrams.sentences(one)) for one in side) for side in (predictions, references)]
        pairs = list(zip(*lined, strict=True))
        found: dict[str, measured.Measured] = {}
        for ending, tokenizer in (("", Words()), ("_normalised", Stems(language))):
            scorer = rouge_scorer.RougeScorer(TYPES, tokenizer=tokenizer)
            scores = [scorer.score(reference, prediction) for prediction, reference in pairs]
            found |= {name + ending: measured.mean([score[name].fmeasure for score in scores]) for name in TYPES}
        return measured.answer(found, per_row)
