"""What a run will take, promised before it starts: measured by doing a few of its real steps on this machine.

`python -m core promise FOLDER` loads the model, scores validation rows, takes some steps on batches of every length,
and reckons the rest. It leaves the model as it was: what it learned is thrown away.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core import line, processes, storage
from core.data import table
from core.project import Project
from core.training import runs
from core.training.runs import Run
from core.training.settings import Settings

_AT = (50, 0, 25, 50, 75, 100, 50)  # percentiles of the batches' sizes that are tried; the first only warms up
_SCORED = 64  # validation rows that are scored to reckon the rest: some seconds at most
_MARGIN = 1.05  # of memory: allocators keep a little more than they need


@dataclass(frozen=True)
class Promise:
    """Seconds from the click to the last word, memory at its peak in MB (10⁶ bytes), and what the time goes on.

    `parts` in seconds: `loading`, `base` (measuring the untouched model), `learning`, `looking` (evaluations, samples
    and checkpoints) and `ending`.
    """

    seconds: float
    memory_mb: float
    parts: dict[str, float]
    steps: int


def ask(project: Project, settings: Settings, prompt: str) -> None:
    """Starts measuring, in a process of its own. Raises LessonError, see `runs.create`."""
    processes.kill(_folder(project))
    shutil.rmtree(_folder(project), ignore_errors=True)
    run = runs.create(project, settings, prompt, _folder(project))
    processes.launch(["promise", str(run.folder)], run.folder)


def state(project: Project) -> dict:
    """Answers how the measuring is; see `processes.read_state`."""
    return processes.read_state(_folder(project))


def read(project: Project, settings: Settings) -> Promise | None:
    """Answers what was promised for these settings and the texts as they are; None where nothing was."""
    run = Run(_folder(project))
    tokens = storage.read_json(project.tokens / "record.json")
    record = storage.read_json(run.folder / "settings.json")
    if not record or not tokens or record["made_from"] != tokens["fingerprint"]:
        return None
    return kept(run) if run.settings() == settings else None


def kept(run: Run) -> Promise | None:
    """Answers the promise beside a run."""
    record = storage.read_json(run.folder / "promise.json")
    return Promise(**record) if record else None


def carry(project: Project, run: Run) -> None:
    """Puts the promise that was made for a run's settings beside it, to be compared with what happened."""
    if promised := read(project, run.settings()):
        storage.write_json(run.folder / "promise.json", asdict(promised))


def _folder(project: Project) -> Path:
    return project.folder / "trial"


# ---------------------------------------------------------------- the process that measures


def measure(run: Run) -> Promise:
    """Takes a few real steps and writes `promise.json` in the run's folder."""
    told = processes.State(run.folder)
    with line.helping(told):
        return _measure(run, told)


def _measure(run: Run, told: processes.State) -> Promise:
    told.write(status="running")
    born = time.time() - told.seconds()
    from core.training import engine, teller

    validation = table.rows(run.tokens / "validation")
    base = engine.load_base(run)
    loading = time.time() - born
    of_base = _scoring_seconds(base, validation)
    sample = _seconds(lambda: teller.write_sample(run, base, 0))
    loaded = engine.open_for_training(base, run.settings())
    step, steps = _step_seconds(run, loaded)
    scored = _scoring_seconds(loaded, validation)
    saving = _seconds(lambda: _save(loaded))
    evaluations = -(-steps // engine.schedule(run.settings(), _rows(run)).evaluate_every)
    parts = {
        "loading": loading,
        "base": of_base + sample,
        "learning": step * steps,
        "looking": evaluations * (scored + sample + saving),
        "ending": scored + saving,
    }
    found = Promise(sum(parts.values()), processes.peak_memory_mb() * _MARGIN, parts, steps)
    storage.write_json(run.folder / "promise.json", asdict(found))
    told.write(status="finished")
    return found


def _seconds(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _scoring_seconds(loaded, rows: Sequence[dict]) -> float:
    """Answers how long scoring all rows would take, from the first of them."""
    from core.generation.score import score

    tried = rows[:_SCORED]
    return _seconds(lambda: score(loaded.model, tried)) * len(rows) / len(tried)


def _rows(run: Run) -> int:
    return table.read(run.tokens / "train").num_rows


def _save(loaded) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loaded.model.save_pretrained(folder)


def _step_seconds(run: Run, loaded) -> tuple[float, int]:
    """Answers the mean seconds of an update and how many there are.

    Some batches are done for real; a batch's time grows with its tokens, padding included, along a straight line
    fitted to them, and the others' times are read off it.
    """
    from datasets import load_from_disk

    from core.training import engine

    rows = load_from_disk(str(run.tokens / "train")).select_columns(["input_ids", "labels", "length"])
    trainer = engine.make_trainer(run, loaded, rows, [], [])
    settings = run.settings()
    trainer.current_gradient_accumulation_steps = settings.gradient_accumulation_steps  # as `train` would
    trainer.create_optimizer()
    order = list(trainer._get_train_sampler())
    batches = [order[at : at + settings.batch_size] for at in range(0, len(order), settings.batch_size)]
    lengths = np.array(rows["length"])
    sizes = np.array([len(batch) * lengths[batch].max() for batch in batches])
    places = [int(np.argsort(sizes)[round(share / 100 * (len(sizes) - 1))]) for share in _AT]
    loaded.model.train()
    seconds = []
    for place in places:
        batch = trainer.data_collator([rows[at] for at in batches[place]])
        seconds.append(_seconds(lambda batch=batch: _update(trainer, loaded, batch)))
    per_batch = _line(sizes[places[1:]], seconds[1:])(sizes)
    planned = engine.schedule(settings, len(rows))
    return float(per_batch.mean()) * settings.gradient_accumulation_steps, planned.steps


def _update(trainer, loaded, batch) -> None:
    trainer.training_step(loaded.model, {name: values.to(loaded.model.device) for name, values in batch.items()})
    trainer.optimizer.step()
    trainer.optimizer.zero_grad()


def _line(sizes: np.ndarray, seconds: Sequence[float]):
    """Answers the straight line through measured times, never falling; where all sizes are one, their median."""
    if len(set(sizes.tolist())) < 2:
        return lambda wanted: np.full(len(wanted), np.median(seconds))
    slope, at_zero = np.polyfit(sizes, seconds, 1)
    if slope < 0 or at_zero < 0:
        slope, at_zero = float(np.dot(sizes, seconds) / np.dot(sizes, sizes)), 0.0
    return lambda wanted: at_zero + slope * wanted
