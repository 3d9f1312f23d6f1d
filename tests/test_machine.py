import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psutil
import pytest

from core import machine
from core.processes import ROOT


@pytest.fixture(autouse=True)
def fresh():
    """Nothing that a test makes believe about this machine stays in memory."""
    yield
    for known in (machine.gpu_name, machine.precision):
        known.cache_clear()


@pytest.fixture
def card(tmp_path, monkeypatch):
    """Puts a tool called nvidia-smi on this machine that does what it is told."""

    def make(script: str) -> None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        machine.gpu_name.cache_clear()
        machine.precision.cache_clear()

    return make


def test_what_it_finds_can_be_true(tmp_path):
    found = machine.inspect(tmp_path / "not" / "made" / "yet")
    assert 1 <= found.cores <= os.cpu_count()
    assert 0 < found.free_memory_gb <= found.memory_gb == psutil.virtual_memory().total / 1e9
    assert found.free_disk_gb > 0


@pytest.mark.skipif(os.name == "nt", reason="the tool that stands in for the card's is a shell script")
@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("echo ' NVIDIA Prueba 9000 '; echo otra", "NVIDIA Prueba 9000"),
        ("echo 'no devices were found'; exit 9", None),
        ("exit 0", None),
    ],
)
def test_a_card_is_known_by_its_own_tool(card, script, name):
    card(script)
    assert machine.gpu_name() == name
    if name:
        assert machine.precision() == machine.Choice("bf16", "precision.gpu", {"gpu": name})


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="the processor's flags are read on Linux only")
def test_bf16_only_where_the_processor_computes_in_it(card):
    card("exit 1")
    text = Path("/proc/cpuinfo").read_text()
    can = "avx512_bf16" in text or "amx_bf16" in text
    assert machine.precision().value == ("bf16" if can else "fp32")


def test_versions_are_told_without_importing_what_they_are_of():
    script = "import sys; from core import machine; print(machine.library_versions()['torch'], 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [version("torch"), "False"]


def test_a_library_that_is_not_there_has_a_dash(monkeypatch):
    monkeypatch.setattr(machine, "LIBRARIES", ("peft", "no-existe-esta"))
    assert machine.library_versions() == {"peft": version("peft"), "no-existe-esta": "—"}
