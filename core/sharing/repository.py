"""Her repository on the Hub: whether its name can be had, what is in it, who sees it, and taking it away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from core.data.hub_answers import awaited
from core.errors import LessonError
from core.models.account import Account, may_write
from core.models.answers import trouble

T = TypeVar("T")

ANSWER_SECONDS = 15.0  # a Hub that takes the question and is still silent then is slow
BEGUN = ".gitattributes"  # what the Hub itself puts into a new repository
_FULL = ("storage limit", "storage quota", "quota exceeded", "payment required")


@dataclass(frozen=True)
class Found:
    """A repository as the Hub tells of it: its `files`, when it last changed (seconds since 1970, None: unsaid)."""

    id: str
    private: bool
    files: tuple[str, ...]
    changed: float | None = None

    @property
    def is_empty(self) -> bool:
        return set(self.files) <= {BEGUN}


def full_name(name: str, account: Account) -> str:
    """Answers `owner/name` for what she typed: under her own name unless she typed another.

    Raises LessonError `name_invalid` where the Hub's own rule forbids it, and, before anything is asked of the Hub,
    `token_cannot_write`, `name_not_hers`.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    typed = name.strip().strip("/")
    id = typed if "/" in typed else f"{account.owner}/{typed}"
    try:
        validate_repo_id(id)
    except HFValidationError as error:
        raise LessonError("name_invalid", name=typed) from error
    owner = id.partition("/")[0]
    if not may_write(account, owner):
        raise LessonError("token_cannot_write" if owner == account.owner else "name_not_hers", owner=owner)
    return id


def look(id: str, token: str) -> Found | None:
    """Asks what is under a name; None where nothing is that this token may see."""
    from huggingface_hub.errors import RepositoryNotFoundError

    def ask() -> Any:
        try:
            return _api(token).model_info(id)
        except RepositoryNotFoundError as error:
            if error.response.status_code == 404:
                return None
            raise

    info = _asked(id, ask)
    if info is None:
        return None
    changed = info.last_modified.timestamp() if info.last_modified else None
    files = tuple(file.rfilename for file in info.siblings or [])
    return Found(id, bool(info.private), files, changed)


def make(id: str, token: str) -> str:
    """Makes a repository that only she sees. Answers its address. Raises LessonError `name_taken`."""
    return str(_asked(id, lambda: _api(token).create_repo(id, private=True)))


def show_to_all(id: str, token: str, everybody: bool = True) -> None:
    """Lets everybody see a repository, or only her again."""
    _asked(id, lambda: _api(token).update_repo_settings(id, private=not everybody))


def delete(id: str, token: str) -> None:
    """Deletes a repository, for good; one that is not there any more is no trouble."""
    _asked(id, lambda: _api(token).delete_repo(id, missing_ok=True))


def delete_if_empty(id: str, token: str) -> bool:
    """Deletes a repository that got nothing. Answers whether it is gone; nothing that was put there is touched."""
    found = look(id, token)
    if found and found.is_empty:
        delete(id, token)
    return found is None or found.is_empty


def address(id: str) -> str:
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/{id}"


@contextmanager
def in_words(id: str) -> Iterator[None]:
    """Turns what the client raises into a LessonError (see `explained`), cut off from it: its request has the token."""
    try:
        yield
    except LessonError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever the client or an odd answer brings)
        said = explained(error, id)
    else:
        return
    raise said


def explained(error: BaseException, id: str) -> LessonError:
    """Answers what an error of the client means where something is published.

    `publish_token` (wrong, expired or revoked), `hub_full`, `name_not_hers`, `write_refused`, `name_taken`,
    `repository_gone`, and what `core.models.answers.trouble` answers.
    """
    from huggingface_hub.errors import HfHubHTTPError

    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) and cause not in chain:
        chain.append(cause)
    if any(words in str(one).lower() for one in chain for words in _FULL):
        return LessonError("hub_full", name=id)
    refused = next((one for one in chain if isinstance(one, HfHubHTTPError)), None)
    if refused is None:
        heard = next((one for one in chain if isinstance(one, OSError) or _is_of_the_wire(one)), error)
        return trouble(heard)
    if refused.response.status_code == 403 and "namespace" in str(refused):
        return LessonError("name_not_hers", owner=id.partition("/")[0])
    codes = {401: "publish_token", 403: "write_refused", 404: "repository_gone", 409: "name_taken", 413: "hub_full"}
    code = codes.get(refused.response.status_code)
    if code is None:
        return trouble(refused)
    return LessonError(code) if code == "publish_token" else LessonError(code, name=id)


def _is_of_the_wire(error: BaseException) -> bool:
    from huggingface_hub.errors import HTTPError

    return isinstance(error, HTTPError)


def _api(token: str) -> Any:
    from huggingface_hub import HfApi

    return HfApi(token=token)


def _asked(id: str, ask: Callable[[], T]) -> T:
    """Asks in a thread of its own, as long as is reasonable: the client itself waits for ever."""
    with in_words(id):
        return awaited(lambda _: ask(), ANSWER_SECONDS)
