"""What the Hub refuses, and what keeps it from answering, in words: one code for each, whoever asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from json import JSONDecodeError
from pathlib import Path

from core.errors import LessonError
from core.storage import disk_errors


@contextmanager
def in_words(asked: str) -> Iterator[None]:
    """Turns what the Hub's client raises into a LessonError; `asked` is the model, or what was searched.

    Raises LessonError: `model_gated`, `model_disabled`, `model_not_found`, `model_token_refused`, `disk_full`,
    `cannot_write`, and what `trouble` answers.
    """
    from huggingface_hub import constants, errors

    not_answered = (errors.HTTPError, errors.LocalEntryNotFoundError, ConnectionError, TimeoutError, JSONDecodeError)
    try:
        with disk_errors(Path(constants.HF_HUB_CACHE)):
            yield
    except not_answered as error:
        raise explained(error, asked) from error


def explained(error: BaseException, asked: str) -> LessonError:
    """Answers what an error of the client means where a model was asked for."""
    from huggingface_hub import errors

    if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__:
        error = error.__cause__  # what kept the client from asking
    if isinstance(error, errors.GatedRepoError):
        return LessonError("model_gated", model=asked)
    if isinstance(error, errors.DisabledRepoError):
        return LessonError("model_disabled", model=asked)
    if isinstance(error, errors.RepositoryNotFoundError):
        return LessonError("model_not_found", model=asked)
    if isinstance(error, errors.HfHubHTTPError) and error.response.status_code == 401:
        return LessonError("model_token_refused", model=asked)
    return trouble(error)


def trouble(error: BaseException) -> LessonError:
    """Answers what keeps the Hub from answering, whatever it was asked.

    `hub_busy` (wait, in seconds), `no_connection`, `hub_slow` (nothing was heard for too long: it is silent, or the
    client goes on trying to reach it), and `hub_ill` (an error of its own, or an answer that is none).
    """
    from huggingface_hub.errors import HfHubHTTPError, HTTPError

    if isinstance(error, HfHubHTTPError):
        if error.response.status_code == 429:
            return LessonError("hub_busy", wait=_wait(error.response.headers))
        return LessonError("hub_ill")
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return LessonError("hub_slow")
    return LessonError("no_connection" if isinstance(error, HTTPError | OSError) else "hub_ill")


def _wait(headers: Mapping[str, str]) -> int:
    """Answers how many seconds a busy Hub asks for; a minute where it does not say."""
    from huggingface_hub.utils import parse_ratelimit_headers

    asked = headers.get("Retry-After", "")
    limit = parse_ratelimit_headers(headers)
    return int(asked) if asked.isdecimal() else limit.reset_in_seconds if limit else 60
