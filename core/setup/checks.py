"""`python3 -m core test`: format, lint, types and tests, one after the other."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from core.setup.interpreter import ROOT
from core.setup.speech import tell
from core.texts import Words

PROXY_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))  # only root's holds where Debian puts nginx


def run_checks(arguments: list[str], text: Words) -> int:
    """Runs every check, whatever the others say, and answers 1 if any failed; `arguments` are for pytest."""
    get_browser(text)
    get_proxy(text)
    apart = ["--dist=loadfile", "--no-loadscope-reorder"]
    checks = {
        "ruff format": ["ruff", "format", "--check", "."],
        "ruff check": ["ruff", "check", "."],
        "mypy": ["mypy"],
        # Three at a time, also on two processors: much of it waits. A file stays on one side; the longest go first.
        "pytest": ["pytest", "-c", "tests/pytest.ini", "--rootdir=.", "-n3", *apart, *arguments],
    }
    with tempfile.TemporaryDirectory(prefix="llms-test-", ignore_cleanup_errors=True) as workspace:
        environment = {
            **os.environ,
            "LLMS_WORKSPACE": workspace,
            "OMP_NUM_THREADS": "1",  # threads that wait for each other crawl where several processes compute
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
        }
        environment.pop("HF_HUB_OFFLINE", None)
        results = {name: run_check(name, command, environment) for name, command in checks.items()}
    tell("")
    for name, (status, seconds) in results.items():
        tell(text("check_passed" if status == 0 else "check_failed", name=name, seconds=f"{seconds:.0f}"))
    return int(any(status for status, _ in results.values()))


def run_check(name: str, command: list[str], environment: dict[str, str]) -> tuple[int, float]:
    """Runs one check under its name; answers its exit status and its seconds."""
    tell(f"\n== {name}")
    started = time.monotonic()
    status = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment).returncode
    return status, time.monotonic() - started


def get_browser(text: Words) -> None:
    """Brings a Chromium for the browser stories where there is none; if it cannot, says so and goes on."""
    if shutil.which("chromium"):
        return
    tell(text("browser_coming"))
    if not install("chromium") and not works([sys.executable, "-m", "playwright", "install", "chromium"]):
        tell(text("browser_missing"))


def get_proxy(text: Words) -> None:
    """Brings an nginx for the stories told through one where there is none, as `get_browser` does."""
    # Debian's package starts a server on port 80 where services run: on somebody's own machine it is hers to bring.
    apart = not Path("/run/systemd/system").exists()
    if not shutil.which("nginx", path=PROXY_PATH) and not (apart and install("nginx-light")):
        tell(text("proxy_missing"))


def install(package: str) -> bool:
    """Installs a package of Debian's where that is ours to do; answers whether it is there now."""
    if sys.platform != "linux" or shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    return works(["apt-get", "update", "-qq"]) and works(["apt-get", "install", "-qq", "--yes", package])


def works(command: list[str]) -> bool:
    """Runs a command out of sight and answers whether it went well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
        return done.returncode == 0
    return False
