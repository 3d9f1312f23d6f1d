"""One real run for the pages to show, the pages in Streamlit's AppTest, and a real server with a real browser."""

import html
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import processes, workshop
from core import project as projects
from core.data import sources, stages
from core.evaluation import evaluate
from core.project import Project
from core.tokens import encode
from core.training import plan

ROOT = Path(__file__).parent.parent.parent
PROMPTS = ["Anoche, en la cocina,", "Cuando vuelva el río", "Mi abuela decía que"]


def wait_for(ready: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def status(folder: Path) -> str:
    return processes.read_state(folder)["status"]


def end_workers(workspace: Path) -> None:
    """Ends the runs and evaluations of a workspace that a test leaves behind."""
    for run in workspace.glob("*/runs/*"):
        processes.kill(run)
        processes.kill(run / "evaluation")
        processes.kill(run / "tasting")


# ------------------------------------------------------------------ projects


def prepare(workspace: Path, **settings: object) -> Project:
    """Makes a project of the sample poems up to its tokens, with `settings` kept as step 9 keeps them."""
    project = projects.create(workspace, "Coplas de prueba", "es")
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    stages.prepare(project)
    encode.encode(project)
    chosen = plan.settings(project, "quick").changed(settings)
    projects.update(project, "09_settings", {"settings": asdict(chosen), "done": True})
    return projects.update(project, "04_try_model", {"prompts": PROMPTS, "done": True})


@pytest.fixture(scope="session")
def finished(made_once) -> Project:
    """A project whose chain is made up to an opened test set. Never written to: see `project`."""

    def make(workspace: Path) -> None:
        run = workshop.start_run(prepare(workspace, max_steps=6, evaluations=2))
        wait_for(lambda: status(run.folder) not in processes.ACTIVE, 120)
        assert status(run.folder) == "finished", (run.folder / "log.txt").read_text()
        evaluate.start(run)
        wait_for(lambda: status(run.evaluation) not in processes.ACTIVE, 120)
        assert status(run.evaluation) == "finished", (run.evaluation / "log.txt").read_text()

    (project,) = projects.list_projects(made_once("finished", make))
    return project


@pytest.fixture
def done() -> Callable[[Path], None]:
    """Waits until the process that says in a folder how far it is has ended well."""

    def wait(folder: Path) -> None:
        wait_for(lambda: status(folder) not in processes.ACTIVE, 60)
        assert status(folder) == "finished", (folder / "log.txt").read_text()

    return wait


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty workspace, in which this process and those it starts work."""
    folder = tmp_path / "workspace"
    monkeypatch.setenv("LLMS_WORKSPACE", str(folder))
    yield folder
    end_workers(folder)


@pytest.fixture
def project(finished: Project, workspace: Path) -> Project:
    """A copy of the finished project, to do with as one likes."""
    shutil.copytree(finished.folder.parent, workspace)
    return projects.open_project(workspace, finished.id)


@pytest.fixture
def begun(workspace: Path) -> Project:
    """A project in which nothing was done yet."""
    return projects.create(workspace, "Recién empezado", "es")


@pytest.fixture
def prepared(workspace: Path) -> Callable[..., Project]:
    """Makes projects ready to train, with these settings kept: `prepared(max_steps=500)`."""
    return lambda **settings: prepare(workspace, **settings)


# ------------------------------------------------------------------ pages without a browser


@pytest.fixture
def visit(workspace: Path, monkeypatch: pytest.MonkeyPatch):
    """Opens a page as a visitor would: `visit("09_settings", "es", project)`, or by a project's `link`.

    With neither, it is her first visit.
    """
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(st, "secrets", SimpleNamespace(to_dict=dict))  # whatever whoever runs the tests has set

    def open_page(
        name: str, language: str = "es", project: Project | None = None, link: Project | None = None
    ) -> AppTest:
        page = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
        if project:
            page.session_state["browser"] = "0" * 32
            page.session_state["language"] = language
            page.session_state["project"] = project.id
            page.session_state["linked"] = []
        else:
            page.query_params["lang"] = language
            if link:
                page.query_params["project"] = link.id
        if name != "Home":
            page.switch_page(f"pages/{name}.py")
        return page.run()

    return open_page


# ------------------------------------------------------------------ pages in a browser


@dataclass
class Server:
    """The app as a person starts it, in a process of its own."""

    workspace: Path
    port: int
    process: subprocess.Popen
    base: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_server(workspace: Path, port: int | None = None, base: str = "", *flags: str) -> Server:
    """Starts it under `base`, a path such as `/taller`, with more of Streamlit's `flags`."""
    port = port or free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", "Home.py", f"--server.port={port}", "--server.address=127.0.0.1",
        "--server.headless=true", "--server.fileWatcherType=none", f"--server.baseUrlPath={base}", *flags,
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "LLMS_WORKSPACE": str(workspace)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    server = Server(workspace, port, process, base)

    def healthy() -> bool:
        assert process.poll() is None, "the server ended at once"
        try:
            return urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2).read() == b"ok"
        except OSError:
            return False

    wait_for(healthy, 30)
    return server


@pytest.fixture
def serve(workspace: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on this test's workspace, and ends them with it."""
    servers: list[Server] = []

    def start(port: int | None = None, base: str = "", *flags: str) -> Server:
        servers.append(start_server(workspace, port, base, *flags))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium: Debian's, else Playwright's own."""
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the browser stories are left out")
    flags = [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ]  # fmt: skip
    with api.sync_playwright() as playwright:
        path = shutil.which("chromium") or playwright.chromium.executable_path
        if not Path(path).exists():
            pytest.skip("no Chromium here: the browser stories are left out")
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium):
    """Gives a way to open fresh visitors; at the end, none of them may have asked anything of another machine."""
    asked: list[str] = []

    @contextmanager
    def visitor(**options):
        context = chromium.new_context(
            **{"locale": "es-AR", "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
        )
        context.set_default_timeout(30_000)
        context.on("request", lambda request: asked.append(request.url))
        context.route(lambda url: not url.startswith(local), lambda route: route.abort())
        try:
            yield context
        finally:
            context.close()

    local = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
    yield visitor
    assert [url for url in asked if not url.startswith(local)] == []


@pytest.fixture
def settled():
    """Waits until a page has nothing more to do."""
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the browser stories are left out")

    def wait(page) -> None:
        app = page.get_by_test_id("stApp")
        api.expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)

    return wait


@pytest.fixture
def passages():
    """Reads what models wrote on a page as a person does, each with the beginning that it was given."""

    def read(page) -> list[str]:
        bodies = (element.proto.body for element in page.get("html"))
        return [html.unescape(re.sub("<[^>]*>", "", body)) for body in bodies if 'class="passage"' in body]

    return read
