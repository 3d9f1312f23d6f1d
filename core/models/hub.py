"""Bringing a model from the Hugging Face Hub, with every refusal explained."""

import re
from pathlib import Path

from core import storage
from core.errors import LessonError

# A Hub id is `name` or `owner/name` (the rule that huggingface_hub's validate_repo_id applies).
_HUB_ID = re.compile(r"[\w][\w.-]{0,95}(/[\w][\w.-]{0,95})?", re.ASCII)
# Weights as safetensors only: pickled ones can run code when they are read.
_WANTED = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "README.md"]
_UNWANTED = ["*/*", "*.onnx*", "consolidated*"]
_ANSWER_SECONDS = 6  # a network that takes the question and never answers is no connection


def is_hub_id(reference: str) -> bool:
    """Says whether `reference` has the form of a Hub id."""
    return _HUB_ID.fullmatch(reference) is not None and ".." not in reference and "--" not in reference


def download(id: str, token: str | None = None) -> Path:
    """Answers the local folder of a Hub model: the copy already on disk, else a fresh download.

    Raises LessonError: `model_not_found`, `model_gated`, `no_connection`, `pickled_weights`, `disk_full`.
    """
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    from core.storage import disk_errors

    chosen = {"repo_id": id, "allow_patterns": _WANTED, "ignore_patterns": _UNWANTED, "token": token or False}
    try:
        folder = Path(snapshot_download(**chosen, local_files_only=True))
        if is_complete(folder):
            return folder
    except (LocalEntryNotFoundError, ValueError, OSError):
        pass
    try:
        files = [
            file.rfilename
            for file in HfApi(token=token or False).model_info(id, timeout=_ANSWER_SECONDS).siblings or []
        ]
        if not any(name.endswith(".safetensors") for name in files):
            raise LessonError(
                "pickled_weights", folder=id, files=", ".join(n for n in files if n.endswith(".bin")) or "—"
            )
        with disk_errors(Path(constants.HF_HUB_CACHE)):
            return Path(snapshot_download(**chosen))
    except GatedRepoError as error:
        raise LessonError("model_gated", model=id) from error
    except RepositoryNotFoundError as error:
        raise LessonError("model_not_found", model=id) from error
    except (HTTPError, LocalEntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise LessonError("no_connection", model=id) from error


def is_complete(folder: Path) -> bool:
    """Says whether every file of weights that the model names lies in `folder`."""
    index = storage.read_json(folder / "model.safetensors.index.json")
    files = set(index["weight_map"].values()) if index else {"model.safetensors"}
    return (folder / "config.json").exists() and all((folder / file).exists() for file in files)
