"""Seconds, memory and gain of adapting to both samples, from the command to its JSON; and of the thorough summaries.

By hand: `python3 tests/bench/adapt.py [MODEL]`, the classroom's where none is named. Of summaries it prints ROUGE-L,
and that of each text's first sentence.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


ADAPTED = (  # sample, task and dial
    ("sample:poems", "write", "quick"),
    ("sample:notes", "summarize", "quick"),
    ("sample:notes", "summarize", "thorough"),
)


def adapt(*arguments: str) -> tuple[float, dict, dict]:
    """Runs `adapt` in an empty workspace. Answers its wall time in seconds, its report, and its evaluation's sides."""
    with tempfile.TemporaryDirectory() as workspace:
        began = time.monotonic()
        command = [sys.executable, "-m", "core", "adapt", *arguments, "--json", "--workspace", workspace]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        seconds, report = time.monotonic() - began, json.loads(done.stdout.splitlines()[-1])
        return seconds, report, json.loads((Path(report["run"]) / "evaluation" / "record.json").read_text())["sides"]


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else "classroom"
    print("task       dial      seconds  MB peak  perplexity base → adapted (ratio)  ROUGE-L base → adapted, lead-1")
    for sample, task, dial in ADAPTED:
        seconds, report, sides = adapt(sample, "--task", task, "--dial", dial, "--model", model)
        base, adapted = report["base"], report["adapted"]
        ratio = adapted["perplexity"] / base["perplexity"]
        perplexity = f"{base['perplexity']:.1f} → {adapted['perplexity']:.1f} ({ratio:.2f})"
        rouge = {side: found["rougeL"]["value"] for side, found in sides.items() if "rougeL" in found}
        said = f"{rouge['base']:.3f} → {rouge['adapted']:.3f}, {rouge['lead1']:.3f}" if "lead1" in rouge else "—"
        print(f"{task:10} {dial:9} {seconds:7.1f} {report['peak_memory_mb']:8.0f}  {perplexity:34} {said}", flush=True)


if __name__ == "__main__":
    main()
