"""How surprised a model is by given texts: the sum of its loss over the tokens that count."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.generation.batches import collate
from core.tokens.cut import IGNORED

if TYPE_CHECKING:
    from torch import Tensor, nn

TOKENS_A_BATCH = 1024  # their logits are the largest thing that scoring holds


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


def score(model: "nn.Module", rows: Sequence[dict], before: Sequence[int] = ()) -> list[Score]:
    """Scores rows (`input_ids`, `labels`, `characters`), one Score a row, in their order.

    Labels of -100 do not count, nor does padding: each batch is padded to its own longest row and masked. A causal
    model reads the ids `before` ahead of every row; they are not scored.
    """
    was_training = model.training
    model.eval()
    scores = [Score(0.0, 0, 0)] * len(rows)
    try:
        for batch in batches(rows):
            losses, counted = _losses(model, collate([rows[i] for i in batch], 0), before)
            for i, nats, tokens in zip(batch, losses.sum(1).tolist(), counted.sum(1).tolist(), strict=True):
                scores[i] = Score(nats, tokens, rows[i]["characters"])
    finally:
        model.train(was_training)
    return scores


def _losses(model: "nn.Module", batch: dict[str, "Tensor"], before: Sequence[int] = ()) -> tuple["Tensor", "Tensor"]:
    """Answers what each label costs, in nats, and whether it counts: both [rows, labels].

    A causal model guesses at each place what stands at the next; a seq2seq model is given the labels, moved on by one
    as its family wants it, and guesses at each place what stands there. The logits are the largest thing here: they
    are looked at row by row, so that they are never copied whole.
    """
    import torch

    batch = {name: values.to(next(model.parameters()).device) for name, values in batch.items()}
    labels = batch.pop("labels")
    with torch.no_grad():  # not inference_mode, whose tensors FSDP could not use again to learn
        if model.config.is_encoder_decoder:
            logits = model(**batch, labels=labels).logits
        else:
            read = _reading(model, before, batch) if before else batch
            logits, labels = model(**read).logits[:, :-1], labels[:, 1:]
        losses = [
            torch.nn.functional.cross_entropy(row.float(), wanted, ignore_index=IGNORED, reduction="none")
            for row, wanted in zip(logits, labels, strict=True)
        ]
    return torch.stack(losses), labels != IGNORED


def _reading(model: "nn.Module", before: Sequence[int], batch: dict[str, "Tensor"]) -> dict[str, Any]:
    """Answers a batch as a model reads it that has read `before` already: once, whatever the batch's rows."""
    import torch

    rows = len(batch["input_ids"])
    start = torch.tensor([list(before)], device=batch["input_ids"].device)
    cache = model(start, use_cache=True).past_key_values
    cache.batch_repeat_interleave(rows)
    mask = torch.cat([torch.ones_like(start).expand(rows, -1), batch["attention_mask"]], dim=1)
    return {"input_ids": batch["input_ids"], "attention_mask": mask, "past_key_values": cache, "use_cache": True}


def batches(rows: Sequence[dict]) -> list[list[int]]:
    """Groups row numbers by length, at most TOKENS_A_BATCH tokens a batch, padding included."""
    sizes = [max(len(row["input_ids"]), len(row["labels"])) for row in rows]
    made: list[list[int]] = []
    for i in sorted(range(len(rows)), key=sizes.__getitem__):
        size = sizes[i]
        if made and size * (len(made[-1]) + 1) <= TOKENS_A_BATCH:
            made[-1].append(i)
        else:
            made.append([i])
    return made
