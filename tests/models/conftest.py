"""A small Hub of our own on loopback: enough of its API for the real client library."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlparse

import pytest

from core.classroom import MODEL

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLASSROOM_FILES = {path.name: path.read_bytes() for path in MODEL.iterdir()}
REPOSITORIES = {
    "prueba/classroom": {**CLASSROOM_FILES, "pytorch_model.bin": b"pickled", "README.md": b"# card"},
    "prueba/pickled": {"config.json": CLASSROOM_FILES["config.json"], "pytorch_model.bin": b"pickled"},
    "prueba/gated": None,
    "prueba/closed": CLASSROOM_FILES,
    "prueba/ill": CLASSROOM_FILES,
}


class Hub(BaseHTTPRequestHandler):
    """Answers `/api/models/ID` with its files, and `/ID/resolve/REVISION/FILE` with one of them."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        parts = unquote(urlparse(self.path).path).strip("/").split("/")
        is_api = parts[:2] == ["api", "models"]
        id = "/".join(parts[2:4] if is_api else parts[:2])
        if id not in REPOSITORIES:
            return self.refuse(404, "RepoNotFound")
        files = REPOSITORIES[id]
        if id == "prueba/ill":
            return self.refuse(500, "")
        if files is None or (id == "prueba/closed" and not is_api):  # some show their names, and keep their files
            return self.refuse(403, "GatedRepo")
        if is_api:
            siblings = [{"rfilename": name, "size": len(content)} for name, content in files.items()]
            tree = [
                {"type": "file", "path": n, "size": len(c), "oid": hashlib.sha1(c).hexdigest()}
                for n, c in files.items()
            ]
            info = {
                "_id": "1",
                "id": id,
                "modelId": id,
                "sha": COMMIT,
                "siblings": siblings,
                "private": False,
                "tags": [],
            }
            return self.send(json.dumps(tree if "tree" in parts else info).encode(), {}, with_body)
        name = "/".join(parts[4:])
        if name not in files:
            return self.refuse(404, "EntryNotFound")
        etag = hashlib.sha256(files[name]).hexdigest()
        return self.send(files[name], {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}, with_body)

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, content: bytes, headers: dict[str, str], with_body: bool) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content)


@pytest.fixture
def hub():
    """Gives the address of a running Hub, and the server to stop it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", server
    server.shutdown()
    server.server_close()
