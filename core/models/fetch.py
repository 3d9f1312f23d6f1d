"""Bringing a model's files from the Hub, so that what came down once is never asked for again.

huggingface_hub throws away a file that was cut off. So the large files are brought here, into its own cache, under the
name that a half one has there (`<etag>.incomplete`), by plain HTTP, which can be taken up at any byte; the client
finds them whole, and brings the small ones. `hf_xet` is not needed.
"""

import hashlib
import io
import re
import shutil
from collections.abc import Callable
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from core import limits
from core import project as projects
from core.errors import LessonError
from core.models.answers import in_words
from core.models.hub import UNWANTED, WANTED

ANSWER_SECONDS = 6  # a Hub that takes the question and is still silent then is slow
_LARGE = 1_000_000  # bytes from which a file is worth taking up again
_PIECE = 1 << 17  # bytes between one look at how far it is and the next
_SHA256 = re.compile(r"[0-9a-f]{64}")  # what the Hub names a large file by

Heard = Callable[[int, int], None]


def fetch(
    id: str,
    token: str | None = None,
    heard: Heard = lambda done, total: None,
    most_mb: int | None = None,
) -> Path:
    """Brings a model and answers its folder; `heard` is told the bytes that are here and those there are in all.

    `most_mb` is the largest that may come, 0 any; None lets the server's limit hold wherever it serves others.

    Raises LessonError: `model_not_found`, `model_gated`, `pickled_weights`, `model_over_limit`, `disk_too_small`,
    `download_damaged`, and what `core.models.answers` says.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    constants.DOWNLOAD_CHUNK_SIZE = _PIECE  # ten megabytes: a slow line would seem to stand still
    with in_words(id):
        files = wanted_files(id, token)
        large = {name: size for name, size in files.items() if size >= _LARGE}
        total, before = sum(files.values()), 0
        limits.may_fetch(id, total, limits.most_model_mb(projects.workspace()) if most_mb is None else most_mb)
        _must_fit(id, sum(_missing(id, name, size) for name, size in files.items()))
        for name, size in large.items():
            if _missing(id, name, size):
                _bring(id, name, token, partial(_add, heard, before, total))
            before += size
        folder = Path(
            snapshot_download(
                id,
                allow_patterns=WANTED,
                ignore_patterns=UNWANTED,
                token=token or False,
                etag_timeout=ANSWER_SECONDS,
            )
        )
    heard(total, total)
    return folder


def _add(heard: Heard, before: int, total: int, done: int) -> None:
    heard(before + done, total)


def wanted_files(id: str, token: str | None) -> dict[str, int]:
    """Answers the files of a model that we bring, with their sizes in bytes. Raises LessonError `pickled_weights`."""
    from huggingface_hub import HfApi

    info = HfApi(token=token or False).model_info(id, timeout=ANSWER_SECONDS, files_metadata=True)
    return sizes(id, info.siblings or [])


def sizes(id: str, siblings: list[Any]) -> dict[str, int]:
    """As `wanted_files`, from what the Hub said of a repository's files."""
    names = [file.rfilename for file in siblings]
    if not any(name.endswith(".safetensors") for name in names):
        pickled = [name for name in names if name.endswith((".bin", ".pt", ".pth", ".ckpt", ".h5", ".gguf"))]
        raise LessonError("pickled_weights", folder=id, files=", ".join(pickled[:5]) or "—")
    return {file.rfilename: file.size or 0 for file in siblings if _is_wanted(file.rfilename)}


def _is_wanted(name: str) -> bool:
    return any(fnmatch(name, wanted) for wanted in WANTED) and not any(fnmatch(name, not_) for not_ in UNWANTED)


def _must_fit(id: str, needed: int) -> None:
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if needed > free:
        raise LessonError("disk_too_small", model=id, needed=round(needed / 1e6), free=round(free / 1e6))


def blobs(id: str) -> Path:
    """Answers where the client keeps a model's files, each under the name that the Hub's answers give it."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=id, repo_type="model") / "blobs"


def _missing(id: str, name: str, size: int) -> int:
    """Answers about how many bytes of a file are not here yet: any half file of the model may be its beginning."""
    from huggingface_hub import try_to_load_from_cache

    if isinstance(try_to_load_from_cache(id, name), str):
        return 0
    halves = [path.stat().st_size for path in blobs(id).glob("*.incomplete")]
    return max(0, size - max(halves, default=0))


class _Half(io.FileIO):
    """A file that is filled from where it ends, and tells how far it is. Nothing waits in memory to be written."""

    def __init__(self, path: Path, heard: Callable[[int], None]) -> None:
        super().__init__(path, "a")
        self.heard = heard

    def write(self, piece: Any) -> int:
        left = memoryview(piece)
        while left:
            left = left[super().write(left) :]
        self.heard(self.tell())
        return len(piece)


def _bring(id: str, name: str, token: str | None, heard: Callable[[int], None]) -> None:
    """Brings one file, from where an earlier try left it. Raises LessonError `download_damaged`."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(id, name)
    told = get_hf_file_metadata(url, token=token or False, timeout=ANSWER_SECONDS)
    whole = blobs(id) / (told.etag or "")
    if whole.is_file() or not told.etag or not told.size:
        return
    half = whole.with_name(f"{whole.name}.incomplete")
    half.parent.mkdir(parents=True, exist_ok=True)
    if half.exists() and half.stat().st_size > told.size:
        half.unlink()
    with _Half(half, heard) as file:
        heard(file.tell())
        headers = build_hf_headers(token=token or False)
        http_get(url, file, resume_size=file.tell(), headers=headers, expected_size=told.size)
    if _SHA256.fullmatch(told.etag) and _digest(half) != told.etag:
        half.unlink()
        raise LessonError("download_damaged", model=id, file=name)
    half.replace(whole)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
