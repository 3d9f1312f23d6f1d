"""A pack for a class: one sealed ZIP with a model's folder and some texts, for another machine's workshop."""

import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from core import storage
from core.data import table
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.sharing import sealed
from core.storage import disk_errors

# Weights as safetensors, and what a tokenizer and a card are made of: nothing that could run.
_OF_MODELS = {".safetensors", ".json", ".txt", ".model", ".jinja", ".md"}
_MEMBER = re.compile(r"(model|texts)/[\w][\w.-]{0,120}")


def _is_known(name: str) -> bool:
    return bool(_MEMBER.fullmatch(name)) and (Path(name).suffix in _OF_MODELS or name == "texts/texts.jsonl")


KIND = sealed.Kind(
    "llms-para-poetas pack", "pack.json", 1, _is_known, most_files=200, largest_manifest=1_000_000,
    another="not_a_pack", newer="not_a_pack", damaged="pack_damaged", too_big="pack_does_not_fit",
)  # fmt: skip


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
    files: dict[str, Path | bytes] = {}
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
        facts = {
            "name": name, "task": project.task, "language": project.language,
            "model": models.public_name(project.model), "created": time.time(),
        }  # fmt: skip
        sealed.write(Path(work) / target.name, KIND, files, facts)
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


# ---------------------------------------------------------------- on the other machine


def unpack(root: Path, path: Path) -> Pack:
    """Checks a pack and lays it out under `root/packs`; what fails on the way leaves nothing behind.

    Raises LessonError `not_a_pack`, `pack_damaged`, `pack_does_not_fit`, and what `models.check` does.
    """
    with sealed.opened(path, KIND) as (packed, manifest):
        if not _is_described(manifest):
            raise LessonError("not_a_pack", name=path.name)
        root.mkdir(parents=True, exist_ok=True)
        sealed.check_room(path, manifest, root, KIND)
        folder = root / "packs" / storage.fingerprint(manifest["name"], manifest["files"])
        with storage.new_folder(folder) as fresh:
            sealed.lay_out(packed, manifest, fresh, path, KIND)
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


def _is_described(manifest: dict) -> bool:
    from core.tasks import TASKS
    from core.texts import LANGUAGES

    named = isinstance(manifest.get("name"), str) and 0 < len(manifest["name"]) <= 120
    return named and manifest.get("task") in TASKS and manifest.get("language") in LANGUAGES
