"""The network: Llama's shape, drawn at random, or grown from one of the same width that has learned already."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import storage
from core.errors import LessonError
from core.models import folder as models
from core.pretraining.recipe import Recipe, Shape

if TYPE_CHECKING:
    from torch import nn

# Llama's way is the one that every library knows: the workshop's own products, llama.cpp, a notebook of hers.
_DRAWN = 0.02  # standard deviation of the first weights (Radford et al., 2019)
# What a model and the one that it grows from have in common, by transformers' names: first all that makes it one of
# ours, then what a recipe says.
_KIND = ("model_type", "tie_word_embeddings", "rope_parameters", "eos_token_id", "pad_token_id")
_SIZES = {
    "shape.width": "hidden_size",
    "shape.heads": "num_attention_heads",
    "shape.inner": "intermediate_size",
    "shape.vocabulary": "vocab_size",
}


def configuration(shape: Shape) -> Any:
    """Answers transformers' LlamaConfig. The embedding, so large in a model this small, is the output layer too."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.width // shape.heads,
        max_position_embeddings=shape.context,
        initializer_range=_DRAWN,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=1,
    )


def draw(shape: Shape, seed: int) -> "nn.Module":
    """Answers a LlamaForCausalLM in float32, with weights drawn from `seed`.

    What each layer adds begins at zero, so that at first every layer lets its input through (Zhang et al., 2019,
    «Fixup»), and depth costs nothing at the start.
    """
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(seed)
    model = LlamaForCausalLM(configuration(shape))
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
    return model


def grow(shape: Shape, seed: int, folder: Path) -> "nn.Module":
    """Answers a model that guesses just as the one in `folder` does, and may be deeper.

    That one's layers are spread among new ones, which at first let their input through (Wu et al., 2024, «LLaMA Pro»).
    `check_growth` says whether it can be.
    """
    from transformers import AutoModelForCausalLM

    known = AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
    model = draw(shape, seed)
    each = shape.layers // len(known.model.layers)
    layers = {f"layers.{each * place}.": f"layers.{place}." for place in range(len(known.model.layers))}
    old = known.model.state_dict()
    for name, weight in model.model.state_dict().items():
        place = next((new for new in layers if name.startswith(new)), "")
        if place or not name.startswith("layers."):
            weight.copy_(old[name.replace(place, layers.get(place, ""), 1)])
    return model


def check_growth(recipe: Recipe) -> None:
    """Raises LessonError `recipe_unusable` where `grown_from` is not a model of this kind, or `shape` is not its own,
    with as many layers or a multiple of them."""
    known = storage.load_json(models.find(recipe.grown_from) / "config.json")
    asked = configuration(recipe.shape).to_dict()
    is_ours = known.get("num_key_value_heads") == known.get("num_attention_heads")
    if not is_ours or any(known.get(name) != asked[name] for name in _KIND):
        wrong = ["grown_from (python3 -m core pretrain)"]
    else:
        wrong = [f"{name} ({known[key]})" for name, key in _SIZES.items() if known[key] != asked[key]]
        if recipe.shape.layers % known["num_hidden_layers"]:
            wrong.append(f"shape.layers ({known['num_hidden_layers']} × …)")
    if wrong:
        raise LessonError("recipe_unusable", recipe=recipe.name, problems=", ".join(wrong))
