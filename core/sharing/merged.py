"""The merged model: base and adapter as one, which plain `transformers` opens with nothing else beside it.

A weight W that LoRA adapts becomes W + alpha / rank · B · A (Hu et al., 2021, section 4.1). The base's files are copied
piece by piece with that sum made on the way, so that a model of many gigabytes needs a few megabytes of memory.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core import limits, storage
from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.evaluation import evaluate
from core.models import folder as models
from core.models.weights import FLOATS, Tensor, numbers, packed, tensors
from core.project import Project
from core.sharing import making
from core.sharing.card import card
from core.training.runs import Run

PIECE = 1_000_000  # numbers handled at a time: 4 MB as float32
_ADAPTED, _A, _B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
# Beside weights and tokenizer, what `from_pretrained` reads, and the terms that the base came under.
_ALONG = ("config.json", "generation_config.json", "LICENSE", "LICENSE.md", "LICENSE.txt", "NOTICE")


@dataclass(frozen=True)
class Delta:
    """What LoRA adds to one weight: `scale` · B [out, rank] · A [rank, in], turned where the weight is [in, out]."""

    a: np.ndarray
    b: np.ndarray
    scale: float
    turned: bool = False

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Answers these rows of the sum's second half, as W has them: float32."""
        product = self.a.T[start:stop] @ self.b.T if self.turned else self.b[start:stop] @ self.a
        return self.scale * product


class Adapter:
    """The adapter in a folder: which weights it changes, and by how much, read from disk when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "adapter_model.safetensors"
        config = storage.load_json(folder / "adapter_config.json")
        self.scale = config["lora_alpha"] / config["r"]
        self.tensors = tensors(self.path)
        self.names = {name.removeprefix(_ADAPTED).removesuffix(_A) for name in self.tensors if name.endswith(_A)}

    def name(self, weight: str) -> str | None:
        """Answers how the adapter calls a weight of the base; files of some families leave out the first part."""
        called = weight.removesuffix(".weight")
        return next((name for name in self.names if called in (name, name.partition(".")[2])), None)

    def sides(self, name: str) -> tuple[int, int]:
        """Answers how many numbers a layer gives, and how many it takes."""
        return self.tensors[f"{_ADAPTED}{name}{_B}"].shape[0], self.tensors[f"{_ADAPTED}{name}{_A}"].shape[1]

    def delta(self, name: str, turned: bool) -> Delta:
        return Delta(self._read(name, _A), self._read(name, _B), self.scale, turned)

    def _read(self, name: str, side: str) -> np.ndarray:
        tensor = self.tensors[f"{_ADAPTED}{name}{side}"]
        with self.path.open("rb") as file:
            file.seek(tensor.begin)
            return numbers(file.read(tensor.end - tensor.begin), tensor.dtype).reshape(tensor.shape)


@dataclass(frozen=True)
class Parts:
    """What is added up: the folder of the base, its files of weights, and the adapter, where the run has one.

    The base keeps its matrices `turned`, [in, out], as GPT-2 does, or not.
    """

    base: Path
    files: list[Path]
    adapter: Adapter | None
    turned: bool

    def delta(self, weight: str) -> Delta | None:
        """Answers what the adapter adds to a weight of the base; None where that stays as it is."""
        name = self.adapter.name(weight) if self.adapter else None
        return self.adapter.delta(name, self.turned) if self.adapter and name else None


def parts(run: Run) -> Parts:
    """Answers what makes the whole model of a finished run.

    Raises LessonError `run_not_finished`, `cannot_merge`, and what `folder.check` does.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    found = base_of(run)
    models.check(found)
    adapter = None if found == run.adapter else Adapter(run.adapter)
    files = sorted(found.glob("*.safetensors"))
    turned = _fits(adapter, files, models.public_name(run.record()["model"])) if adapter else False
    return Parts(found, files, adapter, turned)


def make(run: Run, project: Project, language: str, progress: Progress = no_progress) -> Path:
    """Writes the merged model of a finished run to `share/merged`, with tokenizer and card. Answers its folder.

    Where the run trained the whole model there is nothing to add, and it is copied. Raises LessonError
    `disk_full`, and what `parts` and `must_fit` do.
    """
    added = parts(run)
    base = added.base
    needed = bytes_needed(run)
    must_fit(run, needed)
    done = 0
    with storage.new_folder(folder(run)) as fresh:
        for path in added.files:
            for written in _merged(path, fresh / path.name, added):
                done += written
                progress(done / needed)
        models.copy_tokenizer(base, fresh)
        for name in (*_ALONG, *(path.name for path in base.glob("*.index.json"))):
            if (base / name).is_file():
                shutil.copyfile(base / name, fresh / name)
        words = card(run, project, evaluate.result(run), language, merged=True)
        (fresh / "README.md").write_text(words, encoding="utf-8")
    return folder(run)


def must_fit(run: Run, needed: int) -> None:
    """Raises LessonError `merged_does_not_fit` where the disk has no room for so many bytes.

    On a shared server, `disk_over_limit` where she has none.
    """
    limits.may_make(run.folder.parent.parent, needed)
    if needed > shutil.disk_usage(run.folder).free:
        raise LessonError("merged_does_not_fit", megabytes=round(needed / 1e6))


def folder(run: Run) -> Path:
    return run.folder / "share" / "merged"


def bytes_needed(run: Run) -> int:
    """Answers what the merged model takes on disk: what its base does, tokenizer included."""
    base = base_of(run)
    files = {*base.glob("*.safetensors"), *models.tokenizer_files(base), *(base / name for name in _ALONG)}
    return sum(path.stat().st_size for path in files if path.is_file())


def base_of(run: Run) -> Path:
    """The folder that is added to; of a run that trained the whole model, what it learned is all there is."""
    return run.adapter if run.settings().method == "full" else Path(run.record()["model_folder"])


def told(run: Run) -> Path:
    """The folder where the process that merges says how far it is."""
    return run.folder / "share" / "merging"


def start(run: Run, language: str) -> None:
    """Merges in a process of its own, unless one is at it."""
    making.start(["merge", str(run.folder), "--language", language], told(run))


def is_made(run: Run) -> bool:
    """Says whether the merged model is there, made from what the run has learned by now."""
    made = models.weights_of(folder(run)) or next(iter(sorted(folder(run).glob("*.safetensors"))), None)
    return bool(made and run.weights and made.stat().st_mtime >= run.weights.stat().st_mtime)


def _fits(adapter: Adapter, files: list[Path], base: str) -> bool:
    """Says whether the base keeps its weights turned, [in, out], as GPT-2 does.

    Raises LessonError `cannot_merge` unless each weight that the adapter changes is there once, in plain numbers and
    of the right shape: a model kept in 4 bits has no place for a sum.
    """
    found: dict[str, Tensor] = {}
    for path in files:
        found |= {name: one for weight, one in tensors(path).items() if (name := adapter.name(weight))}
    shapes = [(found[name], adapter.sides(name)) for name in sorted(adapter.names) if name in found]
    turned = any(tensor.shape != sides for tensor, sides in shapes)
    right = all(
        tensor.dtype in FLOATS and tensor.shape == (sides[::-1] if turned else sides) for tensor, sides in shapes
    )
    if not adapter.names or len(shapes) < len(adapter.names) or not right:
        raise LessonError("cannot_merge", model=base)
    return turned


def _merged(source: Path, target: Path, added: Parts) -> Iterator[int]:
    """Copies a file of weights with the adapter's sums in their places; yields the bytes of each piece as it goes.

    Shapes and number formats stay, and with them the header: only the numbers change.
    """
    with source.open("rb") as old, target.open("wb") as new:
        places = sorted(tensors(source).items(), key=lambda item: item[1].begin)
        yield new.write(old.read(places[0][1].begin if places else -1))
        for weight, tensor in places:
            old.seek(tensor.begin)
            new.seek(tensor.begin)
            if delta := added.delta(weight):
                step = max(1, PIECE // max(1, prod(tensor.shape[1:])))
                for values in summed(old, tensor, delta, step):
                    yield new.write(packed(values, tensor.dtype))
            else:
                while (left := tensor.end - old.tell()) > 0:
                    yield new.write(old.read(min(left, 4 * PIECE)))


def summed(file: BinaryIO, tensor: Tensor, delta: Delta | None, step: int) -> Iterator[np.ndarray]:
    """Yields a weight with what the adapter adds to it, `step` rows at a time: float32 [rows, numbers of a row]."""
    count = tensor.shape[0] if tensor.shape else 1
    row = (tensor.end - tensor.begin) // max(1, count)
    file.seek(tensor.begin)
    for start in range(0, count, step):
        stop = min(start + step, count)
        values = numbers(file.read((stop - start) * row), tensor.dtype).reshape(stop - start, -1)
        yield values + delta.rows(start, stop) if delta else values
