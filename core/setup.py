"""Before the workshop can run: an interpreter that has what requirements.txt pins. Standard library only.

One rule says which interpreter runs a command: this one, if it has every pin (Streamlit Cloud, Colab, the
`.venv` itself); else the `.venv` beside the code, made or mended first where needed. The record that it is
complete, `.venv/complete.json`, is written last and leaves before pip touches a package, so that an
interrupted set-up is seen and done again. Below it, the two commands that set-up is for: `app` and `test`.
"""

import argparse
import errno
import hashlib
import importlib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from core.texts import Words, words

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
RECORD = VENV / "complete.json"
LOCK = VENV / "setup.lock"
LOG = VENV / "setup.log"
DOWNLOADS = VENV / "downloads"

FOR_THE_APP = ("requirements.txt",)
FOR_THE_TESTS = ("requirements.txt", "tests/requirements.txt")
PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
COMMANDS = ("app", "test", "adapt", "train", "promise", "evaluate", "generate", "serve", "ready", "read", "download")

# On Linux the registry's torch brings gigabytes of CUDA; uv knows where the builds without it are kept.
UV = "uv==0.13.9"
# Megabytes of download, and of disk at the fullest moment: the first measured, the second only reckoned.
SMALL, WITH_CUDA = (450, 2500), (3000, 10000)

NO_SPACE_ERRORS = (errno.ENOSPC, errno.EDQUOT)
PORTS = range(8501, 8601)


class SetupError(Exception):
    """Something that stops the set-up and that the person can mend; `key` names its sentence in the texts."""

    def __init__(self, key: str, **facts: str) -> None:
        super().__init__(key, facts)
        self.key = key
        self.facts = facts


def run(arguments: list[str]) -> int:
    """Runs one command on an interpreter that has what it needs, and answers its exit status."""
    text = words(language(), "setup")
    command = arguments[0] if arguments else "--help"
    if command in ("-h", "--help", "help"):
        print(text.body("usage"))
        return 0
    if command not in COMMANDS:
        tell(text("unknown_command", command=command) + "\n\n" + text.body("usage"))
        return 2
    try:
        prepare(FOR_THE_TESTS if command == "test" else FOR_THE_APP, text)
        if command == "app":
            return open_app(arguments[1:], text)
        if command == "test":
            return run_checks(arguments[1:], text)
    except SetupError as error:
        tell(text(error.key, **error.facts))
        return 2
    except KeyboardInterrupt:
        tell("\n" + text("interrupted"))
        return 130
    from core.cli import main

    return main(arguments)


def language() -> str:
    """Answers the language she asked for in LLMS_LANGUAGE, else her system's; Spanish if in doubt."""
    said = next((os.environ[name] for name in ("LLMS_LANGUAGE", "LC_ALL", "LANG") if os.environ.get(name)), "")
    return "en" if said.lower().startswith("en") else "es"


def tell(sentence: str) -> None:
    """Says one thing to the person, apart from what a command answers on stdout."""
    print(sentence, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- which interpreter


def prepare(files: Sequence[str], text: Words) -> None:
    """Returns where this interpreter has all that `files` pin; otherwise goes on in the one that has.

    Raises SetupError where neither can be had.
    """
    if satisfied(files):
        return
    inside = Path(sys.prefix).resolve() == VENV.resolve()

    def ready() -> bool:
        # From inside, the record has just been shown wrong: something is missing from the .venv all the same.
        return satisfied(files) if inside else complete(files)

    if not ready():
        try:
            with alone(text) as lock:
                if not ready():
                    set_up(files, lock, inside, text)
        except OSError as error:
            full = error.errno in NO_SPACE_ERRORS
            raise SetupError("disk_full" if full else "not_writable", folder=str(ROOT)) from error
    if not inside:
        continue_in_venv()


def satisfied(files: Sequence[str]) -> bool:
    """Answers whether this interpreter has every version that `files` pin."""
    importlib.invalidate_caches()
    return all(has(name, version) for file in files for name, version in pins(file).items())


def pins(file: str) -> dict[str, str]:
    """Answers the name and version of each line of a requirements file."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    parts = (line.partition("#")[0].partition("==") for line in lines)
    return {name.strip(): version.strip() for name, _, version in parts if version}


def has(name: str, version: str) -> bool:
    """Answers whether `version` of `name` is here; a build such as 2.13.0+cpu counts as 2.13.0."""
    try:
        found = str(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False
    return version in (found, found.partition("+")[0])


def complete(files: Sequence[str]) -> bool:
    """Answers whether the .venv is finished, and made from these very files by this version of Python."""
    record = recorded()
    return PYTHON.exists() and all(record.get(key) == value for key, value in fingerprint(files).items())


def recorded() -> dict[str, str]:
    """Answers what the .venv says it was made from; nothing where it was never finished."""
    try:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def fingerprint(files: Sequence[str]) -> dict[str, str]:
    """Answers what a .venv for `files` is made from: the version of Python, and each file by its hash."""
    hashes = {file: hashlib.sha256((ROOT / file).read_bytes()).hexdigest() for file in files}
    return {"python": PYTHON_VERSION, **hashes}


def continue_in_venv() -> None:
    """Runs the same command line with the .venv's interpreter; does not return."""
    command = [str(PYTHON), *sys.orig_argv[1:]]
    if sys.platform != "win32":
        os.execv(PYTHON, command)
    # On Windows exec would give the prompt back while the command still runs: wait, and pass its end on.
    with subprocess.Popen(command) as child:
        while True:
            try:
                sys.exit(child.wait())
            except KeyboardInterrupt:  # the child got it too, and says what there is to say
                continue


# ---------------------------------------------------------------- making the .venv


@contextmanager
def alone(text: Words) -> Iterator[IO[str]]:
    """Holds the set-up's lock, after waiting for whoever has it; the system frees it if we are killed."""
    VENV.mkdir(exist_ok=True)
    with LOCK.open("a", encoding="utf-8") as lock:
        if not locked(lock):
            tell(text("waiting"))
            while not locked(lock):
                time.sleep(0.5)
        yield lock


def locked(file: IO[str]) -> bool:
    """Tries to take the lock, answers whether we may go on; a disk without locks does not stop us."""
    try:
        if sys.platform == "win32":
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True


def shared(lock: IO[str]) -> tuple[int, ...]:
    """Answers what a child inherits so that, should it outlive us, the next set-up waits for it too."""
    return () if sys.platform == "win32" else (lock.fileno(),)


def set_up(files: Sequence[str], lock: IO[str], inside: bool, text: Words) -> None:
    """Makes the .venv, or mends the one there is, and records it once it has all that `files` pin."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that pip is stopped too
    if inside or usable():
        tell(text("renewing"))
    else:
        download, disk = SMALL if small_torch_will_do() or sys.platform != "linux" else WITH_CUDA
        tell(text("first_time", folder=str(VENV), size=size_in_words(download, text)))
        check_python()
        clear()  # before the disk is measured: what was left half done may be what fills it
        check_disk(disk, text)
        make_venv(lock, text)
    if small_torch_will_do():
        get_small_torch(pins(files[0]).get("torch"), lock, text)
    status, said = pip([word for file in files for word in ("-r", str(ROOT / file))], lock, text)
    if status != 0:
        raise diagnosis(said)
    unfinished = RECORD.with_suffix(".tmp")
    unfinished.write_text(json.dumps({**recorded(), **fingerprint(files)}, indent=2), encoding="utf-8")
    unfinished.replace(RECORD)
    tell(text("ready", seconds=f"{time.monotonic() - started:.0f}"))


def get_small_torch(version: str | None, lock: IO[str], text: Words) -> None:
    """Installs the torch without CUDA, where uv can reach it; elsewhere the registry's will have to do."""
    if version is None or any(packages(f"torch-{version}")):
        return
    status, _ = pip([UV], lock, text)
    if status == 0:
        tell(text("small_torch"))
        asked = ["-m", "uv", "pip", "install", "--no-deps", "--torch-backend", "cpu", f"torch=={version}"]
        with LOG.open("a", encoding="utf-8") as log:
            small = subprocess.run(
                [str(PYTHON), *asked, "--python", str(PYTHON)],
                stdout=log,
                stderr=log,
                pass_fds=shared(lock),
                check=False,
            )
        if small.returncode != 0:
            tell(text("no_small_torch"))


def usable() -> bool:
    """Answers whether there is a .venv to build on: of this version of Python, not left half done."""
    settings = VENV / "pyvenv.cfg"
    if not (PYTHON.exists() and settings.exists()):
        return False
    by = re.search(r"^version(?:_info)? = (\d+\.\d+)", settings.read_text(encoding="utf-8"), re.MULTILINE)
    half_done = LOG.exists() and not RECORD.exists()
    return by is not None and by[1] == PYTHON_VERSION and not half_done


def check_python() -> None:
    """Raises SetupError where this Python cannot make a .venv: Debian keeps that part in a package apart."""
    if importlib.util.find_spec("ensurepip") is None:
        raise SetupError("no_venv", python=PYTHON_VERSION)


def clear() -> None:
    """Empties the .venv; the lock stays, others may be waiting for it."""
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != LOCK:
            path.unlink()


def check_disk(needed: float, text: Words) -> None:
    """Raises SetupError where the disk has less than `needed` megabytes free."""
    free = shutil.disk_usage(ROOT).free / 1e6
    if free < needed:
        facts = {"needed": size_in_words(needed, text), "free": size_in_words(free, text)}
        raise SetupError("disk_small", folder=str(ROOT), **facts)


def make_venv(lock: IO[str], text: Words) -> None:
    """Makes a .venv with nothing in it but pip."""
    tell(text("making_venv"))
    with LOG.open("w", encoding="utf-8") as log:
        made = subprocess.run(
            [sys.executable, "-m", "venv", str(VENV)],
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=shared(lock),
        )
    if made.returncode != 0:
        raise diagnosis(LOG.read_text(encoding="utf-8", errors="replace"))


def small_torch_will_do() -> bool:
    """Answers whether this is a Linux without an NVIDIA card; elsewhere the registry's torch is small."""
    nvidia = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    return sys.platform == "linux" and not nvidia


def packages(start: str = "") -> Iterator[Path]:
    """Answers the packages in the .venv whose name and version begin with `start`."""
    library = "Lib" if sys.platform == "win32" else f"lib/python{PYTHON_VERSION}"
    return VENV.glob(f"{library}/site-packages/{start}*.dist-info")


def size_in_words(megabytes: float, text: Words) -> str:
    """Writes a size as the language does; Babel is not there yet."""
    if megabytes < 1000:
        return f"{megabytes:.0f} MB"
    size = f"{megabytes / 1000:.1f} GB"
    return size.replace(".", ",") if text.language == "es" else size


# ---------------------------------------------------------------- pip, and what it says


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


# ---------------------------------------------------------------- app


def open_app(arguments: list[str], text: Words) -> int:
    """Opens the workshop in the browser, says its address, and answers Streamlit's exit status."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--server.address", dest="address", default="127.0.0.1")
    parser.add_argument("--server.port", dest="port")
    chosen, others = parser.parse_known_args(arguments)
    port = chosen.port or str(free_port())
    quiet = chosen.no_browser or not has_screen()
    options = {
        "server.address": chosen.address,
        "server.port": port,
        "server.headless": str(quiet).lower(),
        "server.showEmailPrompt": "false",  # else the first start waits for an e-mail address
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",  # where it listens is ours to say
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "Home.py"), *flags, *others]
    # Streamlit greets and says goodbye on stdout, and complains on stderr: we say where it is ourselves.
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        if port.isdigit() and answers(server, chosen.address, int(port)):
            tell(text("app_open", address=f"http://{chosen.address}:{port}"))
        return server.wait()
    except KeyboardInterrupt:  # the server got it too, and ends by itself
        return 0
    finally:
        close(server)


def free_port() -> int:
    """Answers the first port from 8501, Streamlit's own, where nobody answers."""
    for port in PORTS:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise SetupError("no_port", first=str(PORTS[0]), last=str(PORTS[-1]))


def has_screen() -> bool:
    """Answers whether a browser opened here would be seen by the person."""
    if sys.platform == "linux":
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return "SSH_CONNECTION" not in os.environ


def answers(server: subprocess.Popen[bytes], address: str, port: int) -> bool:
    """Waits until the server takes visitors; False if it ends first."""
    here = "127.0.0.1" if address == "0.0.0.0" else address
    while server.poll() is None:
        with suppress(OSError), socket.create_connection((here, port), timeout=1):
            return True
        time.sleep(0.1)
    return False


def close(server: subprocess.Popen[bytes]) -> None:
    """Waits for the server to end; a second Ctrl-C, or five seconds, and it is made to."""
    try:
        server.wait(timeout=5)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()


# ---------------------------------------------------------------- test


def run_checks(arguments: list[str], text: Words) -> int:
    """Runs every check, whatever the others say, and answers 1 if any failed; `arguments` are for pytest."""
    get_browser(text)
    apart = ["--dist=loadfile", "--no-loadscope-reorder"]
    checks = {
        "ruff format": ["ruff", "format", "--check", "."],
        "ruff check": ["ruff", "check", "."],
        "mypy": ["mypy"],
        # Two at a time, a file on one side, in the order of `tests/conftest.py`: the longest first.
        "pytest": ["pytest", "-c", "tests/pytest.ini", "--rootdir=.", "-n2", *apart, *arguments],
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
    playwright = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    apt = [["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "--yes", "chromium"]]
    debian = sys.platform == "linux" and shutil.which("apt-get") is not None and os.geteuid() == 0
    if not (debian and all(map(works, apt))) and not all(map(works, playwright)):
        tell(text("browser_missing"))


def works(command: list[str]) -> bool:
    """Runs a command out of sight and answers whether it went well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
        return done.returncode == 0
    return False
