"""A page change, from the click to the new title, beside an app of empty pages in one run; and the server's memory.

By hand: `python3 tests/bench/pages.py`. Needs Chromium.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import psutil
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core import texts, workshop  # noqa: E402

NAMES = [step.name for step in workshop.STEPS if step.name[:2] in ("02", "03", "05", "06", "09", "11")]
EVERY = [*workshop.BY_NAME, "experiments", "glossary"]
ROUNDS = 4
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
EMPTY_PAGE = """
import streamlit as st
st.title({title!r})
with st.sidebar:
    for page, label in {pages!r}:
        st.page_link(page, label=label)
"""


def write_empty_app(folder: Path) -> None:
    """Writes an app with the same pages and titles, each with its title and the links alone."""
    pages = [("Home.py", "Home"), *((f"pages/{name}.py", label(name)) for name in EVERY)]
    (folder / "pages").mkdir()
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(
        "[client]\nshowSidebarNavigation = false\n[runner]\npostScriptGC = false\n[browser]\ngatherUsageStats = false\n"
    )
    (folder / "Home.py").write_text(EMPTY_PAGE.format(title="Home", pages=pages))
    for name in EVERY:
        (folder / "pages" / f"{name}.py").write_text(EMPTY_PAGE.format(title=title(name), pages=pages))


def title(name: str) -> str:
    return texts.words("es", name)("title")


def label(name: str) -> str:
    """Answers a page's title as its link in the sidebar has it."""
    return f"{int(name[:2])}. {title(name)}" if name in workshop.BY_NAME else title(name)


def serve(folder: Path, workspace: Path) -> tuple[str, subprocess.Popen]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["--server.address=127.0.0.1", "--server.headless=true", "--server.fileWatcherType=none"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "Home.py", f"--server.port={port}", *flags],
        cwd=folder,
        env={**os.environ, "LLMS_WORKSPACE": str(workspace)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urlopen(f"{address}/_stcore/health", timeout=1)
            return address, server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def change(page: Page, name: str) -> float:
    """Clicks the link of a page in the sidebar. Answers the seconds until its title stands there."""
    link = page.get_by_test_id("stSidebar").get_by_role("link", name=label(name))
    heading = page.get_by_role("heading", name=title(name), level=1)
    began = time.perf_counter()
    link.click()
    heading.wait_for()
    took = time.perf_counter() - began
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(300)
    return took


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        (root / "empty").mkdir()
        write_empty_app(root / "empty")
        apps = {"workshop": serve(ROOT, root / "workspace"), "empty": serve(root / "empty", root / "workspace")}
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        visits = {}
        for app, (address, _) in apps.items():
            visits[app] = browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900}).new_page()
            visits[app].goto(address)
            for name in NAMES:
                change(visits[app], name)
        times: dict[str, list[float]] = {app: [] for app in apps}
        for _ in range(ROUNDS):
            for name in NAMES:
                for app in apps:
                    times[app].append(change(visits[app], name))
        medians = {app: 1000 * statistics.median(taken) for app, taken in times.items()}
        for app, (_, server) in apps.items():
            memory = psutil.Process(server.pid).memory_info().rss / 1e6
            print(f"{app:9} median {medians[app]:6.0f} ms over {len(times[app])} changes, server {memory:.0f} MB")
            server.kill()
        print(f"ratio {medians['workshop'] / medians['empty']:.2f}")


if __name__ == "__main__":
    main()
