"""Sending files to a repository on the Hub: large ones first and one by one, then all of them in one commit.

Until that commit nobody sees anything of them. What arrived whole before a cut is not sent again: the Hub knows it by
its SHA-256 (or, by its own protocol Xet, piece by piece), and says so before each file.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any

from core.models.fetch import Heard
from core.sharing.repository import Found

# What makes a model, and so may be left over where another took its place under the same name.
_OURS = ("*.safetensors", "*.safetensors.index.json", "adapter_config.json", "base/*")


def send(
    id: str,
    files: Mapping[str, Path | bytes],
    token: str,
    before: Found | None,
    heard: Heard,
    undisturbed: Callable[[], AbstractContextManager[None]],
) -> str:
    """Sends files by their names in the repository. Answers the commit's id.

    `heard` is told the bytes that are there and those there are in all; the commit is made in the block that
    `undisturbed` gives. What a model `before` had, and this one has not, goes. Raises what the client does.
    """
    from huggingface_hub import CommitOperationDelete, HfApi

    api = HfApi(token=token)
    total, done = sum(_size(content) for content in files.values()), 0
    heard(done, total)
    operations: list[Any] = []
    for name, content in sorted(files.items(), key=lambda item: -_size(item[1])):
        with _told(name, content, partial(_add, heard, done, total)) as addition:
            api.preupload_lfs_files(id, [addition], num_threads=1, free_memory=False)
            operations.append(addition)
        done += _size(content)
        heard(done, total)
    gone = [name for name in (before.files if before else ()) if name not in files and _is_ours(name)]
    operations += [CommitOperationDelete(name, is_folder=False) for name in gone]
    with undisturbed():
        return api.create_commit(id, operations, commit_message="LLMs para poetas").oid


def _add(heard: Heard, before: int, total: int, sent: int) -> None:
    heard(before + sent, total)


def _is_ours(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _OURS)


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


@contextmanager
def _told(name: str, content: Path | bytes, heard: Callable[[int], None]) -> Iterator[Any]:
    """Gives the client's addition of a file, which says how many of its bytes were sent, whichever way they go."""
    from huggingface_hub import CommitOperationAdd
    from huggingface_hub.utils import _xet_progress_reporting as xet
    from huggingface_hub.utils import disable_progress_bars, enable_progress_bars
    from huggingface_hub.utils._runtime import is_xet_available

    class Addition(CommitOperationAdd):
        @contextmanager
        def as_file(self, with_tqdm: bool = False) -> Iterator[Any]:
            with super().as_file() as file:
                yield _Counted(file, heard) if with_tqdm else file  # only where it is sent does it ask for a bar

    class Reporter:
        """What the client tells of a Xet transfer; its own draws bars in a terminal."""

        def update_progress(self, group: Any, items: Iterable[Any] | None = None) -> None:
            heard(min(int(group.total_bytes_completed), _size(content)))

        def close(self) -> None:
            pass

    (enable_progress_bars if is_xet_available() else disable_progress_bars)()
    drawn = xet.XetUploadProgressReporter
    xet.XetUploadProgressReporter = Reporter
    try:
        yield Addition(path_in_repo=name, path_or_fileobj=content)
    finally:
        xet.XetUploadProgressReporter = drawn
        disable_progress_bars()


class _Counted(io.BufferedReader):
    """A file that tells how far it was read; one that is read again from its beginning says so too."""

    def __init__(self, file: Any, heard: Callable[[int], None]) -> None:
        super().__init__(file.raw if isinstance(file, io.BufferedReader) else file)
        self.heard = heard

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.heard(self.tell())
        return piece
