"""Two beginnings that differ in one word: what each makes more probable shows what a model takes for granted.

The method is that of paired sentences (Nangia et al., 2020, "CrowS-Pairs"), asked here of the next word.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.classroom import SAMPLES
from core.errors import LessonError
from core.generation.loaded import Loaded
from core.generation.score import score
from core.tokens import form
from core.tokens.cut import IGNORED

if TYPE_CHECKING:
    import torch

_ALIKE = 1.25  # within a quarter of one another, two probabilities are called alike
_WORD_BEGINS = "\u0120\u2581"  # how byte-level BPE and SentencePiece write the space before a word


@dataclass(frozen=True)
class Pair:
    """Two beginnings and the word that is asked about; `code` names the pair in the texts."""

    code: str
    left: str
    right: str
    word: str


@dataclass(frozen=True)
class Chance:
    """A word and its probability (0 to 1) right after each beginning; `asked` where it was given, not found."""

    word: str
    left: float
    right: float
    asked: bool

    @property
    def likelier(self) -> str:
        """Answers `left`, `right`, or `alike`."""
        low, high = sorted((self.left, self.right))
        return "alike" if high <= _ALIKE * low or high == 0 else "left" if self.left > self.right else "right"

    @property
    def times(self) -> float:
        """By how much the greater probability is greater than the other."""
        low, high = sorted((self.left, self.right))
        return high / max(low, 1e-12)


def given(language: str) -> list[Pair]:
    """Answers the workshop's own pairs in `language`."""
    lines = (SAMPLES / f"pairs.{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Pair(**json.loads(line)) for line in lines]


def differing(left: str, right: str) -> tuple[list[str], list[str]]:
    """Answers the words in which two beginnings differ: those of each that stand at no same place in the other."""
    one, other = re.findall(r"\S+", left), re.findall(r"\S+", right)
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other


def compare(loaded: Loaded, left: str, right: str, words: Sequence[str] = (), count: int = 6) -> list[Chance]:
    """Answers the given words, and then the `count` whose probability differs most between the beginnings.

    The model's own probabilities: no temperature, nothing left out. Raises LessonError: `no_prompt`, `pair_alike`,
    `not_causal`.
    """
    if loaded.is_seq2seq:
        raise LessonError("not_causal")
    if not (left.strip() and right.strip()):
        raise LessonError("no_prompt")
    if left.split() == right.split():
        raise LessonError("pair_alike")
    wanted = list(dict.fromkeys(word.strip() for word in words if word.strip()))
    asked = [Chance(word, _chance(loaded, left, word), _chance(loaded, right, word), True) for word in wanted]
    return asked + _most_apart(loaded, left, right, wanted, count)


def _most_apart(loaded: Loaded, left: str, right: str, known: Sequence[str], count: int) -> list[Chance]:
    if not count:
        return []
    one, other = (_next(loaded, text) for text in (left, right))
    order = (one - other).abs().argsort(descending=True).tolist()
    marks, backend = loaded.tokenizer.special_ids(), loaded.tokenizer.backend
    begins = [id for id in order[:400] if id not in marks and (backend.id_to_token(id) or "")[:1] in _WORD_BEGINS]
    named = ((id, loaded.tokenizer.decode([id]).strip()) for id in begins or order[:400])
    words = [(id, word) for id, word in named if word.isalpha() and word not in known]
    return [Chance(word, float(one[id]), float(other[id]), False) for id, word in words[:count]]


def _next(loaded: Loaded, text: str) -> "torch.Tensor":
    """Answers the model's own probabilities [vocabulary] of what comes after `text`."""
    import torch

    with torch.no_grad():
        logits = loaded.model(torch.tensor([_ids(loaded, text)], device=loaded.device)).logits[0, -1]
    return torch.softmax(logits.float(), -1)


def _chance(loaded: Loaded, text: str, word: str) -> float:
    """Answers the probability (0 to 1) that what follows `text` begins with `word`, all its tokens together."""
    before = _ids(loaded, text)
    after = loaded.tokenizer.encode(f"{text.rstrip()} {word}")
    added = after[len(loaded.tokenizer.encode(text.rstrip())) :][: loaded.context // 2] or after[-1:]
    ids = [*before[-(loaded.context - len(added)) :], *added]
    row = {"input_ids": ids, "labels": [IGNORED] * (len(ids) - len(added)) + added, "characters": len(word)}
    return math.exp(-score(loaded.model, [row])[0].nats)


def _ids(loaded: Loaded, text: str) -> list[int]:
    begin, end = form.ends(loaded.tokenizer)
    return ((begin or end) + loaded.tokenizer.encode(text.rstrip()))[-(loaded.context - 1) :]
