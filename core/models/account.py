"""Her account at the Hub: what she pasted made a token, the token asked whose it is and what it may do.

Nothing here keeps a token, and no error, fact or `Account` holds one.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from core.data.hub_answers import awaited
from core.data.table import Progress
from core.errors import LessonError
from core.models.answers import trouble

T = TypeVar("T")

ANSWER_SECONDS = 10.0  # a Hub that takes the question and is still silent then is slow
_LONGEST = 1000  # characters; a token has some forty
# What comes along when a token is copied: spaces and line breaks (seen or not), quotes, and what stood before it.
_AROUND = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\"'`´‘’“”«»<>;,]+")
_BEFORE = re.compile(
    r"^(export|set)?(HF_TOKEN|HUGGING_?FACE_HUB_TOKEN|token|Authorization)?[=:]?(Bearer)?", re.IGNORECASE
)
_TOKEN = re.compile(r"hf_[A-Za-z0-9_.-]{20,}", re.ASCII)
_COVERED = re.compile(r"hf_.*(\.\.\.|…|\*|•)")  # as the Hub shows an old one
_WRITERS = {"write", "admin"}
_MAY_PUBLISH = "repo.write"


@dataclass(frozen=True)
class Account:
    """What the Hub says of a token: its owner's name, its own name, and its role.

    `role` is `read`, `write`, `fineGrained`, or whatever the Hub calls it; "" where it says none. `writes_for` are the
    names under which it may publish; `reads_gated` is None where the role alone decides it.
    """

    owner: str
    name: str
    role: str
    writes_for: tuple[str, ...] = ()
    reads_gated: bool | None = None


def clean(pasted: str) -> str:
    """Answers the token in what she pasted. Raises LessonError, with nothing of it in the error:

    `token_empty`, `token_covered` (copied from the list, where the Hub hides its middle), `token_cut` (it begins as
    one, and something is missing or too much), `token_not_one` (an e-mail address, a password).
    """
    if len(pasted) > _LONGEST:
        raise LessonError("token_not_one")
    bare = _BEFORE.sub("", _AROUND.sub("", pasted))
    if not bare:
        raise LessonError("token_empty")
    if _COVERED.match(bare):
        raise LessonError("token_covered")
    if not _TOKEN.fullmatch(bare):
        raise LessonError("token_cut" if bare.startswith("hf_") else "token_not_one")
    return bare


def whoami(token: str, seconds: float = ANSWER_SECONDS) -> Account:
    """Asks the Hub whose token this is and what it may do.

    Raises LessonError: `token_refused` (wrong, expired or revoked), and what `core.models.answers.trouble` answers.
    """
    return _answered(lambda _: _told(_ask(token, seconds)), seconds)


def may_write(account: Account | None, owner: str = "") -> bool:
    """Says whether a token may publish under `owner`; "" for its own owner's name."""
    if account is None:
        return False
    return account.role in _WRITERS or (owner or account.owner) in account.writes_for


def reach(seconds: float = ANSWER_SECONDS) -> float:
    """Asks the Hub something small, without any token. Answers how many seconds it took; raises as `whoami` does."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    def ask(_: Progress) -> None:
        with suppress(RepositoryNotFoundError):  # it answered, which is what was asked
            HfApi(token=False).model_info("DeepESP/gpt2-spanish", timeout=seconds)

    begun = time.perf_counter()
    _answered(ask, seconds)
    return time.perf_counter() - begun


def _ask(token: str, seconds: float) -> Any:
    """Asks as `HfApi.whoami` does, which has no time limit: a silent Hub would keep a thread, and the token in it."""
    from huggingface_hub import constants
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    address = f"{constants.ENDPOINT}/api/whoami-v2"
    answer = get_session().get(address, headers=build_hf_headers(token=token), timeout=seconds)
    hf_raise_for_status(answer)
    return answer.json()


def _told(answer: Mapping[str, Any]) -> Account:
    """Reads what `/api/whoami-v2` says; its `auth.accessToken.fineGrained` lists what was allowed, place by place."""
    token = (answer.get("auth") or {}).get("accessToken") or {}
    fine = token.get("fineGrained") or {}
    places = [
        (place.get("entity") or {}).get("name") for place in fine.get("scoped") or []
        if _MAY_PUBLISH in (place.get("permissions") or [])
    ]  # fmt: skip
    return Account(
        owner=str(answer["name"]),
        name=str(token.get("displayName") or ""),
        role=str(token.get("role") or ""),
        writes_for=tuple(str(name) for name in places if name),
        reads_gated=bool(fine.get("canReadGatedRepos")) if fine else None,
    )


def _answered(ask: Callable[[Progress], T], seconds: float) -> T:
    """Answers what the Hub answers. What the client raises becomes a LessonError, cut off from it: its request carries
    the token."""
    try:
        return awaited(ask, seconds)
    except Exception as error:  # noqa: BLE001  (whatever the client or an odd answer brings)
        said = _explained(error)
    raise said


def _explained(error: Exception) -> LessonError:
    from huggingface_hub.errors import HfHubHTTPError

    is_refused = isinstance(error, HfHubHTTPError) and error.response.status_code in (401, 403)
    return LessonError("token_refused") if is_refused else trouble(error)
