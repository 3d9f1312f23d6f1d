"""Whole words rather than tokens: which could come next, and how likely a given one is.

A word ends where the next token does not go on with letters or digits; so its probability is that of its tokens, one
after another, times that of ending there. Only the tokens that the tokenizer itself gives a word are counted: the
same letters cut otherwise add next to nothing.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.generation.generate import Candidate, Sampling, shape
from core.generation.loaded import Loaded

if TYPE_CHECKING:
    import torch

WHOLE = Sampling(temperature=1, top_p=1)  # the model's own probabilities, bent by nothing
_OPEN = 16  # beginnings of words that are followed at once
_LONGEST = 6  # tokens of a candidate: longer words are never among the likeliest
ROOM = 16  # tokens that a word may take behind what was read


@dataclass(frozen=True)
class Thought:
    """What a model thinks of the next token: `logits` [vocabulary] in float32, the likeliest first, and `texts`, of the
    first of them. `unread` tokens of the beginning did not fit in its context.
    """

    texts: list[str]
    logits: np.ndarray
    unread: int = 0

    def candidates(self, sampling: Sampling) -> list[Candidate]:
        """Answers the likeliest tokens as `sampling` bends them; those that it leaves out are not among them."""
        shaped = shape_sorted(self.logits, sampling)[: len(self.texts)].tolist()
        return [Candidate(text, value) for text, value in zip(self.texts, shaped, strict=True) if value > 0]

    def packed(self) -> dict[str, Any]:
        """Answers it as JSON can hold it; `unpacked` takes it back."""
        raw = base64.b64encode(self.logits.astype("<f4").tobytes()).decode("ascii")
        return {"texts": self.texts, "logits": raw, "unread": self.unread}


def unpacked(packed: dict[str, Any]) -> Thought:
    logits = np.frombuffer(base64.b64decode(packed["logits"]), dtype="<f4")
    return Thought(packed["texts"], logits, packed["unread"])


def shape_sorted(logits: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Does what `core.generation.generate.shape` does, without torch, to logits [vocabulary] in descending order.

    Temperature, top-k and top-p leave the order as it is: so the page asks the model once, and bends as often as she
    moves a control.
    """
    logits = logits.astype(np.float64)
    if sampling.temperature == 0:
        return np.eye(1, len(logits))[0]
    weights = np.exp((logits - logits[0]) / sampling.temperature)
    probabilities = weights / weights.sum()
    before = np.cumsum(probabilities) - probabilities
    keep = before < sampling.top_p if sampling.top_p < 1 else np.ones(len(logits), dtype=bool)
    keep[0] = True
    if sampling.top_k:
        keep[sampling.top_k :] = False
    kept = np.where(keep, probabilities, 0)
    return kept / kept.sum()


def think(loaded: Loaded, ids: Sequence[int], count: int = 10, unread: int = 0) -> Thought:
    """Asks the model once what comes after `ids`."""
    logits, order = _next_logits(loaded, [list(ids)])[0].sort(descending=True)
    texts = [loaded.tokenizer.decode([id]) for id in order[:count].tolist()]
    return Thought(texts, logits.cpu().numpy(), unread)


def next_words(loaded: Loaded, ids: Sequence[int], sampling: Sampling = WHOLE, count: int = 10) -> list[Candidate]:
    """Answers the `count` likeliest whole words after `ids`; punctuation marks count as words.

    Follows the likeliest beginnings, a token at a time, until no beginning left open is likelier than the words found.
    """
    continues = _continues(loaded)
    found: dict[tuple[int, ...], float] = {}
    opened: dict[tuple[int, ...], float] = {(): 1.0}
    for length in range(_LONGEST + 1):
        least = sorted(found.values(), reverse=True)[count - 1] if len(found) >= count else 0.0
        best = sorted((pair for pair in opened.items() if pair[1] > least), key=lambda pair: -pair[1])[:_OPEN]
        if not best:
            break
        logits = _next_logits(loaded, [[*ids, *tokens] for tokens, _ in best])
        opened = {}
        for (tokens, probability), row in zip(best, logits, strict=True):
            shaped = shape(row, sampling)
            going_on = shaped * continues
            if length:
                found[tokens] = probability * float(1 - going_on.sum())
                shaped = going_on
            else:
                shaped = shaped - going_on  # what would only make the last word longer is no word of its own
            values, following = shaped.topk(min(_OPEN if not length else 4, len(shaped)))
            for id, value in zip(following.tolist(), values.tolist(), strict=True):
                if value > 0:
                    opened[*tokens, id] = probability * value
    likeliest = sorted(found.items(), key=lambda pair: -pair[1])[:count]
    return [Candidate(loaded.tokenizer.decode(list(tokens)), value) for tokens, value in likeliest if value > 0]


def chance(loaded: Loaded, ids: Sequence[int], word: str, sampling: Sampling = WHOLE) -> float:
    """Answers how likely it is that `word`, exactly and whole, comes after `ids`: all its tokens, and its end."""
    tokens = _tokens(loaded, word)[:ROOM]
    if not tokens:
        return 0.0
    rows = [shape(row, sampling) for row in _all_logits(loaded, [*ids, *tokens])[len(ids) - 1 :]]
    likely = 1.0
    for row, token in zip(rows, tokens, strict=False):
        likely *= float(row[token])
    return likely * float(1 - (rows[-1] * _continues(loaded)).sum())


def _tokens(loaded: Loaded, word: str) -> list[int]:
    """Answers a word's tokens behind another word: many tokenizers put a space of their own before a text's first."""
    before, whole = (loaded.tokenizer.encode(text) for text in ("a", f"a{word}"))
    return whole[len(before) :] if whole[: len(before)] == before else loaded.tokenizer.encode(word)


def _continues(loaded: Loaded) -> "torch.Tensor":
    """Answers, for each id, 1 where its text goes on with a word, 0 where it does not: [vocabulary]."""
    import torch

    size = loaded.model.config.get_text_config().vocab_size
    goes_on = [text[:1].isalnum() or text[:1] == "\ufffd" for text in loaded.pieces[:size]]
    return torch.tensor([*goes_on, *[False] * (size - len(goes_on))], device=loaded.device).float()


def _next_logits(loaded: Loaded, rows: Sequence[list[int]]) -> "torch.Tensor":
    """Answers the logits after rows of one length: [rows, vocabulary]."""
    import torch

    with torch.no_grad():
        return loaded.model(torch.tensor(rows, device=loaded.device), logits_to_keep=1).logits[:, -1].float()


def _all_logits(loaded: Loaded, ids: list[int]) -> "torch.Tensor":
    """Answers the logits after each of `ids`: [ids, vocabulary]."""
    import torch

    with torch.no_grad():
        return loaded.model(torch.tensor([ids], device=loaded.device)).logits[0].float()
