"""What this machine is and can do, found without loading torch."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

LIBRARIES = ("transformers", "datasets", "tokenizers", "peft", "evaluate", "bitsandbytes", "torch")


@dataclass(frozen=True)
class Choice:
    """A value that was chosen for the person, with the code of its reason and the facts that fill it."""

    value: Any
    reason: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Machine:
    """Cores, memory and disk (GB = 10⁹ bytes), GPU by name, and the system."""

    cores: int
    memory_gb: float
    free_memory_gb: float
    free_disk_gb: float
    gpu: str | None
    system: str


def inspect(folder: Path | None = None) -> Machine:
    """Looks at this machine now; `folder` says which disk is meant."""
    memory = psutil.virtual_memory()
    existing = next(
        p for p in [(folder or Path.home()).absolute(), *(folder or Path.home()).absolute().parents] if p.exists()
    )
    return Machine(
        cores=cores(),
        memory_gb=memory.total / 1e9,
        free_memory_gb=memory.available / 1e9,
        free_disk_gb=shutil.disk_usage(existing).free / 1e9,
        gpu=gpu_name(),
        system=f"{platform.system()} {platform.machine()}",
    )


def cores() -> int:
    """Answers how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def gpu_name() -> str | None:
    """Answers the name of the first NVIDIA card, from its own tool; None where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        answer = subprocess.run(
            [tool, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    names = answer.stdout.strip().splitlines()
    return names[0].strip() if answer.returncode == 0 and names else None


@lru_cache(maxsize=1)
def precision() -> Choice:
    """Chooses the numbers that the frozen base is kept in.

    bf16 halves memory, and is faster only where the processor computes in it (`avx512_bf16` or `amx_bf16`
    among its flags, or a GPU); elsewhere it is slower than float32, so float32 it is.
    """
    if gpu_name():
        return Choice("bf16", "precision.gpu", {"gpu": gpu_name()})
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split("flags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        flags = set()
    if flags & {"avx512_bf16", "amx_bf16"}:
        return Choice("bf16", "precision.cpu_bf16", {})
    return Choice("fp32", "precision.cpu_fp32", {})


def free_memory_mb() -> float:
    """Answers the memory (MB = 10⁶ bytes) that a model could take now: the card's where there is one, else the RAM."""
    if gpu_name():
        tool = shutil.which("nvidia-smi") or "nvidia-smi"
        asked = [tool, "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
        with suppress(OSError, subprocess.SubprocessError, ValueError, IndexError):
            answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
            return int(answer.stdout.split()[0]) * 2**20 / 1e6
    return psutil.virtual_memory().available / 1e6


def library_versions() -> dict[str, str]:
    """Answers the installed version of each library the workshop talks about; they are not imported."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "—"
    return versions
