"""A small Hub of our own on loopback: enough of its API for the real client libraries."""

import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlparse

import hub_writing

from core.classroom import MODEL

FILES = {path.name: path.read_bytes() for path in MODEL.iterdir()}  # the classroom model, as a repository has it
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Repository:
    """What lies under an id, and how it is refused.

    `refusal` is a status and an error code for everything; `closed` shows the files' names and gates the files;
    `silent` takes the question and answers only once the server ends; `token` is the one that opens a closed one.
    `pause` is in seconds between one piece of a file (64 kB) and the next; each of `cuts` hangs up, once, after so many
    bytes of one. A `private` one is there for those who may write under its owner's name.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None
    closed: bool = False
    silent: bool = False
    token: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    pause: float = 0.0
    cuts: list[int] = field(default_factory=list)
    private: bool = False

    @cached_property
    def digests(self) -> dict[str, str]:
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.files.items()}

    def entries(self, under: str, recursive: bool) -> list[dict]:
        """Answers files and folders as the Hub lists them."""
        prefix = f"{under}/" if under else ""
        inside = [name for name in self.files if name.startswith(prefix)]
        folders = {name[: place.start()] for name in inside for place in re.finditer("/", name)} - {under}
        if not recursive:
            inside, folders = [[n for n in names if "/" not in n[len(prefix) :]] for names in (inside, folders)]
        return [self.entry(name) for name in [*sorted(folders), *inside] if name.startswith(prefix)]

    def entry(self, name: str) -> dict:
        if name not in self.files:
            return {"type": "directory", "path": name, "oid": hashlib.sha1(name.encode()).hexdigest(), "size": 0}
        return {"type": "file", "path": name, "size": len(self.files[name]), "oid": self.digests[name][:40]}


def facts(**changes: object) -> dict[str, object]:
    """Answers what the Hub says of a repository with the classroom model's files."""
    return {
        "pipeline_tag": "text-generation",
        "tags": ["safetensors", "es"],
        "safetensors": {"parameters": {"BF16": 6_917_376}, "total": 6_917_376},
        "cardData": {"license": "mit", "language": ["es", "ca"]},
        "gated": False,
        "downloads": 10,
        **changes,
    }


@dataclass(frozen=True)
class Answer:
    """What `/api/whoami-v2` says to a token; `silent` keeps it waiting until the server ends."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False


def owner_of(role: str, scoped: tuple[tuple[str, str], ...] = (), gated: bool = False) -> Answer:
    """Answers as the Hub does about a token of `ana`'s; `scoped` holds the names and permissions of a fine-grained."""
    token: dict = {"displayName": "taller", "role": role, "createdAt": "2026-11-20T10:00:00.000Z"}
    if role == "fineGrained":
        places = [{"entity": {"_id": "1", "type": "user", "name": n}, "permissions": [p]} for n, p in scoped]
        token["fineGrained"] = {"canReadGatedRepos": gated, "global": [], "scoped": places}
    who = {"type": "user", "id": "62f2", "name": "ana", "fullname": "Ana", "isPro": False, "orgs": []}
    return Answer(body={**who, "auth": {"type": "access_token", "accessToken": token}})


class HubServer(ThreadingHTTPServer):
    """A running Hub: its `address`, what was `asked` of it (method and path), the `credentials` that came along, and
    how many bytes of files it `served`. `accounts` holds what each token is told, `store` what was sent to it.

    `stop` ends it, as often as one likes.
    """

    daemon_threads = True

    def __init__(self, models: Mapping[str, Repository], datasets: Mapping[str, Repository]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.repositories = {"models": models, "datasets": datasets}
        self.store = hub_writing.Store()
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[str] = []
        self.credentials: set[str] = set()
        self.accounts: Mapping[str, Answer] = {}
        self.served = 0
        self.ended = threading.Event()

    def stop(self) -> None:
        if not self.ended.is_set():
            self.ended.set()
            self.shutdown()
            self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news; anything else is a mistake of ours, which no client would tell."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


NOWHERE = SimpleNamespace(address="http://127.0.0.1:9")  # a Hub of which nobody answers


def point_at(monkeypatch, server: HubServer | SimpleNamespace, cache: Path) -> None:
    """Makes `server` the Hub of this process and of those it starts; what they bring goes to `cache`."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", server.address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # its servers are others, and not here
    for name, value in {
        "HF_ENDPOINT": server.address,
        "HF_HOME": str(cache),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }.items():
        monkeypatch.setenv(name, value)


@contextmanager
def serving(
    models: Mapping[str, Repository] | None = None, datasets: Mapping[str, Repository] | None = None
) -> Iterator[HubServer]:
    """Gives a running Hub with these repositories."""
    server = HubServer(models or {}, datasets or {})
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.stop()


class _Answer(BaseHTTPRequestHandler):
    """`/api/KIND` searches, `/api/KIND/ID…` tells of one, `/[datasets/]ID/resolve/REVISION/FILE` a file."""

    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    do_PUT = do_DELETE = do_POST  # noqa: N815  (named as http.server wants)

    def answer(self) -> None:
        if self.server.ended.is_set():  # whoever kept a connection open
            self.close_connection = True
            return None
        address = urlparse(self.path)
        self.server.asked.append(f"{self.command} {self.path}")
        if self.command == "PUT" and address.path.startswith("/lfs/"):  # no token comes along: the address is the key
            return hub_writing.receive(self, *address.path.split("/")[2:])
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.question = parse_qs(address.query)
        if sent := self.headers.get("Authorization"):
            self.server.credentials.add(sent)
        parts = unquote(address.path).strip("/").split("/")
        if parts == ["api", "whoami-v2"]:
            return self.whoami()
        if self.command not in ("GET", "HEAD") and (writing := self.writing(parts)):
            return writing()
        if parts[4:5] == ["xet-write-token"] and self.server.store.xet:
            return hub_writing.xet_address(self, "/".join(parts[2:4]))
        if parts[0] == "api" and len(parts) == 2:
            return self.search(parts[1]) if parts[1] in self.server.repositories else self.refuse(404, "")
        is_api = parts[0] == "api"
        kind = parts[1] if is_api else ("datasets" if parts[0] == "datasets" else "models")
        rest = parts[2:] if is_api else parts[kind == "datasets" :]
        id, rest = "/".join(rest[:2]), rest[2:]
        repository = self.server.repositories.get(kind, {}).get(id)
        if repository is None:
            return self.refuse(404, "RepoNotFound")
        if repository.silent:
            self.server.ended.wait(60)
            return None
        if repository.private and not self.server.accounts.get(self.token()):
            return self.refuse(401 if not self.token() else 404, "RepoNotFound")
        if repository.refusal:
            return self.refuse(*repository.refusal)
        opened = repository.token and self.headers.get("Authorization") == f"Bearer {repository.token}"
        if repository.closed and not opened and (not is_api or "auth-check" in rest):
            return self.refuse(403, "GatedRepo")
        return self.tell(id, repository, rest) if is_api else self.give(repository, "/".join(rest[2:]))

    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def writing(self, parts: list[str]) -> Callable[[], None] | None:
        """Answers what does a question that writes; None where it is none."""
        if parts[:1] == ["lfs"]:
            return lambda: hub_writing.keep(self, parts[1])
        if parts == ["api", "validate-yaml"]:
            return lambda: hub_writing.validate(self)
        if parts[:2] == ["api", "repos"]:
            new = Repository({".gitattributes": b"*.safetensors filter=lfs"})
            return lambda: hub_writing.delete(self) if parts[2] == "delete" else hub_writing.create(self, new)
        if parts[2:] == ["info", "lfs", "objects", "batch"]:
            return lambda: hub_writing.write(self, "/".join(parts[:2]).removesuffix(".git"), "batch")
        if parts[:2] == ["api", "models"] and parts[4:5] in (["settings"], ["preupload"], ["commit"]):
            return lambda: hub_writing.write(self, "/".join(parts[2:4]), parts[4])
        return None

    def whoami(self) -> None:
        known = self.server.accounts.get(self.token())
        if known is None:
            return self.refuse(401, "", "Invalid credentials in Authorization header")
        if known.silent:
            self.server.ended.wait(60)
            return None
        body = known.body if isinstance(known.body, bytes) else json.dumps(known.body).encode()
        return self.send(known.status, body, {"Content-Type": "application/json", **known.headers})

    def search(self, kind: str) -> None:
        words = " ".join(self.question.get("search", [])).lower().split()
        if "silencio" in words:
            self.server.ended.wait(60)
            return None
        of_language = "" if kind == "models" else "language:"  # a model's languages are plain tags
        tags = {f"{of_language}{tag.removeprefix('language:')}" for tag in self.question.get("filter", [])}
        task = self.question.get("pipeline_tag", [None])[0]
        found = [
            {"_id": "1", "id": id, "private": False, "tags": [], **repository.facts}
            for id, repository in self.server.repositories[kind].items()
            if all(word in id.lower() for word in words)
            and tags <= set(repository.facts.get("tags", []))
            and task in (None, repository.facts.get("pipeline_tag"))
        ]
        found.sort(key=lambda item: -item.get("downloads", 0))
        return self.say(found[: int(self.question.get("limit", ["1000"])[0])])

    def tell(self, id: str, repository: Repository, rest: list[str]) -> None:
        if rest[:1] == ["auth-check"]:
            return self.say({})
        if rest[:1] == ["tree"]:
            under = "/".join(rest[2:])
            entries = repository.entries(under, self.question.get("recursive", [""])[0].lower() in ("1", "true"))
            return self.say(entries) if entries or not under else self.refuse(404, "EntryNotFound")
        if rest[:1] == ["paths-info"]:
            folders = {entry["path"] for entry in repository.entries("", True)}
            return self.say([repository.entry(path) for path in self.paths() if path in folders])
        siblings = [{"rfilename": name, "size": len(content)} for name, content in repository.files.items()]
        info = {"_id": "1", "id": id, "sha": COMMIT, "siblings": siblings, "private": repository.private, "tags": []}
        return self.say({**info, **repository.facts})

    def paths(self) -> list[str]:
        """The paths that a client asks about, in JSON or as a form."""
        if "json" in self.headers.get("Content-Type", ""):
            return json.loads(self.body)["paths"]
        if "urlencoded" in self.headers.get("Content-Type", ""):
            return parse_qs(self.body.decode())["paths"]
        form = BytesParser().parsebytes(f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode() + self.body)
        return [
            part.get_payload()
            for part in form.get_payload()
            if part.get_param("name", header="Content-Disposition") == "paths"
        ]

    def give(self, repository: Repository, name: str) -> None:
        if name not in repository.files:
            return self.refuse(404, "EntryNotFound")
        content = repository.files[name]
        headers = {"ETag": f'"{repository.digests[name]}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        pace = {"pause": repository.pause, "cuts": repository.cuts}
        if not wanted:
            return self.send(200, content, headers, **pace)
        start, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        return self.send(206, content[start : end + 1], headers, **pace)

    def refuse(self, status: int, code: str, message: str = "") -> None:
        self.send(status, b"", {"X-Error-Code": code, "X-Error-Message": message or code})

    def say(self, content: object) -> None:
        self.send(200, json.dumps(content).encode(), {"Content-Type": "application/json"}, counted=False)

    def send(
        self,
        status: int,
        content: bytes,
        headers: Mapping[str, str],
        counted: bool = True,
        pause: float = 0.0,
        cuts: list[int] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            cut = cuts.pop(0) if cuts and len(content) > cuts[0] else len(content)
            for start in range(0, cut, 1 << 16):  # what she does not wait for is not counted
                piece = content[start : min(cut, start + (1 << 16))]
                self.wfile.write(piece)
                self.server.served += len(piece) if counted else 0
                self.server.ended.wait(pause)
            self.close_connection = self.close_connection or cut < len(content)
