"""A GGUF file in memory, as any other model: what it says is read here, and transformers turns its numbers back.

transformers reads a configuration of its own from such a file, and takes some sizes for granted: the width of Qwen3's
heads, GPT-2's vocabulary. It is given ours, which has what the file says.
"""

from collections.abc import Mapping
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import LessonError
from core.generation.loaded import Loaded
from core.models import gguf_header
from core.models.gguf_header import Header
from core.tokens import gguf_vocabulary
from core.tokens.gguf_vocabulary import Vocabulary
from core.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig

FAMILIES = ("llama", "qwen2", "qwen3", "gpt2")
_TOKENS = "tokenizer.ggml"
_BYTE_LEVEL = "gpt2"  # llama.cpp's name for every vocabulary of that kind


def load(path: Path, dtype: Any, device: str) -> Loaded:
    """Loads the model of a GGUF file, its numbers as torch's `dtype`.

    Raises LessonError `gguf_broken`, `gguf_unknown`.
    """
    from transformers import AutoModelForCausalLM

    header = read(path)
    try:
        spoken = _tokenizer(header.said)
        config = _config(header)
        with redirect_stderr(StringIO()):  # a progress bar that no setting of theirs takes away
            model, told = AutoModelForCausalLM.from_pretrained(
                path.parent,
                gguf_file=path.name,
                config=config,
                dtype=dtype,
                local_files_only=True,
                output_loading_info=True,
            )
        if told["missing_keys"]:  # it would have drawn them at random, and written nonsense in the model's name
            raise ValueError("weights that are not in the file")
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, TypeError) as error:
        raise LessonError("gguf_broken", name=path.name) from error
    return Loaded(model.to(device).eval(), spoken, config.max_position_embeddings)


def tokenizer(path: Path) -> Tokenizer:
    """Answers the tokenizer that a file describes. Raises LessonError as `read` does."""
    try:
        return _tokenizer(read(path).said)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise LessonError("gguf_broken", name=path.name) from error


def read(path: Path) -> Header:
    """Answers what a file says.

    Raises LessonError `gguf_broken`, or `gguf_unknown` where model or tokenizer are of a kind that is not read here.
    """
    header = gguf_header.read(path)
    said = [header.said.get(key) for key in ("general.architecture", f"{_TOKENS}.model", f"{_TOKENS}.pre")]
    family, kind, pre = map(str, said)
    stretched = "rope_freqs.weight" in header.weights or any(".rope.scaling." in key for key in header.said)
    is_ours = family in FAMILIES and kind == _BYTE_LEVEL and pre in gguf_vocabulary.WAYS
    if not is_ours or stretched or header.said.get(f"{family}.expert_count"):
        raise LessonError("gguf_unknown", name=path.name, kind=" · ".join(map(str, said)))
    return header


def _config(header: Header) -> "PretrainedConfig":
    """Answers transformers' configuration of the model in a file, from what `core.sharing.gguf_metadata` writes."""
    from transformers import AutoConfig

    said, names = header.said, header.weights
    family = said["general.architecture"]
    own = {key.removeprefix(f"{family}."): value for key, value in said.items() if key.startswith(f"{family}.")}
    sizes = {
        "vocab_size": len(said[f"{_TOKENS}.tokens"]),
        "bos_token_id": said.get(f"{_TOKENS}.bos_token_id"),
        "eos_token_id": said.get(f"{_TOKENS}.eos_token_id"),
        "tie_word_embeddings": "output.weight" not in names,
    }
    heads, width = own["attention.head_count"], own["embedding_length"]
    blocks = {name.split(".")[1] for name in names if name.startswith("blk.")}
    if len(blocks) != own["block_count"] or names["token_embd.weight"] != (sizes["vocab_size"], width):
        raise ValueError("sizes that are not those of the weights")  # believed, they could ask for any memory
    if family == "gpt2":
        sizes |= {"n_embd": width, "n_layer": own["block_count"], "n_head": heads}
        sizes |= {"n_inner": own["feed_forward_length"], "n_positions": own["context_length"]}
        sizes |= {"layer_norm_epsilon": own["attention.layer_norm_epsilon"]}
        return AutoConfig.for_model(family, **sizes)
    return AutoConfig.for_model(
        family,
        hidden_size=width,
        intermediate_size=own["feed_forward_length"],
        num_hidden_layers=own["block_count"],
        num_attention_heads=heads,
        num_key_value_heads=own.get("attention.head_count_kv", heads),
        head_dim=own.get("attention.key_length", width // heads),
        max_position_embeddings=own["context_length"],
        rms_norm_eps=own["attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": own.get("rope.freq_base", 10_000.0)},
        attention_bias=family == "llama" and "blk.0.attn_q.bias" in names,
        mlp_bias="blk.0.ffn_up.bias" in names,
        **sizes,
    )


def _tokenizer(said: Mapping[str, Any]) -> Tokenizer:
    id = {role: said.get(f"{_TOKENS}.{role}_token_id") for role in ("bos", "eos", "eot", "padding")}
    words = Vocabulary(
        pre=said[f"{_TOKENS}.pre"],
        tokens=said[f"{_TOKENS}.tokens"],
        types=said[f"{_TOKENS}.token_type"],
        merges=said[f"{_TOKENS}.merges"],
        bos_id=id["bos"],
        eos_id=id["eos"],
        eot_id=id["eot"],
        pad_id=id["padding"],
        adds_bos=bool(said.get(f"{_TOKENS}.add_bos_token", False)),
        template=said.get("tokenizer.chat_template", ""),
    )
    special = {"bos_token": words.bos_id, "eos_token": words.eos_id, "pad_token": words.pad_id}
    try:
        backend = gguf_vocabulary.backend(words)
    except Exception as error:  # the library raises bare Exception
        raise ValueError("a vocabulary that is none") from error
    backend.encode_special_tokens = True  # «</s>» in a text of hers is five letters, not an end
    return Tokenizer(
        backend,
        words.bos_id if words.adds_bos else None,
        words.eos_id,
        template=words.template,
        names={role: words.tokens[id] for role, id in special.items() if id is not None},
        stop_ids=() if words.eot_id is None else (words.eot_id,),
    )
