"""A pack for a class: one ZIP with a model's folder and some texts, to be opened by another machine's workshop.

Nothing in it is compressed, so that no small file can become a vast one, and `pack.json`, written last, names each
file with its size and SHA-256.
"""

import hashlib
import json
import re
import shutil
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core import storage
from core.data import archive, table
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.storage import disk_errors

KIND = "llms-para-poetas pack"
# Weights as safetensors, and what a tokenizer and a card are made of: nothing that could run.
_OF_MODELS = {".safetensors", ".json", ".txt", ".model", ".jinja", ".md"}
_MEMBER = re.compile(r"(model|texts)/[\w][\w.-]{0,120}")
_BLOCK = 1 << 20
_MOST_FILES = 200
_LARGEST_MANIFEST = 1_000_000


@dataclass(frozen=True)
class Pack:
    """An opened pack: its folder, its name, the task and the language of its texts, and the model's reference."""

    folder: Path
    name: str
    task: str
    language: str
    model: str

    @property
    def texts(self) -> Path | None:
        """The file of its texts; None where it carries none."""
        path = self.folder / "texts" / "texts.jsonl"
        return path if path.is_file() else None


def make(folder: Path, project: Project, name: str, with_texts: bool = True) -> Path:
    """Packs the project's model and, `with_texts`, the texts it has loaded. Answers the file, in `folder`.

    The classroom's model is not packed: every workshop has it. Raises LessonError `pack_is_empty`, `disk_full`, and
    what `models.find` does.
    """
    files: dict[str, Path] = {}
    if project.model != models.CLASSROOM:
        model = models.find(project.model)
        files = {f"model/{path.name}": path for path in sorted(model.iterdir()) if _goes_along(path)}
    has_texts = with_texts and (project.texts / "record.json").is_file()
    if not files and not has_texts:
        raise LessonError("pack_is_empty")
    target = folder / f"{storage.safe_name(name)}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    with disk_errors(target), tempfile.TemporaryDirectory(dir=target.parent) as work:
        if has_texts:
            files["texts/texts.jsonl"] = _written_out(project, Path(work) / "texts.jsonl")
        _write(Path(work) / target.name, files, project, name)
        (Path(work) / target.name).replace(target)
    return target


def _goes_along(path: Path) -> bool:
    return path.is_file() and path.suffix in _OF_MODELS and _MEMBER.fullmatch(f"model/{path.name}") is not None


def _written_out(project: Project, path: Path) -> Path:
    """Writes the project's texts as JSON lines: any workshop reads them, whatever file they came in."""
    rows = table.read(project.texts / "rows")
    columns = [name for name in ("text", "summary") if name in rows.column_names]
    with path.open("w", encoding="utf-8") as file:
        for batch in rows.select(columns).to_batches(max_chunksize=1000):
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())
    return path


def _write(target: Path, files: dict[str, Path], project: Project, name: str) -> None:
    named = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
        for member, path in files.items():
            with path.open("rb") as source, packed.open(zipfile.ZipInfo(member), "w", force_zip64=True) as copy:
                named[member] = _copy(source, copy)
        manifest = {
            "kind": KIND, "version": 1, "name": name, "task": project.task, "language": project.language,
            "model": models.public_name(project.model), "created": time.time(), "files": named,
        }  # fmt: skip
        packed.writestr("pack.json", json.dumps(manifest, ensure_ascii=False, indent=2))


def _copy(source: IO[bytes], target: IO[bytes], most: int | None = None) -> dict[str, object]:
    """Copies in blocks, never more than `most` bytes and one. Answers how many there were, and their SHA-256."""
    size, digest = 0, hashlib.sha256()
    while (most is None or size <= most) and (block := source.read(_BLOCK)):
        size += len(block)
        digest.update(block)
        target.write(block)
    return {"bytes": size, "sha256": digest.hexdigest()}


# ---------------------------------------------------------------- on the other machine


def unpack(root: Path, path: Path) -> Pack:
    """Checks a pack and lays it out under `root/packs`; what fails on the way leaves nothing behind.

    Raises LessonError `not_a_pack`, `pack_damaged`, `pack_does_not_fit`, and what `models.check` does.
    """
    with archive.opened(path) as packed:
        manifest = _manifest(packed, path)
        needed = sum(member["bytes"] for member in manifest["files"].values())
        root.mkdir(parents=True, exist_ok=True)
        if needed > shutil.disk_usage(root).free:
            raise LessonError("pack_does_not_fit", name=path.name, megabytes=round(needed / 1e6))
        folder = root / "packs" / storage.fingerprint(manifest["name"], manifest["files"])
        with storage.new_folder(folder) as fresh:
            for member, expected in manifest["files"].items():
                copy = fresh / member
                copy.parent.mkdir(exist_ok=True)
                with packed.open(member) as source, copy.open("wb") as target:
                    if _copy(source, target, expected["bytes"]) != expected:
                        raise LessonError("pack_damaged", name=path.name, file=member)
            if (fresh / "model").is_dir():
                models.check(fresh / "model")
            storage.write_json(fresh / "pack.json", manifest)
    return _opened(folder, manifest)


def opened(root: Path) -> list[Pack]:
    """Answers the packs that this workshop has, by name."""
    found = [(path.parent, storage.read_json(path)) for path in (root / "packs").glob("*/pack.json")]
    return sorted((_opened(folder, content) for folder, content in found if content), key=lambda pack: pack.name)


def _opened(folder: Path, manifest: dict) -> Pack:
    model = str(folder / "model") if (folder / "model").is_dir() else models.CLASSROOM
    return Pack(folder, manifest["name"], manifest["task"], manifest["language"], model)


def _manifest(packed: zipfile.ZipFile, path: Path) -> dict:
    """Answers `pack.json` of a ZIP that holds just what it names, uncompressed, under names of ours."""
    members = {member.filename: member for member in packed.infolist()}
    stated = members.pop("pack.json", None)
    if stated is None or stated.file_size > _LARGEST_MANIFEST or len(packed.infolist()) > _MOST_FILES:
        raise LessonError("not_a_pack", name=path.name)
    try:
        manifest = json.loads(packed.read(stated))
    except (ValueError, RecursionError) as error:
        raise LessonError("not_a_pack", name=path.name) from error
    if not _is_manifest(manifest):
        raise LessonError("not_a_pack", name=path.name)
    for name, member in members.items():
        plain = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
        known = _MEMBER.fullmatch(name) and (Path(name).suffix in _OF_MODELS or name == "texts/texts.jsonl")
        if not known or not plain or name not in manifest["files"]:
            raise LessonError("pack_damaged", name=path.name, file=name[:120])
    for name, stated_file in manifest["files"].items():
        if name not in members or members[name].file_size != stated_file["bytes"]:
            raise LessonError("pack_damaged", name=path.name, file=name[:120])
    return manifest


def _is_manifest(manifest: object) -> bool:
    from core.tasks import TASKS
    from core.texts import LANGUAGES

    if not isinstance(manifest, dict) or manifest.get("kind") != KIND or not isinstance(manifest.get("files"), dict):
        return False
    described = all(
        isinstance(file, dict) and isinstance(file.get("bytes"), int) and isinstance(file.get("sha256"), str)
        and file["bytes"] >= 0
        for file in manifest["files"].values()
    )  # fmt: skip
    named = isinstance(manifest.get("name"), str) and 0 < len(manifest["name"]) <= 120
    return described and named and manifest.get("task") in TASKS and manifest.get("language") in LANGUAGES
