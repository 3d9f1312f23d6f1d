"""Downloads that are cut, cancelled, killed and refused, from a Hub on loopback; none starts over."""

import hashlib
import os
import signal
import time
from collections import namedtuple

import pytest
from hub_server import FILES, Repository, point_at, serving

from core import processes, workshop
from core import project as projects
from core.classroom import MODEL
from core.errors import LessonError
from core.models import download, fetch, folder, hub
from core.processes import ACTIVE

WHOLE = sum(len(content) for content in FILES.values())
ON_ITS_WAY = 1 << 18  # bytes that a server and a socket hold
WEIGHTS = len(FILES["model.safetensors"])
TOKEN = "hf_canario_que_no_debe_aparecer"


@pytest.fixture
def server(tmp_path, monkeypatch):
    models = {
        "prueba/entero": Repository(FILES),
        "prueba/cortado": Repository(FILES, cuts=[5_000_000, 4_000_000]),
        "prueba/lento": Repository(FILES, pause=0.008),
        "prueba/cerrado": Repository(FILES, closed=True, token=TOKEN),
        "prueba/harto": Repository(refusal=(429, "")),
        "prueba/enfermo": Repository(refusal=(500, "")),
    }
    with serving(models=models) as running:
        point_at(monkeypatch, running, tmp_path / "cache")
        yield running


def wait(id, ready, seconds=30):
    deadline = time.monotonic() + seconds
    while not ready(download.state(id)):
        assert time.monotonic() < deadline, download.state(id)
        time.sleep(0.05)
    return download.state(id)


def is_over(state):
    return state["status"] not in ACTIVE


def has_come(state):
    return state.get("done", 0) > 2_000_000


def test_what_came_down_is_told_in_bytes_and_is_the_model(server):
    heard = []
    found = fetch.fetch("prueba/entero", heard=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (WHOLE, WHOLE)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert len(heard) > 20
    assert folder.describe("x", found).parameters == folder.describe("classroom", MODEL).parameters
    assert hub.on_disk("prueba/entero") == found


def test_a_connection_that_is_cut_goes_on_by_itself(server):
    found = fetch.fetch("prueba/cortado")
    assert hashlib.sha256((found / "model.safetensors").read_bytes()).digest() == (
        hashlib.sha256(FILES["model.safetensors"]).digest()
    )
    assert server.served < WHOLE + 2 * fetch._PIECE, "no more came twice than was on its way at each cut"


def test_a_cancelled_download_goes_on_where_it_was(server):
    download.start("prueba/lento")
    wait("prueba/lento", has_come)
    download.cancel("prueba/lento")
    began = time.monotonic()
    state = wait("prueba/lento", is_over)
    assert time.monotonic() - began < 2
    assert (state["status"], state["total"]) == (download.CANCELLED, WHOLE)
    assert hub.on_disk("prueba/lento") is None
    (half,) = fetch.blobs("prueba/lento").glob("*.incomplete")
    kept, served = half.stat().st_size, server.served
    assert kept > 2_000_000
    download.start("prueba/lento")
    assert wait("prueba/lento", is_over)["status"] == "finished"
    again = server.served - served - (WHOLE - kept)
    assert 0 <= again <= ON_ITS_WAY  # the server may still have been writing to the one who had gone
    assert hub.on_disk("prueba/lento")


def test_a_download_that_was_killed_says_so_and_can_be_taken_up_or_thrown_away(server):
    download.start("prueba/lento")
    os.kill(wait("prueba/lento", has_come)["pid"], signal.SIGKILL)
    assert wait("prueba/lento", is_over)["status"] == "died"
    assert list(fetch.blobs("prueba/lento").glob("*.incomplete"))
    download.forget("prueba/lento")
    assert download.state("prueba/lento") == {"status": "none"}
    assert not list(fetch.blobs("prueba/lento").glob("*.incomplete"))


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("prueba/cerrado", "model_gated"),
        ("prueba/borrado", "model_not_found"),
        ("prueba/harto", "hub_busy"),
        ("prueba/enfermo", "hub_ill"),
    ],
)
def test_what_the_hub_refuses_is_said_in_words(server, id, code):
    with pytest.raises(LessonError) as refused:
        fetch.fetch(id)
    assert refused.value.code == code


def test_what_the_hub_refuses_is_told_by_the_process(server):
    download.start("prueba/nadie")
    state = wait("prueba/nadie", is_over)
    assert (state["status"], state["error"]["code"]) == ("failed", "model_not_found")


def test_a_token_opens_a_gated_model_and_stands_in_no_argument_environment_or_file(server, tmp_path):
    server.repositories["models"]["prueba/cerrado"].pause = 0.008
    download.start("prueba/cerrado", TOKEN)
    state = wait("prueba/cerrado", has_come)
    if os.path.exists("/proc"):
        for name in ("cmdline", "environ"):
            with open(f"/proc/{state['pid']}/{name}", "rb") as told:
                assert TOKEN.encode() not in told.read()
    assert wait("prueba/cerrado", is_over)["status"] == "finished"
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []


def test_a_model_that_the_disk_cannot_hold_is_refused_before_it_begins(server, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda _: usage(10**9, 10**9, 10**6))
    with pytest.raises(LessonError) as refused:
        fetch.fetch("prueba/entero")
    assert (refused.value.code, refused.value.facts["needed"]) == ("disk_too_small", round(WHOLE / 1e6))
    assert server.served == 0


def test_a_model_over_a_shared_servers_limit_is_refused_before_it_begins_wherever_it_is_asked_for(
    server, workspace, monkeypatch
):
    project = projects.create(workspace, "Prueba", "es", owner="a" * 32, hosted=True)
    monkeypatch.setenv("LLMS_LIMIT_MODEL_MB", "3")
    for ask in (lambda: fetch.fetch("prueba/entero"), lambda: workshop.choose_model(project, "prueba/entero")):
        with pytest.raises(LessonError, match="model_over_limit"):
            ask()
    download.start("prueba/entero", most_mb=3)
    assert wait("prueba/entero", is_over)["error"]["code"] == "model_over_limit"
    assert server.served == 0
    assert fetch.fetch("prueba/entero", most_mb=0), "whoever runs the server may bring any"


def test_a_disk_that_fills_up_keeps_what_came(server, monkeypatch):
    write = fetch._Half.write

    def full(self, piece):
        if self.tell() > 3_000_000:
            raise OSError(28, "No space left on device")
        return write(self, piece)

    monkeypatch.setattr(fetch._Half, "write", full)
    with pytest.raises(LessonError, match="disk_full"):
        fetch.fetch("prueba/entero")
    (half,) = fetch.blobs("prueba/entero").glob("*.incomplete")
    assert half.stat().st_size > 3_000_000


def test_a_half_file_that_went_bad_is_not_taken_for_the_model(server):
    digest = hashlib.sha256(FILES["model.safetensors"]).hexdigest()
    half = fetch.blobs("prueba/entero") / f"{digest}.incomplete"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"\0" * (WEIGHTS // 2))
    with pytest.raises(LessonError) as refused:
        fetch.fetch("prueba/entero")
    assert (refused.value.code, refused.value.facts["file"]) == ("download_damaged", "model.safetensors")
    assert hub.on_disk("prueba/entero") is None
    assert fetch.fetch("prueba/entero")


def test_two_clicks_start_one_download(server):
    download.start("prueba/lento")
    first = wait("prueba/lento", has_come)["pid"]
    download.start("prueba/lento")
    assert download.state("prueba/lento")["pid"] == first
    processes.kill(download.folder_of("prueba/lento"))
