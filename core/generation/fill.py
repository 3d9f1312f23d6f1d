"""Filling a gap with a model that was made for it: it looks at what stands before the gap and after it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import LessonError
from core.generation.generate import Candidate
from core.generation.whole import GAP
from core.models import masked

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Filler:
    """A masked model in memory, with its tokenizer; `room` is the most tokens that it reads at once."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    room: int


def load(folder: Path) -> Filler:
    """Loads a masked model, from safetensors only and without running any code of its own.

    Raises LessonError: `broken_model`, `no_tokenizer`, and what `masked.check` says.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForMaskedLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    masked.check(folder)
    known = {"local_files_only": True, "trust_remote_code": False}
    try:
        model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True, **known)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise LessonError("broken_model", folder=folder.name, file=type(error).__name__) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **known)
    except Exception as error:  # the library raises bare Exception
        raise LessonError("no_tokenizer", folder=folder.name) from error
    if tokenizer.mask_token_id is None:
        raise LessonError("no_tokenizer", folder=folder.name)
    places = getattr(model.config, "max_position_embeddings", 512)
    return Filler(model.eval(), tokenizer, min(places - 2, 512))  # RoBERTa counts its places from 2


def fill(filler: Filler, text: str, count: int = 10) -> list[Candidate]:
    """Answers the `count` likeliest tokens for the gap (`___`) of `text`. Raises LessonError `no_gap`.

    A text that is too long loses what is farthest from the gap.
    """
    import torch

    before, gap, after = text.partition(GAP)
    if not gap:
        raise LessonError("no_gap", gap=GAP)
    tokenizer = filler.tokenizer
    ids = _ids(filler, before, after)
    while before + after and len(ids) > filler.room:
        before, after = before[(len(before) + 1) // 2 :], after[: len(after) // 2]
        ids = _ids(filler, before, after)
    with torch.no_grad():
        logits = filler.model(torch.tensor([ids])).logits[0, ids.index(tokenizer.mask_token_id)]
    logits[list(set(tokenizer.all_special_ids))] = -torch.inf  # a mark is no word
    values, best = torch.softmax(logits.float(), -1).topk(min(count, len(logits)))
    return [
        Candidate(tokenizer.decode([id]).strip(), value)
        for id, value in zip(best.tolist(), values.tolist(), strict=True)
    ]


def _ids(filler: Filler, before: str, after: str) -> list[int]:
    tokenizer = filler.tokenizer
    left, right = (tokenizer.encode(part, add_special_tokens=False) for part in (before.rstrip(), after))
    marks = set(tokenizer.all_special_ids)  # «[MASK]» in a text of hers is a word
    inside = [
        *(id for id in left if id not in marks),
        tokenizer.mask_token_id,
        *(id for id in right if id not in marks),
    ]
    begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id  # every family puts these around, under its own names
    return [*([] if begin is None else [begin]), *inside, *([] if end is None else [end])]
