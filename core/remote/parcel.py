"""What leaves her computer for a run elsewhere, and nothing besides.

The workshop's program, the run's settings, and the texts that it learns from and is watched by, as tokens. Not the
texts of the sealed test, nor the texts themselves. A base model travels only where the Hub does not have it.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from core import storage
from core.models import folder as models
from core.models import hub
from core.models.folder import CLASSROOM, public_name
from core.processes import ROOT
from core.training.runs import Run

# Where the bucket is found on the rented machine.
MOUNT = "/llms"
# What training imports of requirements.txt; as pinned here, so that the same runs there.
_PINNED = (
    "torch", "transformers", "tokenizers", "peft", "accelerate", "huggingface_hub", "datasets", "pandas", "pyarrow",
    "PyYAML", "filelock", "psutil", "platformdirs", "babel",
)  # fmt: skip
_FOR_FOUR_BITS = "bitsandbytes"
_PARTS = ("train", "validation")


def make(run: Run, seconds: int, every: float, folder: Path) -> None:
    """Fills `folder` with what travels. The job has so many `seconds`, and tells how it does `every` so many.

    Raises LessonError `disk_full`.
    """
    record = run.record()
    base = Path(record["model_folder"])
    with storage.disk_errors(folder / "run.zip"):
        shutil.copyfile(Path(__file__).with_name("there.py"), folder / "there.py")
        _zip(folder / "workshop.zip", _workshop())
        _zip(folder / "run.zip", _tokens(run))
        if not is_of_the_hub(record["model"]):
            (folder / "base").mkdir()
            for path in models.files_of(base):
                shutil.copyfile(path, folder / "base" / path.name)
    pinned = [*_PINNED, *([_FOR_FOUR_BITS] if run.settings().method == "qlora" else [])]
    storage.write_text(folder / "requirements.txt", "".join(f"{name}=={version(name)}\n" for name in pinned))
    told = record | {"model": public_name(record["model"]), "model_folder": "", "reshaped": run.reshaped()}
    job = {"run": told, "revision": revision(base), "seconds": seconds, "every": every}
    storage.write_json(folder / "job.json", job)


def command() -> list[str]:
    """Answers what the rented machine is told to do. Its time counts from here: the libraries are part of it."""
    run = f"uv run --no-project --with-requirements {MOUNT}/requirements.txt {MOUNT}/there.py"
    return ["sh", "-c", f"LLMS_BEGAN=$(date +%s) exec {run}"]


def rows(run: Run) -> int:
    """Answers how many texts travel."""
    kept = storage.load_json(run.tokens / "record.json")["rows"]
    return sum(kept[part] for part in _PARTS)


def is_of_the_hub(model: str) -> bool:
    return model != CLASSROOM and hub.is_hub_id(model)


def revision(base: Path) -> str | None:
    """Answers the commit of a base model that lies in the Hub's cache (`…/snapshots/COMMIT`); None elsewhere."""
    return base.name if base.parent.name == "snapshots" else None


def _workshop() -> Iterator[tuple[Path | bytes, str]]:
    """Yields the files that training reads: no page, no model, no sample; and the words of the command."""
    for path in sorted((ROOT / "core").rglob("*.py")):
        if path.relative_to(ROOT / "core").parts[0] not in ("ui", "setup"):
            yield path, path.relative_to(ROOT).as_posix()
    for name in ("command", "errors"):
        for path in sorted((ROOT / "pages" / "texts").glob(f"*/{name}.md")):
            yield path, path.relative_to(ROOT).as_posix()


def _tokens(run: Run) -> Iterator[tuple[Path | bytes, str]]:
    for part in _PARTS:
        for path in sorted((run.tokens / part).iterdir()):
            yield path, f"data/tokens/{part}/{path.name}"
    record = storage.load_json(run.tokens / "record.json")
    told = record | {"model": public_name(record["model"])}  # never a path of this machine
    yield json.dumps(told, ensure_ascii=False).encode(), "data/tokens/record.json"


def _zip(target: Path, files: Iterator[tuple[Path | bytes, str]]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for content, name in files:
            if isinstance(content, Path):
                packed.write(content, name)
            else:
                packed.writestr(name, content)


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
