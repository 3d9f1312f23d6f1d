"""A model in memory, with its tokenizer and perhaps an adapter."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core import machine, storage
from core.errors import LessonError
from core.models.folder import check
from core.tokens import tokenizer as tokenizers
from core.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Loaded:
    """A causal language model ready to be used; `context` is the most tokens it reads."""

    model: "PreTrainedModel"
    tokenizer: Tokenizer
    context: int

    @property
    def device(self) -> str:
        return str(self.model.device)


def load(
    folder: Path,
    adapter: Path | None = None,
    precision: str | None = None,
    four_bit: bool = False,
    device: str | None = None,
) -> Loaded:
    """Loads the model in `folder`, from safetensors only and without running any code of its own.

    `precision` is `bf16` or `fp32`, `device` is torch's name; None takes what suits this machine. Raises LessonError:
    `broken_model`, `broken_adapter`.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    check(folder)
    chosen = precision or machine.precision().value
    dtype = torch.bfloat16 if chosen == "bf16" else torch.float32
    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            **({"quantization_config": four_bits, "device_map": device} if four_bit else {}),
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise LessonError("broken_model", folder=folder.name, file=type(error).__name__) from error
    if not four_bit:
        model = model.to(device)
    model.eval()
    text = model.config.get_text_config()
    loaded = Loaded(model, tokenizers.load(folder), getattr(text, "max_position_embeddings", 1024))
    return loaded if adapter is None else put_on(loaded, adapter, precision)


def put_on(loaded: Loaded, adapter: Path, precision: str | None = None) -> Loaded:
    """Puts the adapter in the folder `adapter` on a model; a whole model that lies there takes the other's place.

    Raises LessonError `broken_adapter`.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    if (adapter / "config.json").is_file():
        return load(adapter, precision=precision)
    config = storage.read_json(adapter / "adapter_config.json")
    if config is None or not (adapter / "adapter_model.safetensors").is_file():
        raise LessonError("broken_adapter", adapter=adapter.name)
    try:
        model = PeftModel.from_pretrained(loaded.model, adapter).eval()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        raise LessonError("broken_adapter", adapter=adapter.name) from error
    return Loaded(model, loaded.tokenizer, loaded.context)
