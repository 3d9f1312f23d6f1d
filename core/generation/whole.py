"""Which of several whole texts a model finds likeliest: a way to fill a gap, to classify, to choose an answer.

A causal model reads from left to right and cannot look at what comes after a gap. But it can read the whole sentence
once with each word in the gap, and say how probable each sentence is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import LessonError
from core.generation.loaded import Loaded
from core.generation.score import Score, score
from core.tokens import form
from core.tokens.cut import IGNORED

GAP = "___"


@dataclass(frozen=True)
class Option:
    """One of the words given: `nats` is what the whole text costs with it (less is likelier), `share` its probability
    among the options alone (0 to 1), as if there were no other.
    """

    text: str
    nats: float
    share: float


def compare(loaded: Loaded, text: str, options: Sequence[str]) -> list[Option]:
    """Puts each option in the gap (`___`) of `text` and scores the whole; the likeliest first.

    A seq2seq model reads `text` without the gap, and the option is scored as its answer. Raises LessonError:
    `no_gap`, `too_few_options`.
    """
    wanted = list(dict.fromkeys(option.strip() for option in options if option.strip()))
    if len(wanted) < 2:
        raise LessonError("too_few_options", found=len(wanted))
    before, gap, after = text.partition(GAP)
    if not gap:
        raise LessonError("no_gap", gap=GAP)
    rows = _answers(loaded, before + after, wanted) if loaded.is_seq2seq else _wholes(loaded, before, wanted, after)
    nats = [one.nats for one in score(loaded.model, rows)]
    least = min(nats)
    weights = [math.exp(least - one) for one in nats]
    made = [Option(o, n, w / sum(weights)) for o, n, w in zip(wanted, nats, weights, strict=True)]
    return sorted(made, key=lambda option: option.nats)


def surprise(loaded: Loaded, texts: Sequence[str]) -> list[Score]:
    """Answers what it costs the model to read each text, not that it ends there: one Score a text.

    A seq2seq model is asked to write it after reading nothing. Raises LessonError `no_prompt` where one is blank.
    """
    if not all(text.strip() for text in texts):
        raise LessonError("no_prompt")
    if loaded.is_seq2seq:
        return score(loaded.model, _answers(loaded, "", texts))
    begin, end = form.ends(loaded.tokenizer)
    opened = [(begin or end) + loaded.tokenizer.encode(text) for text in texts]
    rows = [_row(ids[: loaded.context], text) for ids, text in zip(opened, texts, strict=True)]
    return score(loaded.model, rows)


def _wholes(loaded: Loaded, before: str, options: Sequence[str], after: str) -> list[dict]:
    longest = max(options, key=len)
    while before + after and len(_ids(loaded, before + longest + after)) > loaded.context:
        before, after = before[(len(before) + 1) // 2 :], after[: len(after) // 2]  # what is nearest to the gap stays
    return [_row(_ids(loaded, before + option + after)[: loaded.context], option) for option in options]


def _ids(loaded: Loaded, text: str) -> list[int]:
    begin, end = form.ends(loaded.tokenizer)
    return (begin or end) + loaded.tokenizer.encode(text) + end


def _row(ids: list[int], text: str) -> dict:
    return {"input_ids": ids, "labels": [IGNORED, *ids[1:]], "characters": max(1, len(text))}


def _answers(loaded: Loaded, text: str, options: Sequence[str]) -> list[dict]:
    tokenizer = loaded.tokenizer
    before, after = tokenizer.around()
    room = loaded.context - len(before) - len(after)
    read = before + tokenizer.encode(text.strip())[-room:] + after
    end = after or form.ends(tokenizer)[1]
    return [
        {
            "input_ids": read,
            "labels": before + tokenizer.encode(option.strip())[:room] + end,
            "characters": max(1, len(option)),
        }
        for option in options
    ]
