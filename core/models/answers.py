"""What the Hub refuses, in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import LessonError
from core.storage import disk_errors


@contextmanager
def in_words(asked: str) -> Iterator[None]:
    """Turns what the Hub's client raises into a LessonError; `asked` is the model, or what was searched.

    Raises LessonError: `model_gated`, `model_disabled`, `model_not_found`, `model_token_refused`, `hub_busy`,
    `hub_ill`, `no_connection`, `disk_full`, `cannot_write`.
    """
    from huggingface_hub import constants, errors

    try:
        with disk_errors(Path(constants.HF_HUB_CACHE)):
            yield
    except (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError, TimeoutError) as error:
        raise explained(error, asked) from error


def explained(error: BaseException, asked: str) -> LessonError:
    """Answers what an error of the client means; a Hub that never answers is no connection."""
    from huggingface_hub import errors

    if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__:
        error = error.__cause__  # what kept the client from asking
    if isinstance(error, errors.GatedRepoError):
        return LessonError("model_gated", model=asked)
    if isinstance(error, errors.DisabledRepoError):
        return LessonError("model_disabled", model=asked)
    if isinstance(error, errors.RepositoryNotFoundError):
        return LessonError("model_not_found", model=asked)
    status = error.response.status_code if isinstance(error, errors.HfHubHTTPError) else 0
    if status == 401:
        return LessonError("model_token_refused", model=asked)
    if status == 429:
        return LessonError("hub_busy", model=asked)
    return LessonError("hub_ill" if status >= 500 else "no_connection", model=asked)
