"""What runs on the rented machine: `core train`, beside the files that travelled; it tells how it does, and ends.

The bucket is mounted where this file lies. A mount of that kind takes whole files written from beginning to end, and
neither locks nor names changed, so the run works on the machine's own disk and is copied from there.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
BACK = HERE / "back"
TOLD = (
    "state.json", "metrics.jsonl", "samples.jsonl", "before.json", "after.json", "verdict.json", "reshaped.json",
    "log.txt",
)  # fmt: skip
TRAIN = "import sys; from core.cli import main; sys.exit(main(sys.argv[1:]))"


def main() -> int:
    """Trains; answers the exit status of what trained."""
    job = json.loads((HERE / "job.json").read_text(encoding="utf-8"))
    began = float(os.environ.get("LLMS_BEGAN") or time.time())
    work = Path(tempfile.mkdtemp())
    workshop, run = work / "workshop", work / "workspace" / "project" / "runs" / "run-1"
    _unpack(HERE / "workshop.zip", workshop)
    _unpack(HERE / "run.zip", run)
    record = job["run"]
    if record["reshaped"]:
        (run / "reshaped.json").write_text(json.dumps(record["reshaped"]), encoding="utf-8")
    sys.path.insert(0, str(workshop))
    record["model_folder"] = str(_base(record["model"], job["revision"], work / "base"))
    (run / "settings.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    status = _train(run, workshop, job, began)
    _carry(run, {})
    print(f"core train: {status}", flush=True)
    if status:
        print((run / "log.txt").read_text(encoding="utf-8", errors="replace")[-4000:], flush=True)
    return status


def _train(run: Path, workshop: Path, job: dict, began: float) -> int:
    surroundings = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}  # no more use for it
    copied: dict[str, tuple[int, int]] = {}
    with (run / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", TRAIN, "train", str(run)], cwd=workshop, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, env=surroundings | {"LLMS_WORKSPACE": str(run.parent.parent.parent)},
        )  # fmt: skip
        while True:
            try:
                return child.wait(job["every"])
            except subprocess.TimeoutExpired:
                _carry(run, copied, with_adapter=False)
                if time.time() - began > _enough(job["seconds"]):
                    (run / "request").write_text("finish", encoding="utf-8")


def _enough(seconds: float) -> float:
    """Answers after how many seconds to end with the best so far: a job that runs out of time brings nothing back."""
    return seconds - max(120, 0.1 * seconds)


def _unpack(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        packed.extractall(folder)


def _base(model: str, revision: str | None, folder: Path) -> Path:
    """Answers the base model's folder: the one that travelled, or what the Hub has, at the commit that she has."""
    if (HERE / "base").is_dir():
        return Path(shutil.copytree(HERE / "base", folder))
    from huggingface_hub import snapshot_download

    from core.models.hub import UNWANTED, WANTED

    return Path(
        snapshot_download(model, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED, local_dir=folder)
    )


def _carry(run: Path, copied: dict[str, tuple[int, int]], with_adapter: bool = True) -> None:
    """Copies what has changed to the bucket; what was learned goes before the state that says so."""
    adapter = sorted(path for path in (run / "adapter").glob("*") if path.is_file()) if with_adapter else []
    names = [f"adapter/{path.name}" for path in adapter] + [*reversed(TOLD)]
    for name in names:
        path = run / name
        if not path.is_file():
            continue
        stat = path.stat()
        if copied.get(name) != (stat.st_size, stat.st_mtime_ns):
            (BACK / name).parent.mkdir(parents=True, exist_ok=True)
            (BACK / name).write_bytes(path.read_bytes())
            copied[name] = (stat.st_size, stat.st_mtime_ns)


if __name__ == "__main__":
    sys.exit(main())
