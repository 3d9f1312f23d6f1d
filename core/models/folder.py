"""A base model is a folder on disk: the classroom's, one of hers, or one brought from the Hub."""

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from math import prod
from pathlib import Path

from core import classroom, storage
from core.errors import LessonError
from core.models.kind import kind_of
from core.models.weights import tensors

CLASSROOM = "classroom"
# Matrices with a row for each token, place or distance.
_OF_TOKENS = re.compile(r"embed|lm_head|wte|wpe|shared|relative_attention_bias")
# What families call the same thing in their configurations.
_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
_TOKENIZERS = ("tokenizer.json", "*.model", "vocab.json", "vocab.txt")  # the new format, and what it is made from
_OF_TOKENIZERS = re.compile(r"tokenizer|vocab|merges|special_tokens|added_tokens|spiece|chat_template|\.model$")
_LOADED_FROM = (".safetensors", ".json", ".txt", ".model", ".jinja")
_LICENCE = re.compile(r"^license:\s*[\"']?([\w.-]+)", re.MULTILINE)


@dataclass(frozen=True)
class ModelFacts:
    """What a model's own files say of it. `context` is in tokens, `bytes` counts its weights on disk; `hidden` and
    `inner` are the widths of its layers, outside and inside; `sides` is the sum of both sides of every matrix but
    those of the tokens, so that a LoRA adapter on all of them has rank · `sides` numbers. One that `holds_logits`
    treats them in a way of its own, or writes apart from what it reads: training holds those of every token.

    `kind` is how it reads and writes (see `core.models.kind`), `family` its architecture's name.
    """

    reference: str
    folder: Path
    kind: str
    family: str
    parameters: int
    context: int
    vocabulary: int
    layers: int
    hidden: int
    inner: int
    bytes: int
    sides: int = 0
    holds_logits: bool = False


def find(reference: str, token: str | None = None, most_mb: int | None = None) -> Path:
    """Answers the folder of `classroom`, of a model folder on disk, or of a Hub id, downloading it if needed.

    `token` is sent with what is asked of the Hub; without one nothing is, whatever this machine has stored. `most_mb`
    is the largest that may be downloaded, see `core.models.fetch.fetch`.

    Raises LessonError: see `check`, and for a Hub id `core.models.hub`.
    """
    if reference == CLASSROOM:
        return classroom.MODEL
    path = Path(reference).expanduser()
    if path.is_dir():
        check(path)
        return path.absolute()
    from core.models import hub

    if not hub.is_hub_id(reference):
        raise LessonError("model_not_a_name", model=reference)
    folder = hub.download(reference, token, most_mb)
    check(folder)
    return folder


def here(reference: str) -> Path | None:
    """Answers the folder of a model that is on this disk already, without asking the Hub; None where it is not.

    Raises LessonError `model_not_a_name`, and see `check`.
    """
    if reference == CLASSROOM or Path(reference).expanduser().is_dir():
        return find(reference)
    from core.models import hub

    if not hub.is_hub_id(reference):
        raise LessonError("model_not_a_name", model=reference)
    found = hub.on_disk(reference)
    if found:
        check(found)
    return found


def is_hub_reference(reference: str) -> bool:
    """Says whether `reference` names a model of the Hub: neither the classroom's nor a folder here."""
    return reference != CLASSROOM and not Path(reference).expanduser().is_dir()


def public_name(reference: str) -> str:
    """Answers a model's name as others may see it: a folder by its last part, never by a path of this machine."""
    path = Path(reference).expanduser()
    is_folder = reference != CLASSROOM and (path.is_absolute() or path.is_dir())  # even one that is gone by now
    return path.name if is_folder else reference


def files_of(folder: Path) -> list[Path]:
    """Answers the files that a model is loaded from, in order: weights as safetensors, configuration, tokenizer."""
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in _LOADED_FROM)


def check(folder: Path) -> None:
    """Looks at a model's files without opening its weights.

    Raises LessonError unless `folder` holds a model that writes (`not_a_writer`, `unknown_architecture`), all its
    weights as safetensors (`pickled_weights`, `model_without_weights`, `model_incomplete`) and a tokenizer
    (`no_tokenizer`).
    """
    config = storage.read_json(folder / "config.json")
    if config is None:
        raise LessonError("model_folder_empty", folder=folder.name)
    index = storage.read_json(folder / "model.safetensors.index.json") or {}
    missing = sorted({str(name) for name in index.get("weight_map", {}).values() if not (folder / name).is_file()})
    if missing:
        raise LessonError("model_incomplete", folder=folder.name, files=", ".join(missing))
    if not any(folder.glob("*.safetensors")):
        pickled = sorted(p.name for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt") for p in folder.glob(pattern))
        if pickled:
            raise LessonError("pickled_weights", folder=folder.name, files=", ".join(pickled))
        raise LessonError("model_without_weights", folder=folder.name)
    kind_of(config, folder.name)
    if not has_tokenizer([path.name for path in folder.iterdir()]):
        raise LessonError("no_tokenizer", folder=folder.name)


def has_tokenizer(names: Iterable[str]) -> bool:
    """Says whether files of these names hold a tokenizer, or what one is made from."""
    return any(fnmatch(name, pattern) for name in names for pattern in _TOKENIZERS)


def describe(reference: str, folder: Path) -> ModelFacts:
    """Reads a model's facts from its configuration and from the headers of its weights; no tensor is loaded.

    Raises LessonError `broken_model` where a header cannot be read, and see `core.models.kind`.
    """
    config = storage.read_json(folder / "config.json") or {}
    weights = sorted(folder.glob("*.safetensors"))
    shapes = [(name, [*one.shape]) for path in weights for name, one in tensors(path).items()]
    return ModelFacts(
        reference=reference,
        folder=folder,
        kind=kind_of(config, folder.name),
        family=str(config.get("model_type")),
        parameters=count(shapes),
        context=context_of(config),
        bytes=sum(path.stat().st_size for path in weights),
        sides=sides(shapes),
        holds_logits=holds_logits(config),
        **widths(config),
    )


def widths(config: Mapping) -> dict[str, int]:
    """Answers `vocabulary`, `layers`, `hidden` and `inner` (see ModelFacts) as a configuration says them; 0 if not."""
    text = config.get("text_config", config)
    first = lambda *names: next((int(text[n]) for n in names if text.get(n)), 0)  # noqa: E731
    hidden = first("hidden_size", "n_embd", "d_model")
    return {
        "vocabulary": first("vocab_size"),
        "layers": first("num_hidden_layers", "n_layer", "num_layers", "encoder_layers"),
        "hidden": hidden,
        "inner": first("intermediate_size", "n_inner", "ffn_dim", "d_ff", "encoder_ffn_dim") or 4 * hidden,
    }


def holds_logits(config: Mapping) -> bool:
    """Says whether training holds the logits of a whole batch; see `core.training.kernels`, which asks the model."""
    text = config.get("text_config", config)
    is_treated = text.get("final_logit_softcapping") or text.get("logits_scaling", 1) not in (None, 1)
    return bool(config.get("is_encoder_decoder") or is_treated)


def count(shapes: Iterable[tuple[str, list[int]]]) -> int:
    """Answers how many numbers tensors of these shapes have."""
    return sum(prod(shape) for _, shape in shapes)


def sides(shapes: Iterable[tuple[str, list[int]]]) -> int:
    """Answers the sum of both sides of the matrices that a LoRA adapter goes on: all but those of the tokens."""
    return sum(sum(shape) for name, shape in shapes if len(shape) == 2 and not _OF_TOKENS.search(name))


def weights_of(adapter: Path) -> Path | None:
    """Answers the file of an adapter's weights, or of a whole model's; None where `adapter` holds neither."""
    paths = (adapter / name for name in ("adapter_model.safetensors", "model.safetensors"))
    return next((path for path in paths if path.is_file()), None)


def copy_tokenizer(folder: Path, target: Path) -> None:
    """Copies what a tokenizer is made of, in any of its formats."""
    for path in tokenizer_files(folder):
        shutil.copy2(path, target / path.name)


def tokenizer_files(folder: Path) -> list[Path]:
    """Answers the files that a tokenizer is made of, in any of its formats."""
    return [path for path in folder.iterdir() if _OF_TOKENIZERS.search(path.name)]


def context(folder: Path) -> int:
    """Answers the most tokens that a model reads at once; 1024 where it names no limit, as relative positions have."""
    return context_of(storage.read_json(folder / "config.json") or {})


def context_of(config: Mapping) -> int:
    text = config.get("text_config", config)
    return next((int(text[name]) for name in _CONTEXT if text.get(name)), 1024)


def licence(folder: Path) -> str:
    """Answers the licence that a model's card names, as it writes it; ours is the project's; "" where none is named."""
    if folder == classroom.MODEL:
        return "MIT"
    try:
        card = (folder / "README.md").read_text(encoding="utf-8", errors="replace")[:20_000]
    except OSError:
        return ""
    named = _LICENCE.search(card)
    return named[1].strip() if named else ""
