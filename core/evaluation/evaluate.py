"""The evaluation of a run: base and adapted model on the sealed test set, in a process of its own."""

import time
from pathlib import Path

from filelock import FileLock, Timeout

from core import processes, storage
from core.data import table
from core.errors import LessonError
from core.evaluation.measure import compute
from core.generation import loaded as models
from core.generation.generate import complete_all
from core.generation.loaded import Loaded
from core.generation.score import score
from core.processes import State
from core.tasks import TASKS
from core.tokens.encode import IGNORED
from core.training.runs import Run


def start(run: Run) -> None:
    """Starts the evaluation of a run in a process of its own, unless one is at work."""
    if processes.read_state(run.evaluation)["status"] not in processes.ACTIVE:
        processes.launch(["evaluate", str(run.folder)], run.evaluation)


def adopt(run: Run) -> None:
    """Notes that the evaluation in `run` is of the adapter that lies there: both came from another machine, whole."""
    record = storage.read_json(run.evaluation / "record.json")
    if record:
        storage.write_json(run.evaluation / "record.json", record | {"adapter": _adapter_fingerprint(run)})


def result(run: Run) -> dict | None:
    """Answers the record of a finished evaluation; None where there is none, or the adapter changed since."""
    record = storage.read_json(run.evaluation / "record.json")
    return record if record and record["adapter"] == _adapter_fingerprint(run) else None


def read(run: Run) -> dict:
    """Answers the record of an evaluation that is known to be there."""
    return storage.load_json(run.evaluation / "record.json")


def evaluate(run: Run) -> dict:
    """Measures base and adapted model on the test set and writes `evaluation/`. Answers its record.

    Raises LessonError: `run_not_finished`, `run_is_busy`, and what loading a model does.
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
        state = State(run.evaluation, step=0, steps=4)
        try:
            return _evaluate(run, state)
        except Exception as error:
            known = error if isinstance(error, LessonError) else LessonError("our_fault")
            facts = {name: str(fact) for name, fact in known.facts.items()}
            state.write(status="failed", error={"code": known.code, "facts": facts})
            raise
    finally:
        lock.release()


def _evaluate(run: Run, state: State) -> dict:
    settings, record = run.settings(), run.record()
    task = TASKS[record["task"]]
    state.write(status="running")
    rows = table.rows(run.tokens / "test")
    texts = table.rows(run.prepared / "test")
    loaded = models.load(
        Path(record["model_folder"]), precision=settings.precision, four_bit=settings.method == "qlora"
    )
    sides: dict[str, dict] = {}
    examples: dict[str, list] = {}
    for step, side in enumerate(("base", "adapted"), start=1):
        if side == "adapted":
            loaded = models.put_on(loaded, run.adapter, settings.precision)
        sides[side], examples[side] = _measure(loaded, rows, texts, "rouge" in task.metrics, run)
        state.write(step=2 * step)
    opened = (storage.read_json(run.evaluation / "record.json") or {"opened": 0})["opened"] + 1
    written = {
        "task": task.code,
        "rows": len(rows),
        "opened": opened,
        **sides,
        "examples": [
            {**text, "base": base, "adapted": adapted}
            for text, base, adapted in zip(texts, examples["base"], examples["adapted"], strict=True)
        ],
        "adapter": _adapter_fingerprint(run),
        "written": time.time(),
    }
    storage.write_json(run.evaluation / "record.json", written)
    state.write(status="finished", peak_memory_mb=round(processes.peak_memory_mb()))
    return written


def _measure(loaded: Loaded, rows: list[dict], texts: list[dict], summarize: bool, run: Run) -> tuple[dict, list]:
    """Answers one side's metrics, and for each row what this side shows: its loss, and its summary if it has one."""
    scores = score(loaded.model, rows)
    metrics = compute(
        "perplexity",
        predictions=[s.nats for s in scores],
        references=[{"tokens": s.tokens, "characters": s.characters} for s in scores],
    )
    shown: list[dict] = [{"loss": s.loss} for s in scores]
    if summarize:
        written = complete_all(loaded, [_read(loaded, row) for row in rows], summary_room(run))
        metrics |= compute("rouge", predictions=written, references=[text["summary"] for text in texts])
        shown = [{**one, "summary": summary} for one, summary in zip(shown, written, strict=True)]
    return metrics, shown


def _read(loaded: Loaded, row: dict) -> list[int]:
    """Answers what a model reads of a row before it writes."""
    if loaded.is_seq2seq:
        return row["input_ids"]
    return [id for id, label in zip(row["input_ids"], row["labels"], strict=True) if label == IGNORED]


def summary_room(run: Run) -> int:
    """Answers how many tokens a summary may take: one and a half times the longest of the training set."""
    labels = table.read(run.tokens / "train").column("labels").to_pylist()
    return round(1.5 * max(sum(label != IGNORED for label in row) for row in labels))


def _adapter_fingerprint(run: Run) -> str:
    status = run.weights.stat() if run.weights else None
    return storage.fingerprint(status and [status.st_size, status.st_mtime_ns])
