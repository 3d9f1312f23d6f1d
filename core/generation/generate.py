"""Writing, one token after another: what the model thinks of each next token, and which one is drawn."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True)
class Completion:
    """A text that was written, and whether it `ended` by itself, before the room did."""

    text: str
    ended: bool


TOGETHER = 16  # texts written at a time: more keep the processor waiting for memory


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
    """Answers the `count` likeliest tokens after `ids`, or, of a seq2seq model, at the beginning of its answer."""
    return _best(loaded, shape(next(_thoughts(loaded, ids)), sampling), count)


def stream(loaded: Loaded, ids: Sequence[int], sampling: Sampling) -> Iterator[Step]:
    """Writes on from `ids`, one step a token, until the end mark, the asked number of tokens, or the context's end.

    A seq2seq model writes its answer to `ids`. The same seed gives the same text; the global random state is not
    touched.
    """
    import torch

    before = _answer_start(loaded, ids) if loaded.is_seq2seq else ids
    room = min(sampling.max_new_tokens, loaded.context - len(before))
    draw = torch.Generator().manual_seed(sampling.seed)
    written: list[int] = []
    said, stops = "", loaded.stops
    thoughts = _thoughts(loaded, ids)
    for _ in range(room):
        probabilities = shape(thoughts.send(written[-1] if written else None), sampling).cpu()
        token = int(torch.multinomial(probabilities, 1, generator=draw))
        if token in stops:
            return
        written.append(token)
        text = loaded.tokenizer.decode(written).rstrip("\ufffd")
        yield Step(text[len(said) :], float(probabilities[token]), _best(loaded, probabilities, 8))
        said = text


def complete(
    loaded: Loaded, prompts: Sequence[Sequence[int]], max_new_tokens: int, sampling: Sampling | None = None
) -> list[Completion]:
    """Continues (or, with a seq2seq model, answers) prompts together, each as if it were alone.

    Without `sampling`, the likeliest token each time; with it, drawn, and its own `max_new_tokens` is left aside. The
    same seed and the same prompts give the same texts; the global random state is not touched.
    """
    import torch

    stops = sorted(loaded.stops)
    pad = stops[0] if stops else 0
    start = _answer_start(loaded, prompts[0]) if loaded.is_seq2seq else []
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(p)) + list(p) for p in prompts], device=loaded.device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=loaded.device)
    asked: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "do_sample": False}
    asked |= {"temperature": None, "top_p": None, "top_k": None}
    if sampling:
        drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": sampling.top_k}
        asked |= {"do_sample": True, **drawn}
    if start:
        asked["decoder_input_ids"] = torch.tensor([start] * len(prompts), device=loaded.device)
        asked["decoder_start_token_id"] = start[0]  # else another one may be put before it
    with torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(sampling.seed if sampling else 0)
        output = loaded.model.generate(
            **asked,
            num_beams=1,  # whatever a model's makers propose, both sides write alike
            max_new_tokens=max_new_tokens,
            eos_token_id=stops or None,
            pad_token_id=pad,
        )
    return [_completed(loaded, row) for row in output[:, len(start) or width :].tolist()]


def _completed(loaded: Loaded, ids: list[int]) -> Completion:
    stops = loaded.stops
    end = next((place for place, id in enumerate(ids) if id in stops), None)
    return Completion(loaded.tokenizer.decode(ids[:end]).rstrip(), end is not None)


def _thoughts(loaded: Loaded, ids: Sequence[int]) -> Generator["torch.Tensor", int | None, None]:
    """Gives logits [vocabulary] for the next token, and takes the token that was drawn, again and again."""
    return _of_answer(loaded, ids) if loaded.is_seq2seq else _of_continuation(loaded, ids)


def _of_continuation(loaded: Loaded, ids: Sequence[int]) -> Generator["torch.Tensor", int | None, None]:
    import torch

    cache, inputs = None, _tensor(loaded, ids)
    while True:
        with torch.no_grad():  # see `score`
            output = loaded.model(inputs, past_key_values=cache, use_cache=True)
        token = yield output.logits[0, -1]
        cache, inputs = output.past_key_values, _tensor(loaded, [] if token is None else [token])


def _of_answer(loaded: Loaded, ids: Sequence[int]) -> Generator["torch.Tensor", int | None, None]:
    """The encoder reads once; the decoder, with a cache, as often as there are tokens."""
    import torch

    read = _tensor(loaded, ids)
    seen = {"attention_mask": torch.ones_like(read)}
    with torch.no_grad():
        seen["encoder_outputs"] = loaded.model.get_encoder()(read, **seen)
    cache, inputs = None, _tensor(loaded, _answer_start(loaded, ids))
    while True:
        with torch.no_grad():
            output = loaded.model(**seen, decoder_input_ids=inputs, past_key_values=cache, use_cache=True)
        token = yield output.logits[0, -1]
        cache, inputs = output.past_key_values, _tensor(loaded, [] if token is None else [token])


def _answer_start(loaded: Loaded, ids: Sequence[int]) -> list[int]:
    """Answers the ids after which a seq2seq model writes: those that stood before the completion in its training.

    A completion is dressed as the source is, so what stands around `ids` says what will around the answer.
    """
    import torch

    before, after = map(len, loaded.tokenizer.around())
    labels = torch.tensor([[*ids[:before], *ids[len(ids) - max(after, 1) :]]], device=loaded.device)
    return loaded.model.prepare_decoder_input_ids_from_labels(labels)[0, : 1 + before].tolist()


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
