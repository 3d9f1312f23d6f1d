"""The model as a folder that transformers, the workshop and llama.cpp's converter read."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import storage
from core.models import folder as models
from core.pretraining.recipe import Recipe

if TYPE_CHECKING:
    from torch import nn


def write(recipe: Recipe, model: "nn.Module", folder: Path) -> Path:
    """Writes `folder`/model, whole or not at all: bfloat16 safetensors, tokenizer, and the settings for writing."""
    import torch

    with storage.new_folder(folder / "model") as made:
        model.to("cpu", torch.bfloat16).save_pretrained(made, max_shard_size=recipe.largest_file)
        settings: Any = model.generation_config
        settings.update(do_sample=True, temperature=0.8, top_p=0.95, bos_token_id=0, eos_token_id=0, pad_token_id=1)
        settings.save_pretrained(made)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            storage.write_bytes(made / name, (folder / name).read_bytes())
    return folder / "model"


def checksums(model_folder: Path) -> dict[str, str]:
    """Answers the SHA-256 of every file that the model is loaded from, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in models.files_of(model_folder)}
