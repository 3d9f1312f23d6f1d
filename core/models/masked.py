"""Models that fill gaps (BERT and its kin): the workshop does not adapt them, and lets her try one."""

from pathlib import Path

from core import storage
from core.errors import LessonError
from core.models import folder as models
from core.models import hub
from core.models.kind import is_masked

# Read on their pages in November 2026: open, small, with safetensors. By what they read.
SHELF = {
    "Recognai/distilbert-base-es-multilingual-cased": "es",
    "flax-community/alberti-bert-base-multilingual-cased": "verse",
    "distilbert/distilroberta-base": "en",
}


def find(reference: str, folders: bool = True) -> Path:
    """Answers the folder of a masked model: a folder here, if `folders` of this machine may be named, or a Hub id.

    What is not on this disk is downloaded. Raises LessonError: `not_masked`, `model_not_a_name`, and what
    `folder.check` and `hub.download` say.
    """
    reference = reference.strip()
    path = Path(reference).expanduser()
    is_folder = folders and bool(reference) and path.is_dir()
    if not is_folder and not hub.is_hub_id(reference):
        raise LessonError("model_not_a_name", model=reference)
    folder = path.absolute() if is_folder else hub.download(reference)
    check(folder)
    return folder


def check(folder: Path) -> None:
    """Looks at a masked model's files without opening its weights. Raises LessonError, see `find`."""
    try:
        models.check(folder)
    except LessonError as error:
        if error.code != "not_a_writer":
            raise
    config = storage.read_json(folder / "config.json") or {}
    if not is_masked(config):
        architecture = ", ".join(config.get("architectures") or ["—"])
        raise LessonError("not_masked", folder=folder.name, architecture=architecture)
