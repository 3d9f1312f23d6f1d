"""A CSV of many short rows, from file to length plot: seconds, memory and the slope; and reading beside pandas.

By hand: `python3 tests/bench/million.py [ROWS …]`, by default 10 000, 100 000 and 1 000 000. Each size runs in a
process of its own, so that its peak memory is its own.
"""

import csv
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

SIZES = (10_000, 100_000, 1_000_000)
NOUNS = (
    "río",
    "canto",
    "noche",
    "luna",
    "mate",
    "calle",
    "viento",
    "sombra",
    "agua",
    "patio",
    "lluvia",
    "carta",
    "voz",
)
VERBS = ("mira", "guarda", "pierde", "nombra", "espera", "junta", "olvida", "cuenta", "busca", "deja")
LINKS = ("con", "sin", "bajo", "entre", "hacia", "desde", "sobre", "para", "por", "ante")


def write(path: Path, rows: int, seed: int = 1) -> None:
    """Writes rows of some 190 characters, all different, with quoted line breaks in every third one."""
    chance = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "texto", "autora"])
        for number in range(rows):
            lines = [
                f"{chance.choice(NOUNS)} {number % 997} que {chance.choice(VERBS)} {chance.choice(LINKS)} "
                f"la {chance.choice(NOUNS)} y el {chance.choice(NOUNS)} de la {chance.choice(NOUNS)}"
                for _ in range(4)
            ]
            out.writerow([number, ("\n" if number % 3 == 0 else ", ").join(lines), f"autora {number}"])


def chain(path: Path, workspace: Path) -> dict:
    """Runs every stage up to the plot's bins. Answers seconds by stage and the process's peak memory in MB."""
    from dataclasses import replace

    from core import processes
    from core import project as projects
    from core.data import sources, stages
    from core.tokens import encode, lengths

    project = projects.create(workspace, "mil", "es")
    seconds: dict[str, float] = {}
    began = time.perf_counter()

    def lap(stage: str) -> None:
        seconds[stage] = time.perf_counter() - began - sum(seconds.values())

    sources.keep_path(project, str(path))
    lap("read")
    source = sources.kept_source(project)
    assert source
    stages.load_texts(project, source)
    lap("load")
    recipe, _ = stages.proposed(project)
    record = stages.prepare(project, replace(recipe, near_duplicates=False))
    lap("prepare")
    measured = encode.measure(project)
    lap("measure")
    encode.encode(project, lengths.suggest_length(measured, 512).value)
    lap("encode")
    lengths.bins(measured)
    lap("plot")
    return {"seconds": seconds, "peak_mb": processes.peak_memory_mb(), "kept": record["rows_kept"]}


def reading(path: Path, rounds: int = 5) -> float:
    """Answers how many times `pandas.read_csv` our reader takes, both in one process, alternating."""
    import pandas as pd

    from core.data.read import read

    ours, theirs = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        pd.read_csv(path)
        theirs.append(time.perf_counter() - began)
        began = time.perf_counter()
        read(path)
        ours.append(time.perf_counter() - began)
    return statistics.median(ours) / statistics.median(theirs)


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "chain":
        print(json.dumps(chain(Path(sys.argv[2]), Path(sys.argv[3]))))
        return
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    totals = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            path = Path(folder) / f"{rows}.csv"
            write(path, rows)
            command = [sys.executable, __file__, "chain", str(path), f"{folder}/{rows}"]
            report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            totals.append(sum(report["seconds"].values()))
            laps = "  ".join(f"{stage} {taken:.1f}" for stage, taken in report["seconds"].items())
            megabytes = path.stat().st_size / 1e6
            print(f"{rows:9} rows, {megabytes:6.1f} MB: {totals[-1]:6.1f} s, peak {report['peak_mb']:5.0f} MB  {laps}")
        if len(sizes) > 1:
            slope = math.log(totals[-1] / totals[0]) / math.log(sizes[-1] / sizes[0])
            print(f"slope (log seconds over log rows): {slope:.2f}")
        print(f"reading the largest, beside pandas.read_csv: {reading(path):.2f} ×")


if __name__ == "__main__":
    main()
