"""What llama.cpp calls each weight of a model, and how it wants its rows: the architectures that a file can be made of.

The names are the gguf library's. What differs in the arrangement is read in llama.cpp's `convert_hf_to_gguf.py`: of
Llama, the rows of queries and keys, since its rotations take neighbours for pairs; of GPT-2, the matrices kept turned.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from core.errors import LessonError
from core.models.weights import FLOATS, Tensor
from core.sharing.merged import PIECE, Delta, summed

_ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gpt2": "gpt2"}
_LEFT_OUT = re.compile(r"attn\.(masked_)?bias$|rotary_emb\.inv_freq$")  # constants, which the program knows
_ROTATED = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
_TURNED = re.compile(r"(c_attn|c_proj|c_fc)\.weight$")
# What llama.cpp takes for granted of an architecture, under transformers' names; a model that differs is another one.
_GRANTED: dict[str, dict[str, object]] = {
    "gpt2": {
        "activation_function": "gelu_new", "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
    },
    "rotary": {"hidden_act": "silu", "rope_scaling": None, "use_sliding_window": False},
}  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """A weight of the base and its place in the file: its `name` there, and how its rows are rearranged.

    `heads` counts those whose rows are taken apart, 0 where rows stay; one that is `turned` is kept [in, out].
    """

    weight: str
    tensor: Tensor
    name: str
    heads: int = 0
    turned: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in the file, as numpy has it: a row of it belongs together."""
        return self.tensor.shape[::-1] if self.turned else self.tensor.shape

    def rows(self, file: BinaryIO, delta: Delta | None) -> Iterator[np.ndarray]:
        """Yields the numbers as the file has them, some rows at a time: float32 [rows, numbers of a row].

        `delta` is what LoRA adds to them. A turned matrix is read whole.
        """
        if self.turned:
            yield np.concatenate([*summed(file, self.tensor, delta, self.tensor.shape[0])]).T
            return
        height = self.tensor.shape[0] // self.heads if self.heads else 0
        width = int(np.prod(self.tensor.shape[1:])) if len(self.tensor.shape) > 1 else 1
        for piece in summed(file, self.tensor, delta, height or max(1, PIECE // width)):
            yield piece.reshape(2, height // 2, width).swapaxes(0, 1).reshape(piece.shape) if height else piece


def architecture(config: Mapping, model: str) -> str:
    """Answers llama.cpp's name for a model's architecture. Raises LessonError `gguf_architecture`."""
    family = str(config.get("model_type"))
    known = _ARCHITECTURES.get(family)
    granted = _GRANTED.get(known or "", _GRANTED["rotary"])
    differs = any(config.get(name, value) != value for name, value in granted.items())
    rope = (config.get("rope_parameters") or {}).get("rope_type", "default")
    slides = family == "mistral" and config.get("sliding_window") is not None
    if known is None or differs or rope != "default" or slides:
        raise LessonError("gguf_architecture", model=model, family=family)
    return known


def placed(tensors: Mapping[str, Tensor], config: Mapping, model: str) -> list[Placed]:
    """Answers where each weight of a model goes. Raises LessonError `gguf_architecture`."""
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map

    known = architecture(config, model)
    layers = int(config.get("num_hidden_layers") or config["n_layer"])
    number = next(arch for arch, name in MODEL_ARCH_NAMES.items() if name == known)
    names = get_tensor_name_map(MODEL_ARCH(number), layers)
    found = []
    for weight, tensor in tensors.items():
        is_twice = weight == "lm_head.weight" and config.get("tie_word_embeddings", known == "gpt2")
        if is_twice or _LEFT_OUT.search(weight):
            continue
        called = (f"{before}{weight}" for before in ("", "model.", "transformer."))
        name = next((name for one in called if (name := names.get_name(one, (".weight", ".bias")))), None)
        if name is None or tensor.dtype not in FLOATS:
            raise LessonError("gguf_architecture", model=model, family=weight)
        layer = weight.split(".")[-2]
        heads = _heads(config, _ROTATED[layer]) if known == "llama" and layer in _ROTATED else 0
        found.append(Placed(weight, tensor, name, heads, known == "gpt2" and bool(_TURNED.search(weight))))
    return found


def _heads(config: Mapping, name: str) -> int:
    return int(config.get(name) or config["num_attention_heads"])
