"""The model in one file for Ollama, LM Studio and llama.cpp: base and adapter added up, rounded, and streamed to disk.

Sums are made in float32 and rounded once, to the file's own numbers. No weight is whole in memory but GPT-2's turned
ones, of which the largest takes some tens of megabytes.
"""

import unicodedata
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from core import storage
from core.data import table
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.generation import loaded_gguf
from core.models import folder as models
from core.models.weights import tensors
from core.project import Project
from core.sharing import gguf_guide, gguf_metadata, making, merged
from core.sharing.gguf_metadata import F16, Q8_0
from core.sharing.gguf_tensors import Placed, architecture, configuration, placed
from core.tasks import TASKS
from core.tokens import gguf_vocabulary
from core.tokens import tokenizer as tokenizers
from core.tokens.tokenizer import Tokenizer
from core.training.runs import Run

if TYPE_CHECKING:
    from gguf import GGMLQuantizationType, GGUFWriter

_BLOCK = 32  # numbers of a row that Q8_0 rounds together, to 8 bits each and a scale of 16
_CHECKED = 300  # of her texts
_WORDS_BYTES = 200  # of the vocabulary, for each token and its merge: more than they take


def make(run: Run, project: Project, language: str, quantisation: str = Q8_0, progress: Progress = no_progress) -> Path:
    """Writes `share/gguf` of a finished run: the file, a Modelfile, and how to open it in `language`. Answers it.

    Raises LessonError `gguf_architecture`, `gguf_tokenizer`, `disk_full`, and what `merged.parts` and
    `merged.must_fit` do.
    """
    from gguf import GGUFWriter

    added, record = merged.parts(run), run.record()
    public = models.public_name(record["model"])
    config = configuration(added.base)
    weights = [(path, one) for path in added.files for one in placed(tensors(path), config, public)]
    size = next((one.shape[0] for _, one in weights if one.name == "token_embd.weight"), 0)
    tokenizer = tokenizers.of_model(added.base)
    asked = gguf_guide.frame(run, tokenizer)
    words = gguf_vocabulary.vocabulary(tokenizer, size, asked.adds_bos, asked.template, public)
    sizes = sum(_size(one, _kind(one, quantisation)) for _, one in weights)
    needed = sizes + _WORDS_BYTES * len(words.tokens)
    merged.must_fit(run, needed)
    writer = GGUFWriter(None, architecture(config, public))
    licence = models.licence(Path(record["model_folder"]))
    gguf_metadata.describe(writer, project.name, public, licence, record, quantisation)
    gguf_metadata.measure(writer, config, size, models.context(added.base))
    gguf_metadata.spell(writer, words)
    folder(run).parent.mkdir(exist_ok=True)
    storage.recover(folder(run).parent)  # a process that was killed left as much as a whole model
    with storage.new_folder(folder(run)) as fresh:
        path = fresh / file_name(run, quantisation)
        done = 0
        for written in _written(writer, path, weights, added, quantisation):
            done += written
            progress(done / needed)
        _check_ids(path, run, tokenizer, public)
        gguf_guide.write(fresh, path.name, run, asked, language)
    return folder(run)


def _check_ids(path: Path, run: Run, tokenizer: Tokenizer, model: str) -> None:
    """Cuts her own texts as the file says, and as the model learned. Raises LessonError `gguf_tokenizer`.

    Both read letters with their accents put together, as keyboards type them.
    """
    if not (run.prepared / "train").is_dir():
        return  # they stayed elsewhere
    task = TASKS[run.record()["task"]]
    some = table.read(run.prepared / "train").slice(0, _CHECKED).to_pylist()
    mine = [task.source(row) + task.completion(row) for row in some]
    typed = [unicodedata.normalize("NFC", text) for text in mine]
    if loaded_gguf.tokenizer(path).encode_all(typed) != tokenizer.encode_all(typed):
        raise LessonError("gguf_tokenizer", model=model)


def check(run: Run) -> None:
    """Looks at the base's configuration alone. Raises LessonError `gguf_architecture`, and what `folder.check` does."""
    base = merged.base_of(run)
    models.check(base)
    architecture(configuration(base), models.public_name(run.record()["model"]))


def bytes_about(run: Run, quantisation: str) -> int:
    """Answers about how many bytes the file takes, from the headers of the base's weights."""
    count = sum(prod(one.shape) for path in merged.base_of(run).glob("*.safetensors") for one in tensors(path).values())
    return count * 2 if quantisation == F16 else count * 34 // _BLOCK


def folder(run: Run) -> Path:
    return run.folder / "share" / "gguf"


def file_name(run: Run, quantisation: str) -> str:
    return f"{run.name}-{quantisation}.gguf"


def told(run: Run) -> Path:
    """The folder where the process that makes the file says how far it is."""
    return run.folder / "share" / "gguf-making"


def start(run: Run, quantisation: str, language: str) -> None:
    """Makes the file in a process of its own, unless one is at it."""
    making.start(["gguf", str(run.folder), "--quantisation", quantisation, "--language", language], told(run))


def made(run: Run, quantisation: str) -> Path | None:
    """Answers the folder, where it has such a file, made from what the run has learned by now."""
    path = folder(run) / file_name(run, quantisation)
    is_new = path.is_file() and run.weights and path.stat().st_mtime >= run.weights.stat().st_mtime
    return folder(run) if is_new else None


def _kind(one: Placed, quantisation: str) -> "GGMLQuantizationType":
    """Answers the numbers in which a weight is kept: vectors and places in float32, as llama.cpp itself does."""
    from gguf import GGMLQuantizationType as Kind

    if len(one.shape) < 2 or "position_embd" in one.name:
        return Kind.F32
    return Kind.Q8_0 if quantisation == Q8_0 and one.shape[-1] % _BLOCK == 0 else Kind.F16


def _size(one: Placed, kind: "GGMLQuantizationType") -> int:
    from gguf import GGML_QUANT_SIZES

    block, size = GGML_QUANT_SIZES[kind]
    return prod(one.shape) // block * size


def _written(
    writer: "GGUFWriter", path: Path, weights: list[tuple[Path, Placed]], added: merged.Parts, quantisation: str
) -> Iterator[int]:
    """Writes the file: what it says, where each weight lies, and the weights; yields the bytes of each piece."""
    kinds = [_kind(one, quantisation) for _, one in weights]
    for (_, one), kind in zip(weights, kinds, strict=True):
        writer.add_tensor_info(one.name, one.shape, np.dtype(np.float32), _size(one, kind), kind)
    try:
        writer.write_header_to_file(path)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        file = cast(list[BinaryIO], writer.fout)[0]
        writer.write_padding(file, file.tell())
        for (source, one), kind in zip(weights, kinds, strict=True):
            with source.open("rb") as old:
                for rows in one.rows(old, added.delta(one.weight)):
                    yield file.write(_packed(rows, kind))
            writer.write_padding(file, _size(one, kind))
    except FloatingPointError as error:
        raise LessonError("gguf_architecture", model=writer.arch, part=one.weight) from error
    finally:
        writer.close()


def _packed(rows: np.ndarray, kind: "GGMLQuantizationType") -> bytes:
    """Raises FloatingPointError where a number is too large for a half: such a file would write nonsense."""
    from gguf import quants

    with np.errstate(over="raise"):
        return quants.quantize(np.ascontiguousarray(rows, np.float32), kind).tobytes()
