"""How long an evaluation takes with the classroom's model: to score 1 000 texts, and to write from 200 of them.

    python tests/bench/evaluation.py [--rows 1000] [--written 200]

Prints one line of JSON: seconds of each side and kind, of all three models together, of the judging. Exits with 1 where
all three together take longer than is promised of one: perplexity of 1 000 rows under 60 s, 200 generations under
180 s, on two cores.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core import project as projects  # noqa: E402
from core.data import sources, stages  # noqa: E402
from core.evaluation import exam, judge, progress, sides  # noqa: E402
from core.evaluation.progress import SCORED, WRITTEN, Work  # noqa: E402
from core.tokens import encode  # noqa: E402
from core.training import engine, plan, runs  # noqa: E402

PROMISED = {SCORED: 60, WRITTEN: 180}  # seconds


class Timed:
    """Stands where the state of a process would, and remembers nothing."""

    def write(self, **facts: object) -> None: ...


def prepared(workspace: Path, rows: int) -> runs.Run:
    """A run whose sealed texts are as many as asked for, each of her sample's poems with a number of its own."""
    poems = [json.loads(line) for line in (ROOT / "core/classroom/samples/poems.es.jsonl").open(encoding="utf-8")]
    path = workspace / "poems.jsonl"
    many = [poems[n % len(poems)]["text"].replace("\n", f" {n}\n", 1) for n in range(round(rows / 0.1) + 20)]
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in many), encoding="utf-8")
    project = projects.create(workspace, "bench", "es")
    stages.load_texts(project, sources.open_source(str(path), "es"))
    stages.prepare(project, stages.Recipe(near_duplicates=False))
    encode.encode(project)
    project = projects.open_project(workspace, project.id)
    run = runs.create(project, plan.settings(project, "quick"))
    engine.open_for_training(engine.load_base(run), run.settings()).model.save_pretrained(run.adapter)
    return run


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1000)
    asked.add_argument("--written", type=int, default=exam.MOST_WRITTEN)
    options = asked.parse_args()
    exam.MOST_WRITTEN = options.written
    with tempfile.TemporaryDirectory() as folder:
        run = prepared(Path(folder), options.rows)
        sitting = exam.open_exam(run)
        (run.evaluation / "rows").mkdir(parents=True)
        work, began = Work(run.evaluation / "rows", Timed()), time.monotonic()
        sides.take(sitting, work)
        whole = time.monotonic() - began
        taken = {f"{side}.{kind}": round(seconds, 2) for (side, kind), (seconds, _) in work.taken.items()}
        sums = {kind: sum(work.taken[side, kind][0] for side in progress.MODELS) for kind in PROMISED}
        began = time.monotonic()
        judge.judge(sitting, work)
        judged = time.monotonic() - began
    report = {"rows": len(sitting.rows), "written": sitting.written, "cores": os.cpu_count(), **taken}
    report |= {f"all.{kind}": round(seconds, 1) for kind, seconds in sums.items()}
    print(json.dumps({**report, "judged": round(judged, 1), "whole": round(whole + judged, 1)}))
    return int(any(sums[kind] > PROMISED[kind] for kind in PROMISED))


if __name__ == "__main__":
    sys.exit(main())
