"""Energy and its cost: seconds that were measured, times a power that is stated with its source and hers to change."""

import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from core import machine

# What a core of an unnamed processor and a GB of memory draw, in watts, whole machines on average: the defaults of
# Lannelongue, Grealey and Inouye, Green Algorithms: Quantifying the Carbon Footprint of Computation (Advanced Science
# 8(12), 2100707, 2021). A laptop draws less.
CORE_WATTS = 12.0
GB_WATTS = 0.3725
JOULES_A_KWH = 3_600_000


@dataclass(frozen=True)
class Power:
    """What this machine draws while it works, in watts; `source` is `card` (its own limit) or `cores` (an average)."""

    watts: float
    source: str
    facts: dict[str, object] = field(default_factory=dict)


def power() -> Power:
    """Answers the limit that an NVIDIA card says it has; without one, the average of so many cores and so much memory.

    Both are rather too much than too little: a model seldom keeps all of a machine busy.
    """
    if (watts := _card_watts()) is not None:
        return Power(watts, "card", {"gpu": machine.gpu_name()})
    cores, memory = machine.cores(), psutil.virtual_memory().total / 1e9
    return Power(
        float(round(CORE_WATTS * cores + GB_WATTS * memory)), "cores", {"cores": cores, "memory": round(memory)}
    )


def kwh(seconds: float, watts: float) -> float:
    """Answers the energy of so many seconds at so many watts, in kWh."""
    return seconds * watts / JOULES_A_KWH


def _card_watts() -> float | None:
    tool = shutil.which("nvidia-smi") if machine.gpu_name() else None
    if tool is None:
        return None
    asked = [tool, "--query-gpu=power.limit", "--format=csv,noheader,nounits"]
    with suppress(OSError, subprocess.SubprocessError, ValueError, IndexError):
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True)
        return float(answer.stdout.split()[0])
    return None
