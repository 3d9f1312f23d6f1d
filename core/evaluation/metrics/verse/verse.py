"""A lens for verse, as an `evaluate` module of the workshop's own. It describes; it does not judge.

Over the lines of all texts: mean metric syllables (verse_syllables), the share of lines that rhyme in all sounds
(verse_consonant) or at least in the vowels (verse_assonant) with a line nearby, 0 to 1, and mean words (verse_words).
How lines are scanned and what rhymes: core/evaluation/metre.py and rhyme.py, with their sources. Nearer to her own
texts is better. Only Spanish is scanned: in another language there is verse_words and no more. A text without lines
is left out.
"""

import datasets
import evaluate

from core.evaluation import measured, metre, ngrams, rhyme


class Verse(evaluate.Metric):
    """Syllables, rhyme and length of the lines."""

    def _info(self):
        return evaluate.MetricInfo(
            description="Metric syllables, rhyme and length of the lines of texts in Spanish.",
            citation="Navarro Tomás (1956), Métrica española; Quilis (1984), Métrica española.",
            inputs_description="predictions: texts, a verse a line; language: es, or another, of which less is said.",
            features=datasets.Features({"predictions": datasets.Value("string")}),
        )

    def _compute(self, predictions, language="es", per_row=False):
        texts = [metre.verses(text) for text in predictions]
        counts = [len(lines) for lines in texts]

        def over(sums):
            return measured.mean([total / max(1, of) for total, of in zip(sums, counts, strict=True)], counts)

        found = {"verse_words": over([sum(len(ngrams.words(line)) for line in lines) for lines in texts])}
        if language == "es":
            found["verse_syllables"] = over([sum(map(metre.metric_syllables, lines)) for lines in texts])
            for kind in rhyme.KINDS:
                found[f"verse_{kind}"] = over([sum(rhyme.rhymes(lines, kind)) for lines in texts])
        return measured.answer(found, per_row)
