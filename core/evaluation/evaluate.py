"""The evaluation of a run: every side on the sealed test set, in a process of its own.

On disk, in `runs/<run>/evaluation/`:

    state.json        how far the process is (`step` of `steps`, `seconds_left`), and how it ended
    openings.jsonl    each time that the sealed texts were opened: `at`, and the fingerprint of the adapter
    rows/             what each side did of each text, a line a row: an evaluation that stops goes on from there
    record.json       what came out

The record: `task`, `language`, `model`, `run`; how many `rows` were scored, and from how many (`written_rows`) each
side wrote; `opened`, and when (`openings`); `sides`: by side and metric `value`, `low`, `high`, `rows`, the ends of a
95 % interval, None where there is none; `against`: the adapted model beside each rival, by metric, `difference`, its
`low` and `high` (adapted - rival, or, of `kind` ratio, adapted / rival) and what it `says`: `better`, `worse`,
`unknown` (it may be luck), `few` (too few rows); `wins`: of
each metric the best `side`, compared so with the `second`; `distributions`: `edges` and, by side, `counts` of rows
between them; `examples`; `empty` and `unended`: how many texts of each side have no word, or never came to their end;
`left_out`: rivals that could not take part, and why; `seconds`, `adapter` (its fingerprint), `written`.
"""

import shutil
import time

from filelock import FileLock, Timeout

from core import errors, line, processes, storage
from core.errors import LessonError
from core.evaluation import exam, judge, sides
from core.evaluation.progress import STOP, Work
from core.processes import State
from core.training.runs import Run


def start(run: Run) -> None:
    """Starts the evaluation of a run in a process of its own, or lets one that stopped go on, unless one is at work."""
    if processes.read_state(run.evaluation)["status"] not in processes.ACTIVE:
        (run.evaluation / STOP).unlink(missing_ok=True)
        processes.launch(["evaluate", str(run.folder), "--again"], run.evaluation)


def stop(run: Run) -> None:
    """Asks the evaluation of a run to stop after what it is at; `start` lets it go on from there."""
    storage.write_text(run.evaluation / STOP, "")


def adopt(run: Run) -> None:
    """Notes that the evaluation in `run` is of the adapter that lies there: both came from another machine, whole."""
    record = storage.read_json(run.evaluation / "record.json")
    if record:
        mark = {"adapter": fingerprint(run)}
        storage.write_json(run.evaluation / "record.json", record | mark)
        for at in record.get("openings", []):
            storage.append_json(run.evaluation / "openings.jsonl", {"at": at} | mark)


def result(run: Run) -> dict | None:
    """Answers the record of a finished evaluation; None where there is none, or the adapter changed since."""
    record = storage.read_json(run.evaluation / "record.json")
    return record if record and "sides" in record and record["adapter"] == fingerprint(run) else None


def read(run: Run) -> dict:
    """Answers the record of an evaluation that is known to be there."""
    return storage.load_json(run.evaluation / "record.json")


def values(record: dict, side: str) -> dict[str, float]:
    """Answers a side's metrics, each by its value alone; empty where it did not take part."""
    return {name: found["value"] for name, found in record["sides"].get(side, {}).items()}


def is_unfinished(run: Run) -> bool:
    """Says whether an evaluation was begun that can go on where it stopped."""
    begun = _openings(run)
    record = storage.read_json(run.evaluation / "record.json") or {}
    return bool(begun) and begun[-1]["adapter"] == fingerprint(run) and record.get("opened", 0) < len(begun)


def evaluate(run: Run) -> dict:
    """Measures every side on the test set and writes `evaluation/`. Answers its record.

    What was done of an evaluation that stopped is not done again. Raises LessonError: `run_not_finished`,
    `run_is_busy`, `evaluation_stopped`, and what `sides.take` does.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    run.evaluation.mkdir(exist_ok=True)
    lock = FileLock(run.evaluation / "worker.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LessonError("run_is_busy", run=run.name) from error
    try:
        state = State(run.evaluation, step=0, steps=0, side="", seconds_left=None)
        try:
            with line.helping(state, (run.evaluation / STOP).exists) as our_turn:
                if not our_turn:
                    raise LessonError("evaluation_stopped")
                return _evaluate(run, state)
        except Exception as error:
            said = errors.told(error)
            state.write(status="stopped" if said["code"] == "evaluation_stopped" else "failed", error=said)
            raise
    finally:
        lock.release()


def _evaluate(run: Run, state: State) -> dict:
    state.write(status="running")
    sitting = exam.open_exam(run)
    folder = run.evaluation / "rows"
    if not is_unfinished(run):
        shutil.rmtree(folder, ignore_errors=True)
        storage.append_json(run.evaluation / "openings.jsonl", {"at": time.time(), "adapter": fingerprint(run)})
    folder.mkdir(exist_ok=True)
    work = Work(folder, state)
    left_out = sides.take(sitting, work)
    begun, settings = _openings(run), run.record()
    record = {
        "task": sitting.task.code,
        "language": sitting.language,
        "model": settings["model"],
        "run": run.name,
        "rows": len(sitting.rows),
        "written_rows": sitting.written,
        "opened": len(begun),
        "openings": [opening["at"] for opening in begun],
        **judge.judge(sitting, work),
        "left_out": left_out,
        "seconds": state.seconds(),
        "adapter": fingerprint(run),
        "written": time.time(),
    }
    storage.write_json(run.evaluation / "record.json", record)
    state.write(status="finished", peak_memory_mb=round(processes.peak_memory_mb()))
    return record


def _openings(run: Run) -> list[dict]:
    return storage.read_json_lines(run.evaluation / "openings.jsonl")


def fingerprint(run: Run) -> str:
    """Answers what changes when the run's adapter does."""
    status = run.weights.stat() if run.weights else None
    return storage.fingerprint(status and [status.st_size, status.st_mtime_ns])
