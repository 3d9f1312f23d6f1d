"""Models of the Hugging Face Hub: what is on disk already, and bringing what is not."""

import re
from pathlib import Path

from core import storage

# A Hub id is `name` or `owner/name` (the rule that huggingface_hub's validate_repo_id applies).
_HUB_ID = re.compile(r"[\w][\w.-]{0,95}(/[\w][\w.-]{0,95})?", re.ASCII)
# Weights as safetensors only: pickled ones can run code when they are read.
WANTED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "README.md"]
UNWANTED = ["*/*", "*.onnx*", "consolidated*"]


def is_hub_id(reference: str) -> bool:
    """Says whether `reference` has the form of a Hub id."""
    return _HUB_ID.fullmatch(reference) is not None and ".." not in reference and "--" not in reference


def on_disk(id: str) -> Path | None:
    """Answers the folder of a Hub model that lies whole on this disk, without asking the Hub; None where none does."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        found = snapshot_download(
            id, allow_patterns=WANTED, ignore_patterns=UNWANTED, token=False, local_files_only=True
        )
    except (LocalEntryNotFoundError, ValueError, OSError):
        return None
    return Path(found) if is_complete(Path(found)) else None


def download(id: str, token: str | None = None, most_mb: int | None = None) -> Path:
    """Answers the local folder of a Hub model: the copy already on disk, else a download that goes on where it was.

    `most_mb` and what it raises as LessonError: LessonError, see `core.models.fetch.fetch`.
    """
    from core.models import fetch

    return on_disk(id) or fetch.fetch(id, token, most_mb=most_mb)


def is_complete(folder: Path) -> bool:
    """Says whether every file of weights that the model names lies in `folder`."""
    index = storage.read_json(folder / "model.safetensors.index.json")
    files = set(index["weight_map"].values()) if index else {"model.safetensors"}
    return (folder / "config.json").exists() and all((folder / file).exists() for file in files)
