"""What a class needs to have on this disk before it begins, found without a connection."""

import os
from dataclasses import dataclass
from pathlib import Path

from core import classroom
from core.models import hub
from core.models.folder import CLASSROOM, weights_of
from core.models.shelf import SHELF
from core.tasks import TASKS
from core.texts import LANGUAGES


@dataclass(frozen=True)
class Item:
    """Something a class may need: `kind` is `model` or `sample`; `bytes` is what it takes on disk, 0 where it lacks."""

    kind: str
    name: str
    bytes: int

    @property
    def here(self) -> bool:
        return self.bytes > 0


def look() -> list[Item]:
    """Answers the classroom's model, the sample texts, and the shelf's models: what is here, and what is not."""
    samples = [classroom.sample_path(task.sample, language) for task in TASKS.values() for language in LANGUAGES]
    return [
        Item("model", CLASSROOM, _size([weights_of(classroom.MODEL)])),
        *(Item("sample", path.stem, _size([path])) for path in samples),
        *(Item("model", model.id, _downloaded(model.id)) for model in SHELF),
    ]


def _downloaded(id: str) -> int:
    """Answers the bytes of a Hub model's weights in the Hub's own cache; 0 where they are not all there."""
    snapshots = (_cache() / f"models--{id.replace('/', '--')}" / "snapshots").glob("*")
    whole = next((folder for folder in snapshots if hub.is_complete(folder)), None)
    return _size(list(whole.glob("*.safetensors"))) if whole else 0


def _cache() -> Path:
    """Where huggingface_hub keeps what it downloads, by the variables that it reads itself."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


def _size(paths: list[Path] | list[Path | None]) -> int:
    return sum(path.stat().st_size for path in paths if path and path.is_file())
