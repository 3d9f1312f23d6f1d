"""Seconds, memory and gain of the quick adaptation of both samples, from the command to its JSON.

By hand: `python3 tests/bench/adapt.py`
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def adapt(*arguments: str) -> tuple[float, dict]:
    """Runs `adapt` in an empty workspace. Answers its wall time in seconds and its report."""
    with tempfile.TemporaryDirectory() as workspace:
        began = time.monotonic()
        command = [sys.executable, "-m", "core", "adapt", *arguments, "--json", "--workspace", workspace]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return time.monotonic() - began, json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    print("sample     seconds  MB peak  perplexity base → adapted (ratio)  ROUGE-L base → adapted")
    for sample, task in (("sample:poems", "write"), ("sample:notes", "summarize")):
        seconds, report = adapt(sample, "--task", task, "--dial", "quick")
        base, adapted = report["base"], report["adapted"]
        ratio = adapted["perplexity"] / base["perplexity"]
        rouge = f"{base['rougeL']:.3f} → {adapted['rougeL']:.3f}" if "rougeL" in base else "—"
        perplexity = f"{base['perplexity']:.1f} → {adapted['perplexity']:.1f} ({ratio:.2f})"
        print(f"{task:10} {seconds:7.1f} {report['peak_memory_mb']:8.0f}  {perplexity:34} {rouge}")


if __name__ == "__main__":
    main()
