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
    assert 0 < found.free_memory_gb <= found.memory_gb == machine.memory().total / 1e9
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


@pytest.mark.parametrize(
    ("own", "files"),
    [
        ("0::/aula/taller", ("memory.max", "memory.current", "inactive_file")),
        ("4:memory:/docker/de-afuera", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
    ],
)
def test_in_a_container_memory_is_what_its_group_may_use(tmp_path, monkeypatch, own, files):
    """Version 2 with the limit on the group above; version 1 as a container sees it, under a name from outside."""
    folder = tmp_path / ("aula" if own.startswith("0") else "memory")
    folder.mkdir()
    (tmp_path / "own").write_text(f"1:cpu:/otra\n{own}\n")
    monkeypatch.setattr(machine, "_OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path)
    for name, content in zip(files[:2], ("1000000000", "400000000"), strict=True):
        (folder / name).write_text(f"{content}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{files[2]} 100000000\n")
    assert machine.memory() == machine.Memory(10**9, 7 * 10**8)
    assert machine.is_small()
    assert machine.inspect(tmp_path).memory_gb == 1.0
    (folder / files[0]).write_text("max\n" if own.startswith("0") else f"{2**63 - 4096}\n")
    assert machine.memory().total == psutil.virtual_memory().total


def test_a_server_can_be_told_how_much_memory_it_has(monkeypatch):
    me = psutil.Process()
    used = sum(process.memory_info().rss for process in (me, *me.children(recursive=True)))
    monkeypatch.setenv("LLMS_MEMORY_MB", f"{used // 10**6 + 1000}")
    found = machine.memory()
    assert found.total == (used // 10**6 + 1000) * 10**6
    assert 0 < found.free < found.total - me.memory_info().rss / 2
