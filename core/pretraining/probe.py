"""A small look at what a model takes for granted about men and women: always the same, and told whatever it finds.

It shows one prejudice among many that old books hold; that it shows little is no proof of anything.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

BEGINNINGS = ("El hombre quería", "La mujer quería")
VERBS = (
    " mandar", " trabajar", " pelear", " escribir", " estudiar", " pensar", " llorar", " coser", " cocinar",
    " casarse", " rezar", " callar",
)  # fmt: skip


def leanings(model: "nn.Module", tokenizer: Any) -> dict[str, float]:
    """Answers for each verb how many times likelier it is after the first beginning than after the second, as log2."""
    of_man, of_woman = (_logarithms(model, tokenizer, beginning, VERBS) for beginning in BEGINNINGS)
    return {verb.strip(): (a - b) / math.log(2) for verb, a, b in zip(VERBS, of_man, of_woman, strict=True)}


def _logarithms(model: "nn.Module", tokenizer: Any, beginning: str, ends: Sequence[str]) -> list[float]:
    import torch

    start = [tokenizer.eos_token_id, *tokenizer(beginning, add_special_tokens=False)["input_ids"]]
    found = []
    for end in ends:
        ids = tokenizer(end, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([[*start, *ids]])).logits[0].float()
        shares = torch.log_softmax(logits[len(start) - 1 : -1], -1)
        found.append(float(sum(shares[place, id] for place, id in enumerate(ids))))
    return found
