"""How far the time and the memory that are promised before a run lie from what the run takes.

By hand: `python3 tests/bench/promise.py`. Every run is promised, then trained, one after the other.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core import processes  # noqa: E402
from core import project as projects  # noqa: E402
from core.data import sources, stages  # noqa: E402
from core.tokens import encode  # noqa: E402
from core.training import plan, promise, runs  # noqa: E402

RUNS: tuple[tuple[str, dict[str, object]], ...] = (
    ("write", {}),
    ("write", {"epochs": 1.0}),
    ("write", {"epochs": 8.0, "evaluations": 8}),
    ("write", {"batch_size": 4}),
    ("write", {"lora_rank": 64, "lora_alpha": 128}),
    ("write", {"batch_size": 8, "gradient_accumulation_steps": 2}),
    ("summarize", {}),
    ("summarize", {"epochs": 2.0, "evaluations": 2}),
)


def wait(folder: Path) -> dict:
    while (state := processes.read_state(folder))["status"] in processes.ACTIVE:
        time.sleep(0.2)
    if state["status"] != "finished":
        raise SystemExit((folder / "log.txt").read_text()[-3000:])
    return state


def main() -> None:
    errors, memory_errors = [], []
    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for task, sample in (("write", "poems"), ("summarize", "notes")):
            project = projects.create(Path(folder), task, "es", task=task)
            stages.load_texts(project, sources.open_source(f"sample:{sample}", "es"))
            stages.prepare(project)
            encode.encode(project)
            made[task] = projects.open_project(Path(folder), project.id)
        print("task       promised      took  error   MB promised    used  settings")
        for task, changes in RUNS:
            project = made[task]
            settings = plan.settings(project, "quick").changed(changes)
            promise.ask(project, settings, "La noche")
            wait(project.folder / "trial")
            run = runs.create(project, settings, "La noche")
            promise.carry(project, run)
            runs.start(run)
            state, promised = wait(run.folder), promise.kept(run)
            assert promised
            errors.append(promised.seconds / state["seconds"] - 1)
            memory_errors.append(promised.memory_mb / state["peak_memory_mb"] - 1)
            print(
                f"{task:10} {promised.seconds:7.1f} s {state['seconds']:7.1f} s {errors[-1]:+6.0%} "
                f"{promised.memory_mb:13.0f} {state['peak_memory_mb']:7.0f}  {changes}",
                flush=True,
            )
    print(f"median error of the time {statistics.median(map(abs, errors)):.1%}", end="")
    print(f", of the memory {statistics.median(map(abs, memory_errors)):.1%}")


if __name__ == "__main__":
    main()
