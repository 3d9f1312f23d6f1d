"""How much of a summary was copied from its source, as an `evaluate` module of the workshop's own.

The fragments of a summary are the longest runs of words that it shares with its source, taken from the left
(Grusky, Naaman and Artzi, 2018, "Newsroom", algorithm in figure 3). Over the words S of a summary and its fragments f:

    copied = sum of |f| / |S|           (coverage)  0 to 1: 1 when every word stands in the source
    copied_run = sum of |f|² / |S|      (density)   0 to |S|: the mean length of the fragment a word belongs to

Averaged over texts. Neither more nor less is better by itself: a good summary takes names and facts from its source.
Words are compared without case or punctuation. An empty summary is left out; one without a source copied nothing.
"""

import datasets
import evaluate

from core.evaluation import measured, ngrams


def fragments(source, summary):
    """Answers the length, in words, of each fragment that `summary` shares with `source` (lists of words)."""
    places: dict[str, list[int]] = {}
    for at, word in enumerate(source):
        places.setdefault(word, []).append(at)
    lengths, at = [], 0
    while at < len(summary):
        longest = 0
        for place in places.get(summary[at], ()):
            length = 1
            while summary[at + length : at + length + 1] == source[place + length : place + length + 1] != []:
                length += 1
            longest = max(longest, length)
        if longest:
            lengths.append(longest)
        at += max(1, longest)
    return lengths


class Copied(evaluate.Metric):
    """Coverage and density of the extractive fragments."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Share of a summary that stands in its source, and the length of what does.",
            citation="Grusky, Naaman and Artzi (2018), Newsroom: summaries with diverse extractive strategies.",
            inputs_description="predictions: written summaries; sources: the text that each one summarises.",
            features=datasets.Features({"predictions": datasets.Value("string"), "sources": datasets.Value("string")}),
        )

    def _compute(self, predictions, sources, per_row=False):
        pairs = [(ngrams.words(p), ngrams.words(s)) for p, s in zip(predictions, sources, strict=True)]
        found = [(len(summary), fragments(source, summary)) for summary, source in pairs]
        written = [int(length > 0) for length, _ in found]
        coverage = [sum(parts) / max(1, length) for length, parts in found]
        density = [sum(part * part for part in parts) / max(1, length) for length, parts in found]
        return measured.answer(
            {"copied": measured.mean(coverage, written), "copied_run": measured.mean(density, written)}, per_row
        )
