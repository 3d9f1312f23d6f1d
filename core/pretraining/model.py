"""The network: Llama's shape, drawn at random, or grown from one of the same width that has learned already."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import LessonError
from core.pretraining.recipe import Shape

if TYPE_CHECKING:
    from torch import nn

# Llama's way is the one that every library knows: the workshop's own products, llama.cpp, a notebook of hers.
_DRAWN = 0.02  # standard deviation of the first weights (Radford et al., 2019)


def configuration(shape: Shape) -> Any:
    """Answers transformers' LlamaConfig. The embedding is the output layer too: a third of so small a model is it."""
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
    """Answers a deeper model that guesses just as the one in `folder` does.

    That one's layers are spread among new ones, which at first let their input through (Wu et al., 2024, «LLaMA Pro»).
    Raises LessonError `recipe_unusable` where `shape` is not that model's, with more layers.
    """
    from transformers import AutoModelForCausalLM

    known = AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
    model = draw(shape, seed)
    wrong = [name for name, value in _sizes(model).items() if _sizes(known)[name] != value]
    if wrong or shape.layers % len(known.model.layers):
        problems = ", ".join(wrong or [f"shape.layers ({len(known.model.layers)} × …)"])
        raise LessonError("recipe_unusable", recipe=folder.name, problems=problems)
    each = shape.layers // len(known.model.layers)
    layers = {f"layers.{each * place}.": f"layers.{place}." for place in range(len(known.model.layers))}
    old = known.model.state_dict()
    for name, weight in model.model.state_dict().items():
        place = next((new for new in layers if name.startswith(new)), "")
        if place or not name.startswith("layers."):
            weight.copy_(old[name.replace(place, layers.get(place, ""), 1)])
    return model


def _sizes(model: "nn.Module") -> dict[str, int]:
    config = model.config
    return {
        "shape.width": config.hidden_size,
        "shape.heads": config.num_attention_heads,
        "shape.inner": config.intermediate_size,
        "shape.vocabulary": config.vocab_size,
    }
