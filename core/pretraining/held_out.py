"""How well a model guesses texts that it never read, in a unit that any two models share: bits a character."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import storage
from core.generation.score import Score, score
from core.pretraining import corpus
from core.pretraining.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn

FILE = "held_out.jsonl"
CHARACTERS = 120_000  # of each register: enough that one hundredth of a bit is not chance, a minute on two cores
_OF_ONE_TEXT = 12_000  # characters of one document, so that a few long books do not speak for all


def write(recipe: Recipe, corpora: Path, folder: Path) -> dict[str, int]:
    """Writes passages of the texts kept apart, as lines of `register` and `text`; answers how many of each."""
    lines: list[dict] = []
    counts: dict[str, int] = {}
    for name, register in recipe.registers.items():
        taken = 0
        for text in corpus.texts(corpora, register, held_out=True):
            # A text with its summary is short, and is measured whole, as it was read.
            for passage in corpus.passages(text[:_OF_ONE_TEXT]) if register.form == "whole" else [text]:
                lines.append({"register": name, "text": passage})
                taken += len(passage)
                counts[name] = counts.get(name, 0) + 1
            if taken >= CHARACTERS:
                break
    storage.write_text(folder / FILE, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return counts


def measure(model: "nn.Module", tokenizer: Any, passages: Mapping[str, list[str]]) -> dict[str, Score]:
    """Answers the score of each register's passages, each read after the end sign, as in training.

    `tokenizer` is transformers', with `eos_token_id`; the sign itself is not scored.
    """
    scores = {}
    for name, some in passages.items():
        rows = []
        for text in some:
            ids = [tokenizer.eos_token_id, *tokenizer(text, add_special_tokens=False)["input_ids"]]
            rows.append({"input_ids": ids, "labels": ids, "characters": len(text)})
        scores[name] = sum(score(model, rows), Score(0.0, 0, 0))
    return scores


def measure_folder(model_folder: Path, passages: Mapping[str, list[str]]) -> dict[str, Score]:
    """Measures a model that lies in a folder, in float32: the same numbers on any machine."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_folder)
    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype="float32")
    return measure(model, tokenizer, passages)


def read(folder: Path) -> dict[str, list[str]]:
    passages: dict[str, list[str]] = {}
    for line in storage.read_json_lines(folder / FILE):
        passages.setdefault(line["register"], []).append(line["text"])
    return passages
