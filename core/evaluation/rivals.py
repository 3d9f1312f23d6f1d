"""The rivals that cost nothing: what the adapted model has to beat before it is worth anything.

For summaries: the first sentence, the first three (in news hard to beat: Nenkova, 2005, "Automatic text summarization
of newswire"), and an extractive ranker. For any text: the untouched model with examples before its eyes, and counts.
"""

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from core.generation.ngram import END, NGram
from core.generation.score import Score

SHOTS = 4  # examples in a prompt: more help little, and a small model has no room for them
_SEED = 7
# A sentence ends with its mark and the quotes that close it, before a space; a line break ends one too.
_SENTENCE = re.compile(r".+?(?:[.!?…]+[»”\"')\]]*(?=\s)|$)", re.DOTALL)
_WORD = re.compile(r"\w+")


def examples(rows: Sequence[dict], room: int) -> list[int]:
    """Answers the ids of up to SHOTS training rows (`input_ids`), one after another, at most `room` tokens in all.

    They are drawn, always the same ones; what is longer than its share of the room is passed over. Empty where none
    fits.
    """
    share = room // SHOTS
    fitting = [row["input_ids"] for row in rows if len(row["input_ids"]) <= share]
    fitting = fitting or [row["input_ids"] for row in rows if len(row["input_ids"]) <= room]
    random.Random(_SEED).shuffle(fitting)
    chosen: list[int] = []
    for ids in fitting[:SHOTS]:
        if len(chosen) + len(ids) <= room:
            chosen += ids
    return chosen


def counted(model: NGram, text: str, characters: int) -> Score:
    """Answers what counting gives the part of `text` that the others were scored on: its first `characters`.

    Its end is scored where the others' was. `tokens` are its own, which no other's are.
    """
    costs = model.token_nats(text[:characters])
    nats = [nats for token, nats in costs if token != END or characters >= len(text)]
    return Score(math.fsum(nats), len(nats), characters)


def sentences(text: str) -> list[str]:
    """Cuts a text into sentences, at their marks and at line breaks."""
    lines = (line.strip() for line in text.splitlines())
    return [found.strip() for line in lines if line for found in _SENTENCE.findall(line) if found.strip()]


def lead(text: str, count: int) -> str:
    """Answers the first `count` sentences."""
    return " ".join(sentences(text)[:count])


class Ranker:
    """An extractive summary: the sentences nearest to what the text is about, in the text's order.

    Words weigh tf · idf; a sentence's worth is its cosine with the whole text's vector (the centroid of Radev, Jing,
    Styś and Tam, 2004, "Centroid-based summarization of multiple documents"). As long as her summaries are on average.
    """

    def __init__(self, sources: Iterable[str], summaries: Iterable[str]) -> None:
        texts = [set(_words(text)) for text in sources]
        found = Counter(word for words in texts for word in words)
        self._idf = {word: math.log((1 + len(texts)) / (1 + count)) + 1 for word, count in found.items()}
        self._unseen = math.log(1 + len(texts)) + 1
        sizes = [len(_words(text)) for text in summaries]
        self._words = sum(sizes) / max(1, len(sizes))

    def __call__(self, text: str) -> str:
        parts = sentences(text)
        whole = self._vector(text)
        worth = [_cosine(self._vector(part), whole) for part in parts]
        chosen: list[int] = []
        length = 0
        for place in sorted(range(len(parts)), key=lambda place: -worth[place]):
            if chosen and length + len(_words(parts[place])) / 2 > self._words:
                break
            chosen.append(place)
            length += len(_words(parts[place]))
        return " ".join(parts[place] for place in sorted(chosen))

    def _vector(self, text: str) -> dict[str, float]:
        counts = Counter(_words(text))
        return {word: count * self._idf.get(word, self._unseen) for word, count in counts.items()}


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    product = sum(weight * other.get(word, 0.0) for word, weight in one.items())
    sizes = math.sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values()))
    return product / sizes if sizes else 0.0
