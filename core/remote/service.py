"""Hugging Face's Jobs and buckets, asked by its own client, and what they refuse in words.

A bucket is a private folder of her account, made for one run and deleted after it. It is mounted where the job runs,
so that the job needs no token to read and write it. No error, fact or record here holds the token.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.data.hub_answers import awaited
from core.errors import LessonError
from core.models.answers import trouble
from core.remote import parcel

if TYPE_CHECKING:
    from huggingface_hub import HfApi, JobInfo

T = TypeVar("T")

ANSWER_SECONDS = 60.0  # a question of the client has no limit of its own
_LABEL = "llms-para-poetas"
_LOG_LINES = 200
_IMAGE = "ghcr.io/astral-sh/uv:python3.12-bookworm"  # what the client itself takes for a script: Debian, Python and uv
_OVER = ("COMPLETED", "CANCELED", "ERROR", "DELETED")
_HOURS = {"second": 1 / 3600, "minute": 1 / 60, "hour": 1.0}


@dataclass(frozen=True)
class Machine:
    """A machine for rent: its name, what it is, and US dollars an hour, as the service says them.

    `dollars` is None where the service counts by something else than time.
    """

    name: str
    title: str
    card: str
    dollars: float | None


@dataclass(frozen=True)
class Told:
    """How a job is: its `stage` as the service calls it, and what the service says about it."""

    stage: str
    message: str

    @property
    def is_over(self) -> bool:
        return self.stage in _OVER


def machines(token: str) -> list[Machine]:
    """Answers the machines with one card, the cheapest first: a run of the workshop's uses no more than one."""
    offered = asked(lambda: api(token).list_jobs_hardware())
    found = []
    for one in offered:
        card = one.accelerator
        if card and str(card.quantity) == "1":
            hours = _HOURS.get(one.unit_label.rstrip("s"))
            dollars = one.unit_cost_usd / hours if hours else None
            found.append(Machine(one.name, one.pretty_name, f"{card.model}, {card.vram}", dollars))
    return sorted(found, key=lambda machine: (machine.dollars is None, machine.dollars or 0.0))


def make_bucket(token: str, bucket: str) -> None:
    asked(lambda: api(token).create_bucket(bucket, private=True))


def fill(token: str, bucket: str, folder: Path) -> None:
    """Sends every file of `folder`, however long that takes."""
    files = [(path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*")) if path.is_file()]
    asked(lambda: api(token).batch_bucket_files(bucket, add=[*files]), seconds=None)


def delete_bucket(token: str, bucket: str) -> None:
    asked(lambda: api(token).delete_bucket(bucket, missing_ok=True))


def start(token: str, owner: str, bucket: str, machine: str, seconds: int, secrets: dict[str, str]) -> str:
    """Starts the job that trains what lies in the bucket. Answers its id."""
    from huggingface_hub import Volume

    volume = Volume(type="bucket", source=bucket, mount_path=parcel.MOUNT, read_only=False)
    job = asked(
        lambda: api(token).run_job(
            image=_IMAGE,
            command=parcel.command(),
            env={"HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
            secrets=secrets,
            flavor=machine,
            timeout=seconds,
            labels={_LABEL: bucket.partition("/")[2], "name": _LABEL},
            volumes=[volume],
            namespace=owner,
        )
    )
    return job.id


def find(token: str, owner: str, bucket: str) -> str | None:
    """Answers the id of the job that a bucket was made for; None where none was started."""

    def ask() -> "list[JobInfo]":
        return list(api(token).list_jobs(labels={_LABEL: bucket.partition("/")[2]}, namespace=owner))

    found = asked(ask)
    return found[0].id if found else None


def look(token: str, owner: str, job: str) -> Told:
    status = asked(lambda: api(token).inspect_job(job_id=job, namespace=owner)).status
    return Told(str(getattr(status.stage, "value", status.stage)), status.message or "")


def cancel(token: str, owner: str, job: str) -> None:
    asked(lambda: api(token).cancel_job(job_id=job, namespace=owner))


def log(token: str, owner: str, job: str) -> list[str]:
    """Answers the last lines that a job printed."""
    return asked(lambda: list(api(token).fetch_job_logs(job_id=job, namespace=owner, tail=_LOG_LINES)))


def files(token: str, bucket: str, under: str) -> dict[str, tuple[str, int]]:
    """Answers the files of a folder of a bucket: by their path in it, what changes when they do, and their bytes."""

    def ask() -> dict[str, tuple[str, int]]:
        listed = api(token).list_bucket_tree(bucket, prefix=under, recursive=True)
        found = [item for item in listed if item.type == "file" and item.path.startswith(f"{under}/")]
        return {item.path.removeprefix(f"{under}/"): (item.xet_hash, item.size) for item in found}

    return asked(ask)


def bring(token: str, bucket: str, under: str, names: Iterable[str], folder: Path) -> None:
    """Brings files of a folder of a bucket into `folder`, however long that takes."""
    wanted = [(f"{under}/{name}", folder / name) for name in names]
    asked(lambda: api(token).download_bucket_files(bucket, wanted, raise_on_missing_files=True), seconds=None)


def needs_token(model: str) -> bool:
    """Says whether the Hub gives a model only to who shows a token."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    def ask() -> bool:
        try:
            return bool(HfApi(token=False).model_info(model).gated)
        except RepositoryNotFoundError:
            return True

    return asked(ask)


def api(token: str) -> "HfApi":
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars, logging

    disable_progress_bars()
    logging.set_verbosity_error()  # what it says on the way is in its own words; ours follow
    return HfApi(token=token)


def asked(ask: Callable[[], T], seconds: float | None = ANSWER_SECONDS) -> T:
    """Answers what the service does. What the client raises becomes a LessonError, cut off from it: its request
    carries the token.

    Raises LessonError: `token_refused`, `remote_no_rights`, `remote_no_credit`, `remote_gone`, `disk_full`, and what
    `core.models.answers.trouble` answers.
    """
    try:
        return awaited(lambda _: ask(), seconds) if seconds else ask()
    except Exception as error:  # noqa: BLE001  (whatever the client or an odd answer brings)
        said = _explained(error)
    raise said


def _explained(error: Exception) -> LessonError:
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, LessonError):
        return error
    if isinstance(error, HfHubHTTPError):
        codes = {401: "token_refused", 402: "remote_no_credit", 403: "remote_no_rights", 404: "remote_gone"}
        status = getattr(error.response, "status_code", None)  # the client raises some of its own accord
        if status is None:
            return LessonError("hub_ill")
        if status in codes:
            return LessonError(codes[status])
    return trouble(error)
