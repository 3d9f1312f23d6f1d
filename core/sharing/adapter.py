"""The adapter as one ZIP: weights, configuration, a card, and the small base it needs where no one else has it."""

import io
import json
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from core import classroom, limits, storage
from core.errors import LessonError
from core.evaluation import evaluate
from core.models.folder import CLASSROOM, public_name, weights_of
from core.project import Project
from core.sharing.card import card
from core.training.runs import Run

ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_MODEL = ("config.json", "model.safetensors", "tokenizer.json")  # where the whole model was trained
MOST_BYTES = 2_000_000_000


def pack(run: Run, project: Project, language: str) -> bytes:
    """Answers the ZIP of a finished run's adapter, in PEFT's layout, with a card in `language`; or of its whole model.

    The classroom model travels along in `base/`: it is small, and found nowhere else. Raises LessonError
    `run_not_finished`.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(run.adapter.iterdir()):
            archive.write(path, path.name)
        archive.writestr("README.md", card(run, project, evaluate.result(run), language))
        if _brings_its_base(run):
            for path in sorted(classroom.MODEL.iterdir()):
                archive.write(path, f"base/{path.name}")
    return buffer.getvalue()


def _brings_its_base(run: Run) -> bool:
    return run.record()["model"] == CLASSROOM and run.settings().method != "full"


def unpack(project: Project, content: bytes, name: str) -> Path:
    """Takes an adapter back in from its ZIP. Answers its folder under the project's `adapters/`.

    Only the configuration, the safetensors weights and, of a whole model, the tokenizer are read out, by name:
    nothing else in the ZIP is unpacked. Raises LessonError: `not_an_adapter`, `adapter_of_another_base`, and
    on a shared server what `limits.may_keep` does.
    """
    limits.may_keep(project.folder, len(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = {PurePosixPath(entry.filename).name: entry for entry in reversed(archive.infolist())}
            wanted = ADAPTER if ADAPTER[1] in inside else _MODEL
            if any(file not in inside or inside[file].file_size > MOST_BYTES for file in wanted):
                raise LessonError("not_an_adapter", name=name)
            files = {file: archive.read(inside[file]) for file in wanted}
            config = json.loads(files[wanted[0]])
            base = config["base_model_name_or_path"] if wanted == ADAPTER else public_name(project.model)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError, KeyError,
        TypeError,
    ) as error:  # fmt: skip
        raise LessonError("not_an_adapter", name=name) from error
    if base != public_name(project.model):
        raise LessonError("adapter_of_another_base", name=name, base=base, model=public_name(project.model))
    folder = project.folder / "adapters" / storage.safe_name(name.removesuffix(".zip"))
    with storage.new_folder(folder) as temporary:
        for file, data in files.items():
            (temporary / file).write_bytes(data)
    return folder


def loaded_adapters(project: Project) -> list[Path]:
    """Answers the folders of the adapters taken in by `unpack`."""
    return sorted(folder for folder in (project.folder / "adapters").glob("*") if weights_of(folder))
