"""How surprised a model is by given texts: the sum of its loss over the tokens that count."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

TOKENS_A_BATCH = 4096


@dataclass(frozen=True)
class Score:
    """Summed negative log-likelihood (nats) of `tokens` tokens that stand for `characters` characters."""

    nats: float
    tokens: int
    characters: int

    @property
    def loss(self) -> float:
        """Mean negative log-likelihood of a token, in nats."""
        return self.nats / self.tokens

    @property
    def perplexity(self) -> float:
        """exp(loss): among how many equally likely tokens the model hesitates (Jelinek et al., 1977)."""
        return math.exp(min(self.loss, 700))

    @property
    def bits_per_character(self) -> float:
        """Nats / ln 2 / characters: comparable between models that cut texts in different tokens."""
        return self.nats / math.log(2) / self.characters

    def __add__(self, other: "Score") -> "Score":
        return Score(self.nats + other.nats, self.tokens + other.tokens, self.characters + other.characters)


def score(model: "nn.Module", rows: Sequence[dict]) -> list[Score]:
    """Scores rows (`input_ids`, `labels`, `characters`), one Score a row, in their order.

    Labels of -100 do not count, nor does padding: each batch is padded to its own longest row and masked.
    """
    import torch

    was_training = model.training
    model.eval()
    scores = [Score(0.0, 0, 0)] * len(rows)
    try:
        for batch in _batches(rows):
            width = max(len(rows[i]["input_ids"]) for i in batch)
            device = next(model.parameters()).device
            ids = torch.zeros(len(batch), width, dtype=torch.long)
            labels = torch.full((len(batch), width), -100)
            mask = torch.zeros(len(batch), width, dtype=torch.long)
            for line, i in enumerate(batch):
                size = len(rows[i]["input_ids"])
                ids[line, :size] = torch.tensor(rows[i]["input_ids"])
                labels[line, :size] = torch.tensor(rows[i]["labels"])
                mask[line, :size] = 1
            with torch.no_grad():  # not inference_mode, whose tensors FSDP could not use again to learn
                logits = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
            wanted = labels[:, 1:].to(device)
            losses = torch.nn.functional.cross_entropy(
                logits[:, :-1].float().flatten(0, 1), wanted.flatten(), reduction="none"
            ).view(wanted.shape)
            for line, i in enumerate(batch):
                counted = int((wanted[line] != -100).sum())
                scores[i] = Score(float(losses[line].sum()), counted, rows[i]["characters"])
    finally:
        model.train(was_training)
    return scores


def _batches(rows: Sequence[dict]) -> list[list[int]]:
    """Groups row numbers by length, at most TOKENS_A_BATCH tokens a batch, padding included."""
    batches: list[list[int]] = []
    for i in sorted(range(len(rows)), key=lambda i: len(rows[i]["input_ids"])):
        size = len(rows[i]["input_ids"])
        if batches and size * (len(batches[-1]) + 1) <= TOKENS_A_BATCH:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
