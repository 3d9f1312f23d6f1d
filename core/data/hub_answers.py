"""What the Hub answers, waited for so long and no longer, and its refusals in words."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from core.data.table import Progress, no_progress
from core.errors import LessonError
from core.storage import disk_errors

T = TypeVar("T")


def awaited(work: Callable[[Progress], T], seconds: float, progress: Progress = no_progress) -> T:
    """Answers what `work` does, as long as it is heard of every `seconds`. Raises TimeoutError otherwise.

    In a thread of its own, which may outlive the wait: the client libraries have questions without any time limit.
    """
    said: SimpleQueue = SimpleQueue()

    def run() -> None:
        try:
            said.put(("answer", work(lambda done: said.put(("done", done)))))
        except BaseException as error:  # noqa: BLE001  (raised again where it is waited for)
            said.put(("error", error))

    threading.Thread(target=run, daemon=True).start()
    while True:
        try:
            kind, what = said.get(timeout=seconds)
        except Empty as error:
            raise TimeoutError from error
        if kind == "answer":
            return what
        if kind == "error":
            raise what
        progress(what)


@contextmanager
def in_words(asked: str) -> Iterator[None]:
    """Turns whatever the client libraries raise into a LessonError; `asked` is the data set, or what was searched."""
    from huggingface_hub import constants

    try:
        with disk_errors(Path(constants.HF_HUB_CACHE)):
            yield
    except LessonError:
        raise
    except Exception as error:
        raise _explained(error, asked) from error


def _explained(error: BaseException, asked: str) -> LessonError:
    from huggingface_hub import errors

    chain = list(_chain(error))
    if any(isinstance(one, errors.GatedRepoError) for one in chain):
        return LessonError("dataset_gated", dataset=asked)
    if any(isinstance(one, errors.RepositoryNotFoundError | errors.DisabledRepoError) for one in chain):
        return LessonError("dataset_not_found", dataset=asked)
    if any(isinstance(one, RuntimeError) and "scripts are no longer" in str(one) for one in chain):
        return LessonError("dataset_needs_code", dataset=asked)
    away = (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError, TimeoutError)
    if any(isinstance(one, away) and not isinstance(one, errors.RemoteEntryNotFoundError) for one in chain):
        return LessonError("no_connection_for_texts", asked=asked)
    return LessonError("dataset_unreadable", dataset=asked)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from: the `datasets` library wraps what the Hub said, and hides it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
