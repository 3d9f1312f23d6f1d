"""Compares ways of making a model at equal tokens: bits a character on held-out texts, and tokens a second.

    python3 tests/bench/pretraining.py WORK [NAME=VALUE,NAME=VALUE ...]

WORK is a folder that `python3 -m core pretrain` prepared (with --steps 1, say); each further argument is one way, by
what changes in the recipe's `shape` or `training`: `steps=200` and `steps=200,optimizer=adamw`, for example.
A vocabulary cannot change: that takes a WORK of its own.
"""

import dataclasses
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core.pretraining import held_out, recipe, train  # noqa: E402

_PREPARED = ("ids", "tokenizer.json", "tokenizer_config.json", "prepared.json", held_out.FILE)


def changed(base: recipe.Recipe, changes: dict[str, str]) -> recipe.Recipe:
    """Answers a recipe with fields of its shape or training changed; `steps` takes the place of `minutes`."""
    shape, training = base.shape, dataclasses.replace(base.training, minutes=0.0, steps=100, warm_up_steps=20)
    for name, value in changes.items():
        part = shape if hasattr(shape, name) else training
        kind = type(getattr(part, name))
        part = dataclasses.replace(part, **{name: value if kind is str else kind(float(value))})
        shape, training = (part, training) if isinstance(part, recipe.Shape) else (shape, part)
    return dataclasses.replace(base, shape=shape, training=training)


def measured(asked: recipe.Recipe, work: Path) -> dict:
    from transformers import AutoTokenizer

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in _PREPARED:
            (folder / name).symlink_to((work / name).absolute())
        model = train.train(asked, folder, lambda *_, **__: None)
        last = json.loads((folder / train.METRICS).read_text().splitlines()[-1])
        passages = {name: some[: len(some) // 4] for name, some in held_out.read(folder).items()}
        scores = held_out.measure(model, AutoTokenizer.from_pretrained(folder), passages)
    bits = {name: round(one.bits_per_character, 3) for name, one in scores.items()}
    speed = round(last["tokens"] / last["seconds"])
    return {"tokens": last["tokens"], "seconds": last["seconds"], "speed": speed, "bits_per_character": bits}


def main() -> None:
    work, ways = Path(sys.argv[1]), sys.argv[2:] or [""]
    pieces = json.loads((work / "tokenizer.json").read_text())["model"]["vocab"]
    for way in ways:
        changes = dict(pair.split("=") for pair in way.split(",") if pair) | {"vocabulary": str(len(pieces))}
        print(json.dumps({"way": way, **measured(changed(recipe.read(Path("small")), changes), work)}), flush=True)


if __name__ == "__main__":
    main()
