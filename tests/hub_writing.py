"""What a Hub on loopback does with those who write: repositories made, filled, shown, and deleted.

Files go by plain Git LFS: who is asked for a batch says where each large file is to be PUT, whole or in parts.
"""

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
PIECE = 1 << 16


@dataclass
class Store:
    """The large files that arrived, by SHA-256, and how the next ones are received.

    `pause` is in seconds between one piece (64 kB) and the next; each of `cuts` hangs up, once, after so many bytes of
    a file; `part` is how many bytes each PUT takes, 0 for a whole file. `is_full` refuses more; `received` counts every
    byte that came, and `commits` what each was made of. `xet` is a folder in which the client's own protocol, Xet, may
    keep large files instead.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    pause: float = 0.0
    cuts: list[int] = field(default_factory=list)
    part: int = 0
    is_full: bool = False
    received: int = 0
    commits: list[list[dict]] = field(default_factory=list)
    xet: Path | None = None


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def writer(answer: Any, owner: str) -> bool:
    """Says whether who asks may write under a name; tells them so where not."""
    known = answer.server.accounts.get(answer.headers.get("Authorization", "").removeprefix("Bearer "))
    if known is None or known.status != 200:
        answer.refuse(401, "", "Invalid credentials in Authorization header")
        return False
    token = known.body["auth"]["accessToken"]
    places = token.get("fineGrained", {}).get("scoped", [])
    allowed = {place["entity"]["name"] for place in places if "repo.write" in place["permissions"]}
    if owner not in allowed and not (token["role"] in ("write", "admin") and owner == known.body["name"]):
        answer.refuse(403, "", f"You don't have the rights to write under the namespace {owner}")
        return False
    return True


def create(answer: Any, new: Any) -> None:
    asked = json.loads(answer.body)
    id = f"{asked['organization']}/{asked['name']}"
    if not writer(answer, asked["organization"]):
        return None
    models = answer.server.repositories["models"]
    if id in models:
        return answer.refuse(409, "", "You already created this model repo")
    models[id] = replace(new, private=asked.get("visibility") == "private")
    return answer.say({"url": f"{answer.server.address}/{id}", "id": id, "name": id})


def delete(answer: Any) -> None:
    asked = json.loads(answer.body)
    id = f"{asked['organization']}/{asked['name']}"
    if not writer(answer, asked["organization"]):
        return None
    if answer.server.repositories["models"].pop(id, None) is None:
        return answer.refuse(404, "RepoNotFound")
    return answer.say({})


def write(answer: Any, id: str, what: str) -> None:
    """One of the questions about a repository that change it, or come before that."""
    models = answer.server.repositories["models"]
    if not writer(answer, id.partition("/")[0]):
        return None
    if id not in models:
        return answer.refuse(404, "RepoNotFound")
    repository, store = models[id], answer.server.store
    if what == "settings":
        models[id] = replace(repository, private=json.loads(answer.body)["visibility"] == "private")
        return answer.say({})
    if what == "preupload":
        return answer.say({"files": [_mode(file, repository.files) for file in json.loads(answer.body)["files"]]})
    if what == "batch":
        if store.is_full:
            return answer.refuse(403, "", "Private repository storage limit reached, please upgrade your plan")
        objects = [_place(answer, one, store) for one in json.loads(answer.body)["objects"]]
        return answer.say({"transfer": "basic", "objects": objects})
    lines = [json.loads(line) for line in answer.body.splitlines()]
    store.commits.append(lines)
    models[id] = replace(repository, files=_committed(dict(repository.files), lines, store))
    return answer.say({"commitUrl": f"{answer.server.address}/{id}/commit/{COMMIT}", "commitOid": COMMIT})


def xet_address(answer: Any, id: str) -> None:
    """Says where Xet keeps large files: in a folder here, by the scheme that its own tests use."""
    if writer(answer, id.partition("/")[0]):
        address = f"local://{answer.server.store.xet}"
        answer.say({"casUrl": address, "accessToken": "x", "exp": int(time.time()) + 3600})


def _mode(file: dict, files: dict[str, bytes]) -> dict:
    is_large = file["path"].endswith(".safetensors")
    old = files.get(file["path"])
    digest = None if old is None else hashlib.sha256(old).hexdigest() if is_large else git_hash(old)
    return {
        "path": file["path"],
        "uploadMode": "lfs" if is_large else "regular",
        "shouldIgnore": False,
        **({"oid": digest} if digest else {}),
    }


def _place(answer: Any, asked: dict, store: Store) -> dict:
    if asked["oid"] in store.objects:
        return asked
    address = f"{answer.server.address}/lfs/{asked['oid']}"
    header = {}
    if store.part:
        count = -(-asked["size"] // store.part)
        header = {"chunk_size": str(store.part)} | {str(n + 1): f"{address}/{n + 1}" for n in range(count)}
    return {**asked, "actions": {"upload": {"href": address, "header": header}}}


def _committed(files: dict[str, bytes], lines: list[dict], store: Store) -> dict[str, bytes]:
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            files[value["path"]] = store.objects[value["oid"]] if not store.xet else b"kept by Xet"
        elif line["key"] == "deletedFile":
            del files[value["path"]]
    return files


def receive(answer: Any, digest: str, part: str = "") -> None:
    """Takes in a large file, or a part of one, piece by piece; hangs up in the middle of it where that is wanted."""
    store, content = answer.server.store, bytearray()
    size = int(answer.headers["Content-Length"])
    cut = store.cuts.pop(0) if store.cuts and size > store.cuts[0] else size
    while len(content) < cut:
        piece = answer.rfile.read1(min(PIECE, cut - len(content)))
        if not piece:
            break
        content += piece
        store.received += len(piece)
        answer.server.ended.wait(store.pause)
    if len(content) < size:
        answer.close_connection = True
        return None
    if part:
        store.parts.setdefault(digest, {})[int(part)] = bytes(content)
        return answer.send(200, b"", {"ETag": f'"{part}"'})
    return keep(answer, digest, bytes(content))


def keep(answer: Any, digest: str, content: bytes = b"") -> None:
    """Keeps a large file that has arrived, whole or in parts, if it is what its name says."""
    store = answer.server.store
    content = content or b"".join(part for _, part in sorted(store.parts.pop(digest).items()))
    if hashlib.sha256(content).hexdigest() != digest:
        return answer.refuse(400, "", "not what its name says")
    store.objects[digest] = content
    return answer.say({})
