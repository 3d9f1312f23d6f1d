"""Reading apart: a file from outside is read by a child process, with bounded memory and time.

What a hostile or a huge file can do is then done to the child, and the pages stay light: the libraries that read
workbooks, documents and Hub data sets are never loaded into the server.
"""

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from core import errors, machine, storage
from core.data import table
from core.data.read import read
from core.data.table import Options, Progress, Table, no_progress
from core.errors import LessonError
from core.processes import ROOT

MOST_MEMORY = 3_000_000_000  # bytes; less where the machine has less to give
MOST_SECONDS = 900
_AT_ONCE = threading.BoundedSemaphore(4)  # children of this server: each takes a core and some 100 MB, or more
_WAIT_SECONDS = 60  # for another to end


def ask(question: dict[str, Any], progress: Progress = no_progress) -> Any:
    """Answers what the child answers to `question`; see `answer`.

    Raises the LessonError that the child met, or `reading_too_big`, `reading_too_slow`, `reading_died` (name), and
    `readers_busy` where many others are reading.
    """
    name = question.get("name", "")
    with _place(name), _child(question) as (child, stopped):
        assert child.stdout
        for line in child.stdout:
            said = json.loads(line)
            if "done" in said:
                progress(said["done"])
            elif "error" in said:
                raise errors.heard(said["error"])
            else:
                return said["answer"]
    raise LessonError(stopped[0] if stopped else "reading_died", name=name)


@contextmanager
def _place(name: str) -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise LessonError("readers_busy", name=name, seconds=_WAIT_SECONDS)
    try:
        yield
    finally:
        _AT_ONCE.release()


@contextmanager
def _child(question: dict[str, Any]) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """Starts the child with its question on stdin (a token in it is never seen in a list of processes), and ends it."""
    environment = dict(os.environ)
    if "folder" in question:  # what is unpacked on the way stays with her texts, even if the child is killed
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), question["folder"])
    child = subprocess.Popen(
        [sys.executable, "-m", "core", "read"],
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    stopped: list[str] = []
    try:
        assert child.stdin
        child.stdin.write(json.dumps(question))
        child.stdin.close()
        threading.Thread(target=_watch, args=(child, stopped), daemon=True).start()
        yield child, stopped
    finally:
        child.kill()
        child.wait()
        assert child.stdout
        child.stdout.close()


def _watch(child: subprocess.Popen, stopped: list[str]) -> None:
    """Kills a child that takes too much memory or time, noting which."""
    most = min(MOST_MEMORY, machine.memory().free * 0.8)
    deadline = time.monotonic() + MOST_SECONDS
    with suppress(psutil.Error):
        process = psutil.Process(child.pid)
        while child.poll() is None:
            family = [process, *process.children(recursive=True)]
            if sum(one.memory_info().rss for one in family) > most:
                stopped.append("reading_too_big")
            elif time.monotonic() > deadline:
                stopped.append("reading_too_slow")
            if stopped:
                for one in reversed(family):
                    with suppress(psutil.Error):
                        one.kill()
                return
            time.sleep(0.05)


def answer(question: dict[str, Any], progress: Progress) -> Any:
    """What the child does: reads files or a Hub data set into a folder, or looks at what a data set holds."""
    if "look" in question:
        from core.data import hub

        return hub.look(question["look"], question.get("token"))
    folder = Path(question["folder"])
    if "hub" in question:
        from core.data import hub

        found = hub.first_rows(**question["hub"], progress=progress, token=question.get("token"))
    else:
        found = read_files([Path(file) for file in question["files"]], Options(**question["options"]), progress)
    keep(found, folder)
    return len(found)


def read_files(files: list[Path], options: Options, progress: Progress) -> Table:
    """Reads one file, or several as one table."""
    if len(files) == 1:
        return read(files[0], options, progress)
    from core.data.read_zip import read_several

    return read_several(files, options, progress)


def keep(found: Table, folder: Path) -> None:
    """Writes a table and what was noted about it, so that `kept` opens it at once, whatever its size."""
    table.save(found.data, folder / "rows")
    notes = [{"code": note.code, "facts": dict(note.facts)} for note in found.notes]
    storage.write_json(folder / "table.json", {"notes": notes, "offers": found.offers, "taken": asdict(found.taken)})


def kept(folder: Path) -> Table | None:
    """Opens what `keep` wrote; None where there is nothing whole."""
    record = storage.read_json(folder / "table.json")
    if record is None:
        return None
    notes = tuple(table.Note(note["code"], note["facts"]) for note in record["notes"])
    return Table(table.read(folder / "rows"), notes, record["offers"], Options(**record["taken"]))


def serve() -> None:
    """The child itself: one question on stdin, progress and an answer on stdout, a JSON object a line."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print where they like; the conversation keeps the real stdout to itself

    def say(**message: Any) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    told = [0.0]

    def progress(done: float) -> None:
        if done - told[0] >= 0.01:
            told[0] = done
            say(done=min(1.0, done))

    try:
        say(answer=answer(json.loads(sys.stdin.read()), progress))
    except LessonError as error:
        say(error=errors.told(error))
    except MemoryError:
        say(error=errors.told(LessonError("reading_too_big", name="")))
    except BaseException:  # noqa: BLE001  (who asked sees that it died, and the log why)
        traceback.print_exc()
    # Threads of the libraries may still wait for a silent Hub, or read ahead: a polite end waits for them, or crashes.
    sys.stderr.flush()
    os._exit(0)
