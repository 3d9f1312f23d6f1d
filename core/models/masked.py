"""Models that fill gaps (BERT and its kin): the workshop does not adapt them, and lets her try one."""

from pathlib import Path

from core import storage
from core.errors import LessonError
from core.models import folder as folders
from core.models import hub
from core.models.kind import is_masked

# Read on their pages in November 2026: open, small, with safetensors. By what they read.
SHELF = {
    "Recognai/distilbert-base-es-multilingual-cased": "es",
    "flax-community/alberti-bert-base-multilingual-cased": "verse",
    "distilbert/distilroberta-base": "en",
}


def find(reference: str) -> Path:
    """Answers the folder of a masked model: a folder here, or a Hub id, downloading it if needed.

    Raises LessonError: `not_masked`, `model_not_a_name`, and what `folder.check` and `hub.download` say.
    """
    reference = reference.strip()
    path = Path(reference).expanduser()
    if not (reference and path.is_dir()) and not hub.is_hub_id(reference):
        raise LessonError("model_not_a_name", model=reference)
    folder = path.absolute() if path.is_dir() else hub.download(reference)
    check(folder)
    return folder


def check(folder: Path) -> None:
    """Looks at a masked model's files without opening its weights. Raises LessonError, see `find`."""
    try:
        folders.check(folder)
    except LessonError as error:
        if error.code != "not_a_writer":
            raise
    config = storage.read_json(folder / "config.json") or {}
    if not is_masked(config):
        architecture = ", ".join(config.get("architectures") or ["—"])
        raise LessonError("not_masked", folder=folder.name, architecture=architecture)
