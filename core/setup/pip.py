"""pip in the `.venv`: run, watched, and what it says put in words."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from core.setup.interpreter import PYTHON, PYTHON_VERSION, RECORD, ROOT, VENV
from core.setup.lock import shared
from core.setup.speech import SetupError, size_in_words, tell
from core.texts import Words

LOG = VENV / "setup.log"
DOWNLOADS = VENV / "downloads"


def pip(arguments: list[str], lock: IO[str], text: Words) -> tuple[int, str]:
    """Runs `pip install` in the .venv, showing how far it is; answers its exit status and all it said."""
    DOWNLOADS.mkdir(exist_ok=True)
    options = ["--progress-bar=off", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    command = [str(PYTHON), "-I", "-u", "-m", "pip", "install", *options, *arguments]
    # Downloads pass through here because a system's temporary folder is often too small for torch.
    folders = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(DOWNLOADS))
    with LOG.open("a", encoding="utf-8") as log, LOG.open(encoding="utf-8", errors="replace") as said:
        start = said.seek(0, os.SEEK_END)
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **folders, "PIP_USER": "0"},
            pass_fds=shared(lock),
        )
        try:
            watch(process, said, text)
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()
            shutil.rmtree(DOWNLOADS, ignore_errors=True)
        said.seek(start)
        return process.returncode, said.read()


def watch(process: subprocess.Popen[bytes], said: IO[str], text: Words) -> None:
    """Shows what pip is doing until it ends; the record goes when it begins to change packages."""
    progress, status, pending = Progress(), StatusLine(), ""
    while process.poll() is None:
        lines = (pending + said.read()).split("\n")
        pending = lines.pop()
        for line in lines:
            progress.take(line)
        if progress.installing:
            RECORD.unlink(missing_ok=True)
        status.show(progress.in_words(text))
        time.sleep(0.2)
    status.close()


class Progress:
    """How far pip is, from what it says: it looks packages up, then downloads them, then installs them."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.all_found = False
        self.downloaded = 0
        self.file = ""
        self.megabytes = 0.0
        self.installing = 0
        self.before = sum(1 for _ in packages())

    def take(self, line: str) -> None:
        """Takes one line of pip's."""
        if match := re.match(r"Collecting ([\w.-]+)", line):
            self.found.add(match[1])
        elif match := re.match(r"\s*(?:Downloading|Using cached) (\S+)(?: \((.+)\))?", line):
            if match[1].endswith(".metadata"):
                self.all_found = True  # then pip downloads nothing whole before it has looked up everything
                return
            self.downloaded += 1
            self.file = unquote(match[1]).rpartition("/")[2]
            self.megabytes = in_megabytes(match[2] or "")
        elif line.startswith("Installing collected packages"):
            self.installing = line.count(",") + 1

    def in_words(self, text: Words) -> str:
        """Answers the line that says it."""
        if self.installing:
            done = min(max(sum(1 for _ in packages()) - self.before, 0), self.installing)
            return text("installing", number=str(done), total=str(self.installing))
        if not self.downloaded:
            return text("searching", number=str(len(self.found)))
        total = f"/{max(self.downloaded, len(self.found))}" if self.all_found else ""
        facts = {
            "number": f"{self.downloaded}{total}",
            "name": self.file.partition("-")[0],
            "size": size_in_words(max(self.megabytes, 1), text),
        }
        if self.megabytes < 20:
            return text("downloading", **facts)
        so_far = max((path.stat().st_size for path in DOWNLOADS.glob(f"*/{self.file}")), default=0) / 1e6
        return text("downloading_part", done=f"{so_far:.0f}", **facts)


def packages(start: str = "") -> Iterator[Path]:
    """Answers the packages in the .venv whose name and version begin with `start`."""
    library = "Lib" if sys.platform == "win32" else f"lib/python{PYTHON_VERSION}"
    return VENV.glob(f"{library}/site-packages/{start}*.dist-info")


def in_megabytes(size: str) -> float:
    """Reads a size as pip writes it: 12 kB, 3.4 MB."""
    match = re.match(r"([\d.]+) (\w+)", size)
    return float(match[1]) * {"kB": 0.001, "MB": 1, "GB": 1000}.get(match[2], 0) if match else 0.0


class StatusLine:
    """One line that is written over on a terminal; elsewhere, lines, but not too many."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty() and not os.environ.get("CI")
        self.shown = ""
        self.at = time.monotonic()

    def show(self, sentence: str) -> None:
        """Shows `sentence` in place of the last one."""
        now = time.monotonic()
        if sentence == self.shown or (not self.live and now - self.at < 5):
            return
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(
                "\r" + sentence[:width].ljust(min(width, len(self.shown))),
                end="",
                file=sys.stderr,
                flush=True,
            )
        else:
            tell(sentence)
        self.shown, self.at = sentence, now

    def close(self) -> None:
        """Leaves the line clean."""
        if self.live:
            self.show("")
            print("\r", end="", file=sys.stderr, flush=True)


def diagnosis(said: str) -> SetupError:
    """Answers what went wrong, from what venv or pip said."""
    full = shutil.disk_usage(ROOT).free < 20e6  # then the log had no room left either to say so
    if full or re.search(r"No space left on device|not enough space on the disk|Disk quota exceeded", said):
        return SetupError("disk_full", folder=str(ROOT))
    if re.search(r"Permission denied|Read-only file system|Access is denied", said):
        return SetupError("not_writable", folder=str(ROOT))
    if re.search(
        r"connection broken by|NewConnectionError|[Tt]imed? ?out|ProxyError|ConnectionReset|IncompleteRead",
        said,
    ):
        return SetupError("no_network")
    if match := re.search(r"No matching distribution found for (\S+)", said):
        return SetupError("no_package", package=match[1], python=PYTHON_VERSION)
    return SetupError("pip_failed", log=str(LOG))
