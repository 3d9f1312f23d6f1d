"""Seconds and peak memory of tokenising and cutting 10,000, 100,000 and 1,000,000 short texts; and how they grow.

By hand: `python3 tests/bench/tokens.py`. Writes about 1.2 GB to the temporary folder, and removes it.
"""

import itertools
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core import classroom, storage  # noqa: E402
from core import project as projects  # noqa: E402
from core.data import table  # noqa: E402
from core.tokens import encode  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000)
WORDS = (15, 55)  # a text's, at least and at most: some 200 bytes
SCHEMA = pa.schema([("row", pa.int64()), ("text", pa.string())])


def make_project(workspace: Path, count: int) -> projects.Project:
    """Writes a project with `count` prepared texts, each a stretch of the samples' words."""
    samples = [classroom.sample_path(name, "es").read_text(encoding="utf-8") for name in ("poems", "notes")]
    words = [word for line in "".join(samples).splitlines() for word in json.loads(line)["text"].split()]
    chance = random.Random(7)
    project = projects.create(workspace, "Medida", "es")
    row = 1
    for name, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        with table.writing(project.prepared / name, SCHEMA) as writer:
            left = int(count * share)
            while left:
                size = min(left, table.BATCH_ROWS)
                texts = [stretch(words, chance) for _ in range(size)]
                writer.write_batch(pa.record_batch([pa.array(range(row, row + size)), pa.array(texts)], schema=SCHEMA))
                row, left = row + size, left - size
    storage.write_json(project.prepared / "record.json", {"fingerprint": f"bench{count}", "language": "es"})
    return project


def stretch(words: list[str], chance: random.Random) -> str:
    size = chance.randint(*WORDS)
    start = chance.randrange(len(words) - size)
    return " ".join(words[start : start + size])


def work(workspace: Path, id: str) -> None:
    """Does both stages in this process, and prints what they took."""
    project = projects.open_project(workspace, id)
    took = {}
    for name, deed in (
        ("measure", lambda: encode.measure(project)),
        ("again", lambda: encode.measure(project)),
        ("encode", lambda: encode.encode(project)),
        ("cut", lambda: encode.encode(project, 24)),
    ):
        began = time.perf_counter()
        deed()
        took[name] = time.perf_counter() - began
    took["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(took))


def main() -> None:
    if len(sys.argv) == 3:
        return work(Path(sys.argv[1]), sys.argv[2])
    print("   texts      MB  measure s  again s  encode s  cut at 24 s  peak MB")
    totals = []
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            project = make_project(Path(folder), count)
            size = sum(file.stat().st_size for file in project.prepared.rglob("*.arrow")) / 1e6
            command = [sys.executable, __file__, folder, project.id]
            took = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            totals.append(took["measure"] + took["encode"])
            figures = f"{took['measure']:9.2f} {took['again']:8.3f} {took['encode']:9.2f} {took['cut']:12.2f}"
            print(f"{count:8,} {size:7.1f} {figures} {took['peak_mb']:8.0f}", flush=True)
    slopes = [math.log10(after / before) for before, after in itertools.pairwise(totals)]
    print("slope (log-log):", ", ".join(f"{slope:.2f}" for slope in slopes))
    return None


if __name__ == "__main__":
    main()
