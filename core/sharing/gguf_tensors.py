"""What llama.cpp calls each weight of a model, and how it wants its rows: the architectures that a file can be made of.

The names are the gguf library's. What differs in the arrangement is read in llama.cpp's `convert_hf_to_gguf.py`: of
Llama, the rows of queries and keys, since its rotations take neighbours for pairs; of GPT-2, the matrices kept turned.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core import storage
from core.errors import LessonError
from core.models.weights import FLOATS, Tensor
from core.sharing.merged import PIECE, Delta, summed

ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gpt2": "gpt2"}
_LEFT_OUT = re.compile(r"(^|\.)attn\.(masked_)?bias$|rotary_emb\.inv_freq$")  # constants, which the program knows
_ROTATED = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
_TURNED = re.compile(r"(c_attn|c_proj|c_fc)\.weight$")
# What llama.cpp takes for granted of an architecture, under transformers' names; a model that differs is another one.
_GRANTED: dict[str, dict[str, object]] = {
    "gpt2": {
        "activation_function": "gelu_new", "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False,
        "add_cross_attention": False,
    },
    "rotary": {"hidden_act": "silu", "rope_type": "default", "use_sliding_window": False},
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


def configuration(folder: Path) -> dict:
    """Answers a model's configuration, with what transformers takes where it is silent."""
    said = storage.read_json(folder / "config.json") or {}
    first = lambda *names: next((said[name] for name in names if said.get(name) is not None), None)  # noqa: E731
    heads, width = first("num_attention_heads", "n_head"), first("hidden_size", "n_embd")
    rope = said.get("rope_parameters") or said.get("rope_scaling") or {}
    sizes = {
        "num_attention_heads": heads,
        "hidden_size": width,
        "num_hidden_layers": first("num_hidden_layers", "n_layer"),
        "intermediate_size": first("intermediate_size", "n_inner") or (4 * width if width else None),
        "num_key_value_heads": first("num_key_value_heads") or heads,
        "head_dim": first("head_dim") or (width // heads if width and heads else None),
        "tie_word_embeddings": said.get("tie_word_embeddings", said.get("model_type") == "gpt2"),
        "norm_eps": first("rms_norm_eps", "layer_norm_epsilon") or 1e-6,
        "rope_type": rope.get("rope_type", rope.get("type", "default")),
        "rope_theta": rope.get("rope_theta", said.get("rope_theta", 10_000.0)),
    }
    return said | sizes


def architecture(config: Mapping, model: str) -> str:
    """Answers llama.cpp's name for a model's architecture. Raises LessonError `gguf_architecture`."""
    family = str(config.get("model_type"))
    known = ARCHITECTURES.get(family)
    granted = _GRANTED.get(known or "", _GRANTED["rotary"])
    others = [name for name, value in granted.items() if config.get(name, value) != value]
    if family == "mistral" and config.get("sliding_window") is not None:
        others.append("sliding_window")
    if known is None or others:
        raise LessonError("gguf_architecture", model=model, part=", ".join([family, *others]))
    return known


def placed(tensors: Mapping[str, Tensor], config: Mapping, model: str) -> list[Placed]:
    """Answers where each weight of a model goes. Raises LessonError `gguf_architecture`."""
    from gguf import MODEL_ARCH, MODEL_ARCH_NAMES, get_tensor_name_map

    known = architecture(config, model)
    number = next(arch for arch, name in MODEL_ARCH_NAMES.items() if name == known)
    names = get_tensor_name_map(MODEL_ARCH(number), config["num_hidden_layers"])
    found = []
    for weight, tensor in tensors.items():
        is_twice = weight == "lm_head.weight" and config["tie_word_embeddings"]
        if is_twice or _LEFT_OUT.search(weight):
            continue
        called = (f"{before}{weight}" for before in ("", "model.", "transformer."))
        name = next((name for one in called if (name := names.get_name(one, (".weight", ".bias")))), None)
        if name is None or tensor.dtype not in FLOATS:
            raise LessonError("gguf_architecture", model=model, part=weight)
        layer = weight.split(".")[-2]
        heads = config[_ROTATED[layer]] if known == "llama" and layer in _ROTATED else 0
        found.append(Placed(weight, tensor, name, heads, known == "gpt2" and bool(_TURNED.search(weight))))
    return found
