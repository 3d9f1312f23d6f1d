"""Hugging Face's Jobs and buckets on loopback: what a job is told to do is done, by a process of this machine.

A bucket is a folder, and the job sees that folder. To and from the client its files go as they do with the real
service, through `hf_xet`, whose storage is another folder.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlparse

from hub_server import HubServer, _Answer, owner_of

from core.processes import ROOT

TOKEN = "hf_" + "a" * 30
READER = "hf_" + "r" * 30
CARDS = ("T4", "16 GB")


def machine(name: str, dollars: float, cards: int = 1, unit: str = "minute") -> dict:
    """Answers a machine as the service lists it; its price is by the hour, told by the unit."""
    a_unit = dollars / 60 if unit == "minute" else dollars
    card = {"type": "gpu", "model": CARDS[0], "quantity": str(cards), "vram": CARDS[1], "manufacturer": "Nvidia"}
    return {
        "name": name, "prettyName": f"Nvidia {name}", "cpu": "4 vCPU", "ram": "15 GB", "unitLabel": unit,
        "accelerator": card if cards else None, "unitCostMicroUSD": round(a_unit * 1e6), "unitCostUSD": a_unit,
    }  # fmt: skip


class JobsServer(HubServer):
    """A running service: its `buckets` (folders by name), its `jobs` by id, and what a test wants of it.

    `refusals` answers a status for what a path begins with; `lost` hangs up on everybody; `instead` is run in the place
    of every job's command; `queued` is for how long a job waits, in seconds.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__({}, {})
        self.RequestHandlerClass = _Jobs
        self.folder = folder
        self.accounts = {TOKEN: owner_of("write"), READER: owner_of("read")}
        self.machines = [
            machine("cpu-basic", 0.01, cards=0), machine("l4x1", 0.8), machine("t4-small", 0.4),
            machine("a10g-largex2", 3.0, cards=2),
        ]  # fmt: skip
        self.buckets: dict[str, Path] = {}
        self.hashes: dict[tuple[str, int, int], str] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.refusals: dict[str, tuple[int, str]] = {}
        self.lost = False
        self.instead: list[str] | None = None
        self.queued = 0.0
        tools = folder / "bin"
        tools.mkdir(parents=True)
        (tools / "uv").write_text(f'#!/bin/sh\nfor last; do :; done\nexec {shlex.quote(sys.executable)} "$last"\n')
        (tools / "uv").chmod(0o755)

    def stop(self) -> None:
        for job in self.jobs.values():
            self.kill(job)
        super().stop()

    # ------------------------------------------------------------ buckets

    def file(self, bucket: str, path: Path) -> dict:
        """Answers a file of a bucket as the service lists it; what a job has written is stored first."""
        stat = path.stat()
        key = (str(path), stat.st_size, stat.st_mtime_ns)
        if key not in self.hashes:
            self.hashes[key] = self.take_in(path) if stat.st_size else "0" * 64
        name = path.relative_to(self.buckets[bucket]).as_posix()
        return {"type": "file", "path": name, "size": stat.st_size, "xetHash": self.hashes[key]}

    def take_in(self, path: Path) -> str:
        from hf_xet import SKIP_SHA256
        from huggingface_hub.utils._xet import get_xet_session

        with get_xet_session().new_upload_commit(
            token_refresh_url=f"{self.address}/api/buckets/any/any/xet-write-token", token_refresh_headers={},
            custom_headers={},
        ) as commit:  # fmt: skip
            handle = commit.start_upload_file(str(path), sha256=SKIP_SHA256)
        return handle.result().xet_info.hash

    def fetch(self, digest: str, path: Path) -> None:
        from hf_xet import XetFileInfo
        from huggingface_hub.utils._xet import get_xet_session

        path.parent.mkdir(parents=True, exist_ok=True)
        with get_xet_session().new_file_download_group(
            token_refresh_url=f"{self.address}/api/buckets/any/any/xet-read-token/main", token_refresh_headers={},
            custom_headers={},
        ) as group:  # fmt: skip
            group.start_download_file(XetFileInfo(digest, None), str(path))
        stat = path.stat()
        self.hashes[str(path), stat.st_size, stat.st_mtime_ns] = digest

    # ------------------------------------------------------------ jobs

    def begin(self, owner: str, spec: dict) -> dict:
        id = f"{len(self.jobs):024x}"
        job = {"id": id, "spec": spec, "stage": "SCHEDULING", "message": None, "log": [], "process": None}
        self.jobs[id] = job
        threading.Thread(target=self.work, args=(job,), daemon=True).start()
        return self.told(owner, job)

    def work(self, job: dict) -> None:
        spec = job["spec"]
        time.sleep(self.queued)
        volume = spec["volumes"][0]
        mount = str(self.buckets[volume["source"]])
        words = [word.replace(volume["mountPath"], mount) for word in self.instead or spec["command"]]
        tools = self.folder / "bin"
        hidden = dict.fromkeys(_not_sent(Path(mount) / "requirements.txt"))
        (tools / "sitecustomize.py").write_text(f"import sys\nsys.modules.update({hidden!r})\n")
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        # A container knows nothing of whoever asked for it.
        kept = {name: os.environ[name] for name in ("OMP_NUM_THREADS", "HOME", "LANG") if name in os.environ}
        job["process"] = process = subprocess.Popen(
            words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
            env={
                **kept, "PATH": path, "PYTHONPATH": str(tools), "HF_ENDPOINT": self.address,
                "HF_HOME": str(self.folder / "hf"), "HF_HUB_DISABLE_XET": "1",
                **spec["environment"], **spec.get("secrets", {}),
            },
        )  # fmt: skip
        if job["stage"] == "SCHEDULING":
            job["stage"] = "RUNNING"
        else:  # cancelled meanwhile
            self.kill(job)
        limit = threading.Timer(spec["timeoutSeconds"], self.kill, [job, "Job timeout"])
        limit.start()
        job["log"] += [line.rstrip("\n") for line in cast(Any, process.stdout)]
        code = process.wait()
        limit.cancel()
        if job["stage"] == "RUNNING":
            job["stage"] = "COMPLETED" if code == 0 else "ERROR"
            job["message"] = job["message"] or (f"Job failed with exit code: {code}" if code else None)

    def kill(self, job: dict, message: str | None = None) -> None:
        job["message"] = message
        if job["process"]:
            with suppress(ProcessLookupError):
                os.killpg(job["process"].pid, signal.SIGKILL)

    def told(self, owner: str, job: dict) -> dict:
        spec = job["spec"]
        who = {"id": "62f2", "name": owner, "type": "user"}
        told = {name: spec.get(name) for name in ("command", "dockerImage", "environment", "flavor", "labels")}
        return {"id": job["id"], **told, "owner": who, "status": {"stage": job["stage"], "message": job["message"]}}


def _not_sent(requirements: Path) -> list[str]:
    """Answers the modules of the workshop's libraries that a job was not told to install: there they are not."""
    sent = {line.partition("==")[0].lower() for line in requirements.read_text().splitlines()}
    ours = re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    absent = {name.lower().replace("_", "-") for name in ours} - {name.replace("_", "-") for name in sent}
    found = packages_distributions()
    return [module for module, names in found.items() if {name.lower().replace("_", "-") for name in names} <= absent]


@contextmanager
def renting(folder: Path) -> Iterator[JobsServer]:
    """Gives a running service that keeps its things in `folder`."""
    server = JobsServer(folder)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.stop()


class _Jobs(_Answer):
    """`/api/jobs…`, `/api/buckets/OWNER/NAME…` and `/buckets/OWNER/NAME/resolve/FILE`; all else is the Hub's."""

    server: JobsServer

    def do_DELETE(self) -> None:  # noqa: N802  (http.server's own name)
        self.answer()

    def answer(self) -> None:
        address = urlparse(self.path)
        parts = unquote(address.path).strip("/").split("/")
        self.question = parse_qs(address.query)
        if self.server.lost:
            self.close_connection = True
            return None
        ours = parts[0] == "buckets" or parts[:2] in (["api", "jobs"], ["api", "buckets"])
        if not ours:
            return super().answer()
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        for prefix, (status, said) in self.server.refusals.items():
            if f"{self.command} {address.path}".startswith(prefix):
                return self.refuse(status, "", said)
        if parts[0] == "buckets" or parts[1] == "buckets":
            return self.bucket("/".join(parts[2:4] if parts[0] == "api" else parts[1:3]), parts[4:])
        return self.jobs(parts[2], parts[3:])

    def bucket(self, id: str, rest: list[str]) -> None:
        server = self.server
        if rest[:1] in (["xet-write-token"], ["xet-read-token"]):
            place = f"local://{server.folder / 'xet'}"
            return self.say({"casUrl": place, "exp": 4102444800, "accessToken": "x"})
        if self.command == "POST" and not rest:
            server.buckets[id] = server.folder / "buckets" / id
            server.buckets[id].mkdir(parents=True)
            return self.say({"url": f"{server.address}/buckets/{id}", **json.loads(self.body)})
        if id not in server.buckets:
            return self.refuse(404, "RepoNotFound")
        folder = server.buckets[id]
        if self.command == "DELETE":
            del server.buckets[id]
            return self.say({})
        if rest == ["batch"]:
            for line in self.body.splitlines():
                operation = json.loads(line)
                server.fetch(operation["xetHash"], folder / operation["path"])
            return self.say({"failed": []})
        if rest == ["paths-info"]:
            asked = [folder / path for path in json.loads(self.body)["paths"]]
            return self.say([server.file(id, path) for path in asked if path.is_file()])
        if rest[:1] == ["tree"]:
            found = sorted(path for path in (folder / "/".join(rest[1:])).rglob("*") if path.is_file())
            return self.say([server.file(id, path) for path in found])
        file = server.file(id, next(path for path in sorted(folder.rglob("*")) if path.is_file()))
        refresh = f"{server.address}/api/buckets/{id}/xet-read-token/main"
        headers = {"X-Xet-Hash": file["xetHash"], "X-Linked-Size": "1", "Link": f'<{refresh}>; rel="xet-auth"'}
        return self.send(200, b"", headers)

    def jobs(self, owner: str, rest: list[str]) -> None:
        server = self.server
        if owner == "hardware":
            return self.say(server.machines)
        if not rest and self.command == "POST":
            spec = json.loads(self.body)
            known = spec["flavor"] in [one["name"] for one in server.machines]
            return self.say(server.begin(owner, spec)) if known else self.refuse(400, "", "unknown flavor")
        if not rest:
            wanted = self.question.get("label", [])
            labelled = [
                job for job in server.jobs.values()
                if set(wanted) <= {f"{key}={value}" for key, value in job["spec"]["labels"].items()}
            ]  # fmt: skip
            return self.say([server.told(owner, job) for job in labelled])
        job = server.jobs.get(rest[0])
        if job is None:
            return self.refuse(404, "")
        if rest[1:] == ["cancel"]:
            job["stage"] = "CANCELED"
            server.kill(job)
            return self.say({})
        if rest[1:] == ["logs"]:
            lines = [f"data: {json.dumps({'data': line, 'timestamp': ''})}\n\n" for line in job["log"]]
            return self.send(200, "".join(lines).encode(), {"Content-Type": "text/event-stream"})
        return self.say(server.told(owner, job))
