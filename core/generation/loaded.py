"""A model in memory, with its tokenizer and perhaps an adapter."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core import machine, storage
from core.errors import LessonError
from core.models import folder as folders
from core.models.kind import SEQ2SEQ
from core.tokens import form
from core.tokens import tokenizer as tokenizers
from core.tokens.tokenizer import Tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class Loaded:
    """A language model ready to be used; `context` is the most tokens that it has in view at once.

    A seq2seq model reads that many, and writes that many.
    """

    model: "PreTrainedModel"
    tokenizer: Tokenizer
    context: int

    @property
    def device(self) -> str:
        return str(self.model.device)

    @property
    def is_seq2seq(self) -> bool:
        return self.tokenizer.kind == SEQ2SEQ

    @property
    def stops(self) -> frozenset[int]:
        """The ids that end what it writes; see `core.tokens.form`."""
        return form.stops(self.tokenizer)

    @cached_property
    def pieces(self) -> list[str]:
        """The text of every id, read behind another: many decoders drop the space that begins a text."""
        before = self.tokenizer.encode("a")[-1:]
        ids = range(self.tokenizer.backend.get_vocab_size())
        start = len(self.tokenizer.decode(before))
        return [text[start:] for text in self.tokenizer.decode_all([[*before, id] for id in ids])]

    def room(self, max_new_tokens: int) -> int:
        """Answers how many tokens may be read where so many are to be written."""
        return self.context if self.is_seq2seq else max(1, self.context - max_new_tokens)


def load(
    folder: Path,
    adapter: Path | None = None,
    precision: str | None = None,
    four_bit: bool = False,
    device: str | None = None,
) -> Loaded:
    """Loads the model in `folder`, from safetensors or a GGUF file only and without running any code of its own.

    `precision` is `bf16` or `fp32`, `device` is torch's name; None takes what suits this machine. Where `adapter` holds
    a whole model, that is loaded, and nothing else. Raises LessonError: `broken_model`, `broken_adapter`, and what
    `folder.check`, `tokenizer.of_model` and `loaded_gguf.load` say.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, BitsAndBytesConfig
    from transformers.utils import logging

    from core.generation import loaded_gguf

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if adapter is not None and folders.is_whole(adapter):
        folder, adapter = adapter, None
    chosen = precision or machine.precision().value
    dtype = torch.bfloat16 if chosen == "bf16" else torch.float32
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if file := folders.gguf_of(folder):
        return loaded_gguf.load(file, dtype, device)
    folders.check(folder)
    tokenizer = tokenizers.of_model(folder)
    four_bits = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
    try:
        model = (AutoModelForSeq2SeqLM if tokenizer.kind == SEQ2SEQ else AutoModelForCausalLM).from_pretrained(
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
    loaded = Loaded(model, tokenizer, folders.context(folder))
    return loaded if adapter is None else put_on(loaded, adapter, precision)


def put_on(loaded: Loaded, adapter: Path, precision: str | None = None) -> Loaded:
    """Puts the adapter in the folder `adapter` on a model; a whole model that lies there takes the other's place.

    Raises LessonError `broken_adapter`.
    """
    from peft import PeftModel
    from safetensors import SafetensorError

    if folders.is_whole(adapter):
        return load(adapter, precision=precision)
    config = storage.read_json(adapter / "adapter_config.json")
    if config is None or not (adapter / "adapter_model.safetensors").is_file():
        raise LessonError("broken_adapter", adapter=adapter.name)
    try:
        model = PeftModel.from_pretrained(loaded.model, adapter).eval()
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        raise LessonError("broken_adapter", adapter=adapter.name) from error
    return Loaded(model, loaded.tokenizer, loaded.context)
