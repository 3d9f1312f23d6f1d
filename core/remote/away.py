"""A run that is away: sent, followed, brought back; and nothing of it left there.

`remote.json` in its folder says where it is, from before anything leaves until nothing is left. Whoever follows it
writes the run's `state.json`, so that the pages show it like a run made here.
"""

import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core import errors, processes, storage
from core.errors import LessonError
from core.models.weights import tensors
from core.processes import State
from core.remote import parcel, service
from core.training import watch
from core.training.runs import Run

POLL_SECONDS = 10.0
_PATIENCE_SECONDS = 180.0  # how long no answer comes before the follower gives up; the run does not
_BACK = "back"
_ADAPTER = "adapter/"
# What may come back; anything else that lies there is left.
_KNOWN = re.compile(
    r"(state|before|after|verdict|reshaped)\.json|(metrics|samples)\.jsonl|log\.txt"
    rf"|{_ADAPTER}\w[\w.-]{{0,120}}\.(safetensors|json|txt|model|jinja)"
)
_PASSING = ("no_connection", "hub_slow", "hub_busy", "hub_ill")
# Of its state there, what is true here: not whose process it is.
_SHOWN = (
    "status", "step", "steps", "precision", "trainable_parameters", "device", "train_seconds", "seconds_left",
    "tokens_trained", "peak_memory_mb", "processes", "sharded",
)  # fmt: skip

Say = Callable[..., None]


@dataclass
class _Seen:
    """What a follower has brought so far: a mark for each file, which changes when it does, and the state there."""

    marks: dict[str, tuple[str, int]] = field(default_factory=dict)
    state: dict = field(default_factory=dict)


def where(run: Run) -> dict | None:
    """Answers where a run is away: `owner`, `bucket`, `machine`, `seconds`, `job` (None: not noted yet), and whether
    it is `over` and only has to be deleted there; None where it is not away.
    """
    return storage.read_json(run.folder / "remote.json")


def send(run: Run, token: str, owner: str, machine: str, seconds: int, say: Say) -> None:
    """Sends a run to a machine for so many seconds, and starts it there.

    Where that fails the run is as it was, and what had been sent is deleted. Raises LessonError `run_is_finished`,
    `run_is_busy`, and what `service.asked` says.
    """
    with _alone(run):
        check(run)
        bucket = f"{owner}/llms-para-poetas-{secrets.token_hex(4)}"
        record = {"owner": owner, "bucket": bucket, "machine": machine, "seconds": seconds, "job": None}
        storage.write_json(run.folder / "remote.json", record)
        try:
            with tempfile.TemporaryDirectory() as name:
                parcel.make(run, seconds, POLL_SECONDS, Path(name))
                say("remote.sending", megabytes=round(parcel.megabytes(Path(name)), 1), bucket=bucket)
                service.make_bucket(token, bucket)
                service.fill(token, bucket, Path(name))
            job = service.start(token, owner, bucket, machine, seconds, _secrets(run, token))
        except BaseException:
            with suppress(LessonError):  # the record stays, and the next time it is deleted
                _clean(run, token)
            raise
        storage.write_json(run.folder / "remote.json", record | {"job": job})
        State(run.folder, run=run.name, away=True)
        say("remote.sent", machine=machine)


def check(run: Run) -> None:
    """Raises LessonError `run_is_finished`, `run_is_busy` where a run cannot leave."""
    status = processes.read_state(run.folder)["status"]
    if status == "finished":
        raise LessonError("run_is_finished", run=run.name)
    if status in processes.ACTIVE:
        raise LessonError("run_is_busy", run=run.name)


def _secrets(run: Run, token: str) -> dict[str, str]:
    """Answers what the job is told in secret: the token, and only where its base model is not for everybody."""
    model = run.record()["model"]
    return {"HF_TOKEN": token} if parcel.is_of_the_hub(model) and service.needs_token(model) else {}


def is_still_there(run: Run, token: str) -> bool:
    """Says whether there is something to follow; of one that never began, or has ended, deletes what is left."""
    record = where(run)
    if record is None:
        return False
    with _alone(run):
        if not record.get("over") and _job(run, token):
            return True
        _clean(run, token)
        return False


def is_followed(run: Run) -> bool:
    """Says whether a process here follows the run, which will see and tell how it ends."""
    return where(run) is not None and processes.read_state(run.folder)["status"] in processes.ACTIVE


def follow(run: Run, token: str, say: Say) -> dict:
    """Follows a run that is away until it ends, and brings back what it made. Answers the last state.

    Raises LessonError `run_is_busy` where another follows it, `remote_lost` where no answer comes any more (it goes on
    there), and the one that it ended with.
    """
    with _alone(run):
        record = storage.load_json(run.folder / "remote.json")
        state, seen, said = State(run.folder, run=run.name, away=True), _Seen(), None
        while not (told := _heard(run, record, token, seen)).is_over:
            now = _shown(seen.state if told.stage == "RUNNING" else {"status": "starting"})
            state.write(**now)
            said = _tell(run, told, now.get("steps", 0), said, say)
            time.sleep(POLL_SECONDS)
        say("remote.bringing")
        return _end(run, record, token, told, state, seen)


def cancel(run: Run, token: str) -> None:
    """Stops a run there; who follows it then sees that it ended."""
    if job := _job(run, token):
        with _no_matter_if_gone():
            service.cancel(token, storage.load_json(run.folder / "remote.json")["owner"], job)


def _job(run: Run, token: str) -> str | None:
    """Answers the id of the run's job, also where who sent it was cut off before noting it; None: it never began."""
    record = storage.load_json(run.folder / "remote.json")
    if record["job"] is None and (found := service.find(token, record["owner"], record["bucket"])):
        record |= {"job": found}
        storage.write_json(run.folder / "remote.json", record)
    return record["job"]


def _heard(run: Run, record: dict, token: str, seen: _Seen) -> service.Told:
    """Asks how the job is, and brings what it tells; again and again where no answer comes, for some minutes."""
    begun = time.monotonic()
    while True:
        try:
            told = service.look(token, record["owner"], record["job"])
            _bring(run, token, record["bucket"], seen)
            return told
        except LessonError as error:
            if error.code == "remote_gone":
                return service.Told("DELETED", "")
            if error.code not in _PASSING:
                raise
            lost = time.monotonic() - begun > _PATIENCE_SECONDS
        if lost:
            raise LessonError("remote_lost", run=run.folder)
        time.sleep(POLL_SECONDS)


def _tell(run: Run, told: service.Told, steps: int, said: object, say: Say) -> object:
    """Says what is new since `said`: each evaluation, and before the first one, what the job is at. Answers it."""
    points = watch.curve(run).validation
    news = points[-1] if points else told.stage
    if news != said and points:
        say("adapt.step", step=points[-1][0], steps=steps, loss=points[-1][1])
    elif news != said and told.stage in ("SCHEDULING", "RUNNING"):
        say(f"remote.{told.stage.lower()}")
    return news


def _shown(there: dict) -> dict[str, Any]:
    """Answers what the run's state says here, of what it says there."""
    shown = {name: there[name] for name in _SHOWN if name in there}
    is_at_work = shown.get("status") in processes.ACTIVE
    return shown if is_at_work else {**shown, "status": "stopping" if "status" in shown else "loading"}


def _end(run: Run, record: dict, token: str, told: service.Told, state: State, seen: _Seen) -> dict:
    """Brings back what a job made that is over, and deletes the rest. Raises the LessonError that it ended with."""
    error = None
    try:
        _bring(run, token, record["bucket"], seen, with_adapter=True)
    except LessonError as what:
        if what.code in (*_PASSING, "disk_full", "cannot_write"):
            raise  # it is still there, and can be brought another time
        error = None if what.code == "remote_gone" else what
    if not error and not (seen.state.get("status") == "finished" and run.weights):
        error = _why(run, record, token, told, seen.state)
    if error:
        state.write(status="failed", error=errors.told(error), away=False)
    else:
        state.write(**{name: seen.state[name] for name in _SHOWN if name in seen.state}, away=False)
    storage.write_json(run.folder / "remote.json", record | {"over": True})
    _clean(run, token)
    if error:
        raise error
    return state.content


def _why(run: Run, record: dict, token: str, told: service.Told, there: dict) -> LessonError:
    """Answers why a job brought nothing back; its last lines are kept in the run's log."""
    if told.stage in ("CANCELED", "DELETED"):
        return LessonError("remote_cancelled")
    lines: list[str] = []
    with suppress(LessonError):
        lines = service.log(token, record["owner"], record["job"])
    with (run.folder / "log.txt").open("a", encoding="utf-8") as log:
        log.writelines(f"{line.rstrip()}\n" for line in [*lines, told.message])
    if there.get("error"):
        return errors.heard(there["error"])
    said = next((line.strip() for line in [*reversed(lines), told.message] if line.strip()), "—")
    return LessonError("remote_failed", said=said[:200], log=run.folder / "log.txt")


def _bring(run: Run, token: str, bucket: str, seen: _Seen, with_adapter: bool = False) -> None:
    """Brings what has changed since it was last `seen`."""
    listed = service.files(token, bucket, _BACK)
    new = {
        name: mark for name, mark in listed.items()
        if _KNOWN.fullmatch(name) and seen.marks.get(name) != mark and (with_adapter or not name.startswith(_ADAPTER))
    }  # fmt: skip
    if not new:
        return
    came = run.folder / "came"
    try:
        with storage.disk_errors(came / "state.json"):
            service.bring(token, bucket, _BACK, new, came)
        for name in new:
            if name == "state.json":
                seen.state = storage.read_json(came / name) or seen.state
            elif not name.startswith(_ADAPTER):
                storage.write_bytes(run.folder / name, (came / name).read_bytes())
        if (came / _ADAPTER).is_dir():
            _keep_adapter(run, came / _ADAPTER)
    finally:
        shutil.rmtree(came, ignore_errors=True)
    seen.marks |= new


def _keep_adapter(run: Run, came: Path) -> None:
    """Puts what it learned in its place, whole. Raises LessonError where its weights are none."""
    for path in came.glob("*.safetensors"):
        tensors(path)
    with storage.new_folder(run.adapter) as folder:
        for path in came.iterdir():
            shutil.copyfile(path, folder / path.name)


def _clean(run: Run, token: str) -> None:
    """Deletes what is left there, and then the record of it. Raises LessonError `remote_left` where it cannot."""
    record = storage.load_json(run.folder / "remote.json")
    try:
        service.delete_bucket(token, record["bucket"])
    except LessonError as error:
        raise LessonError("remote_left", bucket=record["bucket"], run=run.folder) from error
    (run.folder / "remote.json").unlink()


@contextmanager
def _no_matter_if_gone() -> Iterator[None]:
    """Lets pass that something is no longer there."""
    try:
        yield
    except LessonError as error:
        if error.code != "remote_gone":
            raise


@contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Holds what a worker of the run would hold. Raises LessonError `run_is_busy`."""
    try:
        with FileLock(run.folder / "worker.lock", timeout=1):
            yield
    except Timeout as error:
        raise LessonError("run_is_busy", run=run.name) from error
