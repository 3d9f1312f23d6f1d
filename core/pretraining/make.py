"""A model from nothing, stage by stage. A stage that is done leaves a record of what it was made from, and waits."""

import dataclasses
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from core import storage
from core.errors import LessonError
from core.models import folder as models
from core.pretraining import corpus, export, held_out, record, rows, tokenizer
from core.pretraining.model import check_growth
from core.pretraining.recipe import Recipe
from core.pretraining.train import train

_CODE = 2  # of the stages before training: raised when what they write changes


def make(
    recipe: Recipe, corpora: Path, folder: Path, say: Callable[..., None], against: Path | None = None
) -> Path | None:
    """Makes the model of `recipe` in `folder`, going on from what is there already.

    The card compares it with the model `against`. Answers the model's folder; None if it was asked to stop, and it goes
    on where it was the next time. Raises LessonError `corpora_missing`, `recipe_changed`, `recipe_unusable`,
    `pretraining_diverged`, and those of a full disk.
    """
    asked = storage.fingerprint(_CODE, dataclasses.asdict(recipe))
    begun = storage.read_json(folder / record.BEGUN)
    if begun and begun["recipe"] != asked:
        raise LessonError("recipe_changed", folder=folder)
    if recipe.grown_from:
        check_growth(recipe)
    prepare(recipe, corpora, folder, say)
    if not begun:
        grown = record.parts_of(models.find(recipe.grown_from)) if recipe.grown_from else []
        storage.write_json(folder / record.BEGUN, {"recipe": asked, "grown_from": grown})
    model = train(recipe, folder, say)
    if model is None:
        say("pretrain.stopped", folder=folder)
        return None
    made = export.write(recipe, model, folder)
    say("pretrain.exported", folder=made)
    for name, one in record.write(recipe, folder, against)["held_out"].items():
        say("pretrain.measured", register=name, bits=one["bits_per_character"])
    return made


def prepare(recipe: Recipe, corpora: Path, folder: Path, say: Callable[..., None]) -> None:
    """Learns the tokenizer, cuts the texts in ids, and puts apart what is to measure with; each only once."""
    asked = dataclasses.asdict(recipe)
    made_from = storage.fingerprint(
        _CODE,
        recipe.grown_from,
        asked["registers"],
        asked["shape"]["vocabulary"],
        asked["shape"]["context"],
        recipe.tokenizer_characters,
    )
    prepared = storage.read_json(folder / "prepared.json")
    if prepared and prepared["made_from"] == made_from:
        return
    for name, register in recipe.registers.items():
        if not (corpora / register.file).is_file():
            raise LessonError("corpora_missing", file=f"{register.file} ({name})", folder=corpora)
    if recipe.grown_from:
        learned = tokenizer.load(models.find(recipe.grown_from))
    else:
        learned = tokenizer.learn(_to_learn_from(recipe, corpora), recipe.shape.vocabulary)
    tokenizer.save(learned, folder, recipe.shape.context)
    say("pretrain.tokenizer", pieces=learned.get_vocab_size())
    counts = {}
    for name, register in recipe.registers.items():
        texts = corpus.texts(corpora, register, held_out=False)
        counts[name] = rows.write(texts, learned, recipe.shape.context, folder / "ids" / name)
        if not counts[name]["rows"]:
            raise LessonError("corpora_missing", file=f"{register.file} ({name})", folder=corpora)
        say("pretrain.register", register=name, **counts[name])
    passages = held_out.write(recipe, corpora, folder)
    storage.write_json(folder / "prepared.json", {"made_from": made_from, "registers": counts, "held_out": passages})


def _to_learn_from(recipe: Recipe, corpora: Path) -> Iterator[str]:
    """Yields texts of each register up to its share, so that the pieces are not those of novels alone."""
    for register in recipe.registers.values():
        if register.form != "whole":
            continue  # made of texts that are in another register
        left = register.early * recipe.tokenizer_characters
        for text in corpus.texts(corpora, register, held_out=False):
            for piece in islice(corpus.passages(text, 10_000), max(1, int(left / 10_000) + 1)):
                yield piece
                left -= len(piece)
            if left <= 0:
                break
