"""Writing, one token after another: what the model thinks of each next token, and which one is drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.generation.loaded import Loaded

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Sampling:
    """How a token is drawn. `top_k` 0 and `top_p` 1 leave every token in; `temperature` 0 takes the likeliest."""

    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 0.95
    max_new_tokens: int = 60
    seed: int = 7


@dataclass(frozen=True)
class Candidate:
    """A token that could come next, and its probability (0 to 1)."""

    text: str
    probability: float


@dataclass(frozen=True)
class Step:
    """A token that was drawn: the text it completes, its probability, and the likeliest alternatives there."""

    text: str
    probability: float
    alternatives: list[Candidate]


def shape(logits: "torch.Tensor", sampling: Sampling) -> "torch.Tensor":
    """Turns logits [vocabulary] into probabilities [vocabulary], as `sampling` bends them.

    Temperature divides the logits; top-k keeps the k likeliest; top-p the smallest set whose probabilities add
    up to p (Holtzman et al., 2020, "The Curious Case of Neural Text Degeneration").
    """
    import torch

    logits = logits.float()
    if sampling.temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(), len(logits)).float()
    probabilities = torch.softmax(logits / sampling.temperature, dim=-1)
    ordered, order = probabilities.sort(descending=True)
    keep = (ordered.cumsum(-1) - ordered < sampling.top_p) | (sampling.top_p >= 1)  # sums round to 1 too early
    keep[0] = True
    if sampling.top_k:
        keep[sampling.top_k :] = False
    kept = torch.zeros_like(probabilities).scatter(0, order[keep], ordered[keep])
    return kept / kept.sum()


def next_tokens(loaded: Loaded, ids: Sequence[int], sampling: Sampling, count: int = 10) -> list[Candidate]:
    """Answers the `count` likeliest tokens after `ids`."""
    import torch

    with torch.inference_mode():
        logits = loaded.model(_tensor(loaded, ids)).logits[0, -1]
    return _best(loaded, shape(logits, sampling), count)


def stream(loaded: Loaded, ids: Sequence[int], sampling: Sampling) -> Iterator[Step]:
    """Writes on from `ids`, one step a token, until the end mark, the asked number of tokens, or the context's end.

    The same seed gives the same text; the global random state is not touched.
    """
    import torch

    room = min(sampling.max_new_tokens, loaded.context - len(ids))
    draw = torch.Generator().manual_seed(sampling.seed)
    written: list[int] = []
    said = ""
    cache, inputs = None, _tensor(loaded, ids)
    for _ in range(room):
        with torch.no_grad():  # see `score`
            output = loaded.model(inputs, past_key_values=cache, use_cache=True)
        probabilities = shape(output.logits[0, -1], sampling).cpu()
        token = int(torch.multinomial(probabilities, 1, generator=draw))
        if token == loaded.tokenizer.eos_id:
            return
        written.append(token)
        text = loaded.tokenizer.decode(written).rstrip("\ufffd")
        yield Step(text[len(said) :], float(probabilities[token]), _best(loaded, probabilities, 8))
        said = text
        cache, inputs = output.past_key_values, _tensor(loaded, [token])


def complete_all(loaded: Loaded, prompts: Sequence[Sequence[int]], max_new_tokens: int) -> list[str]:
    """Answers the likeliest continuation (greedy) of each prompt, in batches of 16."""
    import torch

    pad = loaded.tokenizer.eos_id or 0
    texts = []
    for start in range(0, len(prompts), 16):
        batch = prompts[start : start + 16]
        width = max(map(len, batch))
        ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in batch], device=loaded.device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in batch], device=loaded.device)
        with torch.inference_mode():
            output = loaded.model.generate(
                input_ids=ids,
                attention_mask=mask,
                do_sample=False,
                max_new_tokens=max_new_tokens,
                eos_token_id=loaded.tokenizer.eos_id,
                pad_token_id=pad,
                temperature=None,
                top_p=None,
            )
        for row in output[:, width:].tolist():
            end = row.index(pad) if pad in row else len(row)
            texts.append(loaded.tokenizer.decode(row[:end]).strip())
    return texts


def _tensor(loaded: Loaded, ids: Sequence[int]) -> "torch.Tensor":
    import torch

    return torch.tensor([list(ids) or [loaded.tokenizer.eos_id or 0]], device=loaded.device)


def _best(loaded: Loaded, probabilities: "torch.Tensor", count: int) -> list[Candidate]:
    values, ids = probabilities.topk(min(count, len(probabilities)))
    return [
        Candidate(loaded.tokenizer.decode([id]), value)
        for id, value in zip(ids.tolist(), values.tolist(), strict=True)
        if value > 0
    ]
