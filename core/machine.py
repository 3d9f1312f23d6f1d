"""What this machine is and can do, found without loading torch."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil

# Where Linux says in which groups of processes this one is, and what each may use.
_OWN_GROUPS, _GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
# A group's limit, its use, and (in memory.stat) the part of its use that is given back when wanted: versions 2 and 1.
_GROUP_FILES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
_SMALL_GB = 4.0  # a server with less than this cannot keep the model process, a waiting worker and a run side by side

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


@dataclass(frozen=True)
class Memory:
    """The bytes of memory that this process and its like may use, and those still free."""

    total: int
    free: int


def memory() -> Memory:
    """Answers what the machine has or, in a container, what its group may use.

    Where neither says it, `LLMS_MEMORY_MB` does: a server that must stay under so much (MB = 10⁶ bytes).
    """
    whole = psutil.virtual_memory()
    total, free = whole.total, whole.available
    for limit, used in (*_told_limit(), *_group_limits()):
        total, free = min(total, limit), min(free, max(0, limit - used))
    return Memory(total, free)


def is_small() -> bool:
    """Says whether memory is so little that what only saves time should not stay in it."""
    return memory().total < _SMALL_GB * 1e9


def _told_limit() -> Iterator[tuple[int, int]]:
    told = os.environ.get("LLMS_MEMORY_MB", "")
    if told.isdecimal():
        used = 0
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            with suppress(psutil.Error):  # it may have ended just now
                used += process.memory_info().rss
        yield int(told) * 10**6, used


def _group_limits() -> Iterator[tuple[int, int]]:
    """Answers the limit and the use, in bytes, of this process's group and of those that hold it."""
    with suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds and "memory" not in kinds.split(","):
                continue
            root = _GROUPS / "memory" if kinds else _GROUPS
            own = root / path.lstrip("/")
            for folder in (own, *own.parents):
                if folder.is_relative_to(root):
                    yield from _limit_of(folder, _GROUP_FILES[bool(kinds)])


def _limit_of(folder: Path, files: tuple[str, str, str]) -> Iterator[tuple[int, int]]:
    limit, use, spare = files
    with suppress(OSError, ValueError):  # "max" is no number, and a group that is not there has no limit
        most, used = int((folder / limit).read_text()), int((folder / use).read_text())
        lines = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        yield most, used - int(lines.get(spare, 0))


def inspect(folder: Path | None = None) -> Machine:
    """Looks at this machine now; `folder` says which disk is meant."""
    held = memory()
    existing = next(
        p for p in [(folder or Path.home()).absolute(), *(folder or Path.home()).absolute().parents] if p.exists()
    )
    return Machine(
        cores=cores(),
        memory_gb=held.total / 1e9,
        free_memory_gb=held.free / 1e9,
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
    return memory().free / 1e6


def library_versions() -> dict[str, str]:
    """Answers the installed version of each library the workshop talks about; they are not imported."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "—"
    return versions
