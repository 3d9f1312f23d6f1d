"""What step 13 gave, taken in again: an adapter, a whole model, or a GGUF file, in a ZIP or not."""

import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import yaml

from core import limits, storage
from core.errors import LessonError
from core.generation import loaded_gguf
from core.models import folder as models
from core.models.folder import gguf_of, public_name, weights_of
from core.project import Project
from core.tasks import TASKS
from core.texts import LANGUAGES

ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
MOST_BYTES = 2_000_000_000
_MODEL = ("config.json", "model.safetensors", "tokenizer.json")
_ALONG = ("tokenizer_config.json", "generation_config.json", "chat_template.jinja")  # of a whole model, if there
_CARD = "README.md"
_MOST_ALONG = 20_000_000
_GGUF = b"GGUF"  # how such a file begins
_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True)
class Kept:
    """Something that can write: a `base` with an `adapter`, or None and a whole model in its place.

    `task` and `language` are those that it learned, as its card says, or its file.
    """

    base: Path
    adapter: Path | None
    task: str
    language: str


def unpack(project: Project, content: bytes, name: str) -> Path:
    """Takes a file in. Answers its folder under the project's `adapters/`.

    Only the configuration, the safetensors weights, of a whole model the tokenizer, a GGUF file and the card are read
    out of a ZIP, by name: nothing else is unpacked. Raises LessonError: `not_an_adapter`, `adapter_of_another_base`,
    `gguf_broken`, `gguf_unknown`, and on a shared server what `limits.may_keep` does.
    """
    room = partial(limits.may_keep, project.folder)
    room(len(content))
    files = {storage.safe_name(name): content} if content[:4] == _GGUF else _out_of_zip(content, name, room)
    if ADAPTER[0] in files:
        _check_base(project, files[ADAPTER[0]], name)
    folder = project.folder / "adapters" / storage.safe_name(name.removesuffix(".zip").removesuffix(".gguf"))
    with storage.new_folder(folder) as temporary:
        _lay_out(files, temporary)
    return folder


def at(project: Project, path: Path) -> Path:
    """Answers where what lies on this machine can be loaded from: a folder, or a GGUF file; a ZIP is unpacked first.

    Raises LessonError `kept_not_found`, `gguf_broken`, `gguf_unknown`, and what `unpack` and `folder.check` do.
    """
    if _is_zip(path):
        return unpack(project, path.read_bytes(), path.name)
    found = _found(path)
    if (found / ADAPTER[0]).is_file():
        _check_base(project, (found / ADAPTER[0]).read_bytes(), path.name)
    return found


def loaded(project: Project) -> list[Path]:
    """Answers the folders of what was taken in by `unpack`."""
    return sorted(folder for folder in (project.folder / "adapters").glob("*") if weights_of(folder))


@contextmanager
def opened(path: Path, model: str = "") -> Iterator[Kept]:
    """Gives what lies at `path`, without a project, to be used as long as the block lasts.

    `model` is where an adapter's base is to be found, where the name in its configuration does not say. Raises
    LessonError as `at` does, and as `folder.find` does of the base.
    """
    with tempfile.TemporaryDirectory(prefix="llms-kept-", ignore_cleanup_errors=True) as temporary:
        if _is_zip(path):
            _lay_out(_out_of_zip(path.read_bytes(), path.name), Path(temporary))
        found = _found(Path(temporary) if _is_zip(path) else path)
        task, language = _learned(found)
        if (found / ADAPTER[0]).is_file():
            base = models.find(model or _base((found / ADAPTER[0]).read_bytes(), path.name))
            yield Kept(base, found, task, language)
        else:
            yield Kept(found, None, task, language)


def _is_zip(path: Path) -> bool:
    """Says whether a ZIP lies there. Raises LessonError `not_an_adapter` where it is larger than any that was given."""
    if not path.is_file() or path.suffix.lower() != ".zip":
        return False
    if path.stat().st_size > MOST_BYTES:
        raise LessonError("not_an_adapter", name=path.name)
    return True


def _found(path: Path) -> Path:
    """Answers the folder of an adapter or a model, or a GGUF file, once it is seen to be one."""
    if not path.exists():
        raise LessonError("kept_not_found", name=str(path))
    if found := gguf_of(path):
        loaded_gguf.read(found)
        return found
    if all((path / name).is_file() for name in ADAPTER):
        return path
    if not (path / "config.json").is_file():
        raise LessonError("not_an_adapter", name=path.name)
    models.check(path)
    return path


def _check_base(project: Project, config: bytes, name: str) -> None:
    base = _base(config, name)
    if base != public_name(project.model):
        raise LessonError("adapter_of_another_base", name=name, base=base, model=public_name(project.model))


def _base(config: bytes, name: str) -> str:
    """Answers the base that an adapter's configuration names. Raises LessonError `not_an_adapter`."""
    try:
        return str(json.loads(config)["base_model_name_or_path"])
    except (ValueError, KeyError, TypeError) as error:
        raise LessonError("not_an_adapter", name=name) from error


def _learned(path: Path) -> tuple[str, str]:
    """Answers task and language, from a GGUF file or a card; where they do not say, to write, and in Spanish."""
    if path.is_file():
        said = loaded_gguf.read(path).said
        tags, tongues = said.get("general.tags"), said.get("general.languages")
    else:
        card = (path / _CARD).read_text(encoding="utf-8", errors="replace") if (path / _CARD).is_file() else ""
        front = _FRONT.match(card)
        try:
            told = yaml.safe_load(front[1]) if front else {}
        except yaml.YAMLError:
            told = {}
        facts = told if isinstance(told, dict) else {}
        tags, tongues = facts.get("tags"), facts.get("language")
    tasks, languages = _among(list(TASKS), tags), _among(list(LANGUAGES), tongues)
    return next(iter(tasks), "write"), next(iter(languages), "es")


def _among(known: list[str], said: object) -> list[str]:
    """Answers what a file says, one or several, of what we know: it may have been written by anybody."""
    several = said if isinstance(said, list) else [said]
    return [one for one in several if one in known]


def _lay_out(files: dict[str, bytes], folder: Path) -> None:
    for file, data in files.items():
        (folder / file).write_bytes(data)
    if found := gguf_of(folder):
        loaded_gguf.read(found)


def _out_of_zip(content: bytes, name: str, room: Callable[[int], None] = lambda size: None) -> dict[str, bytes]:
    """Answers the files of a parcel that are to be kept.

    Raises LessonError `not_an_adapter`, and what `room` raises when it is told how many bytes they take unpacked: a
    small ZIP may hold much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = {PurePosixPath(entry.filename).name: entry for entry in reversed(archive.infolist())}
            whole = tuple(file for file in inside if file.endswith(".gguf"))[:1] or _MODEL
            wanted = ADAPTER if ADAPTER[1] in inside else whole
            if any(file not in inside or inside[file].file_size > MOST_BYTES for file in wanted):
                raise LessonError("not_an_adapter", name=name)
            along = [_CARD] if wanted is ADAPTER else [*_ALONG, _CARD]
            along = [file for file in along if file in inside and inside[file].file_size < _MOST_ALONG]
            room(sum(inside[file].file_size for file in (*wanted, *along)))
            files = {storage.safe_name(file): archive.read(inside[file]) for file in (*wanted, *along)}
            if wanted[0].endswith(".json"):
                json.loads(files[wanted[0]])
            return files
    except (
        zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError,
    ) as error:  # fmt: skip
        raise LessonError("not_an_adapter", name=name) from error
