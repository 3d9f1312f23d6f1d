"""What the workshop holds in memory: idle, after one visitor walked Home and the thirteen steps; and with a run going.

By hand: `python3 tests/bench/idle.py [MB]`, as on a server with so many megabytes (2 700: the most that Community Cloud
gave). Needs Chromium and Linux. Counted is PSS, of every process of the workshop (the server's and those that it
starts): a page that several share is counted once, as the machine that pays for it does. She guesses, writes with the
classroom's model and takes the sample up to its settings; idle is when what ends by itself has ended. Nothing is
trained until the second part: its short run goes, and once it has begun she writes again, so that both hold a model.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bench")]

from core import processes, texts, workshop  # noqa: E402
from core.generation import serve as serving  # noqa: E402
from pages import FLAGS, change, serve  # noqa: E402

IDLE_MB, RUNNING_MB = 350, 1000
HAS_MB = 2700
PATIENCE = serving.IDLE_SECONDS_WHERE_SMALL + 30
FILLED_AT = ("06_clean_texts", "07_tokens", "09_settings")  # steps that open locked, and make what is missing


def held(workspace: Path) -> dict[str, float]:
    """Answers the MB (10⁶ bytes) of each process that works in `workspace`, by what it is."""
    found: dict[str, float] = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("LLMS_WORKSPACE") == str(workspace):
                line = process.cmdline()
                name = line[line.index("-m") + 2] if "core" in line else "server"
                found[name] = found.get(name, 0) + process.memory_full_info().pss / 1e6
    return found


def told(found: dict[str, float], limit: float = 0) -> str:
    """Writes what is held, the largest first, and whether that is within `limit`."""
    total = sum(found.values())
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(found.items(), key=lambda item: -item[1]))
    verdict = f", {'under' if total < limit else 'NOT under'} {limit}" if limit else ""
    return f"{total:5.0f} MB{verdict} ({parts})"


def idle(page: Page) -> None:
    """Waits until the page has nothing more to do."""
    page.wait_for_timeout(200)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=120_000)
    page.wait_for_timeout(300)


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button:not([disabled])").first.click()
    idle(page)


def walk(page: Page) -> Iterator[str]:
    """Goes through Home and the steps, doing a little in some; answers each as it stands open."""
    idle(page)
    yield "Home"
    for step in workshop.STEPS:
        change(page, step.name)
        if step.name == "01_language_models":
            page.locator(".st-key-guess-word").get_by_role("textbox").fill("noche")
            press(page, "guess-go")
        if step.name == "04_try_model":
            press(page, "try")
        if step.name in FILLED_AT:
            press(page, "fill")
        yield step.name


def wait_for_run(run: Path, *wanted: str) -> None:
    while processes.read_state(run)["status"] not in wanted:
        time.sleep(0.3)


def train(page: Page, workspace: Path, writes: bool) -> None:
    """Takes a short run from its button to its end, and tells what was held at the fullest moment meanwhile."""
    most: list[dict[str, float]] = [{}]
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.5):
            most.append(max(most.pop(), held(workspace), key=lambda found: sum(found.values())))

    change(page, "10_train")
    watching = threading.Thread(target=watch)
    watching.start()
    press(page, "start")
    run = max(workspace.glob("*/runs/*"), key=lambda folder: folder.stat().st_mtime)
    if writes:
        wait_for_run(run, "running", "finished", "failed", "died")
        change(page, "04_try_model")
        press(page, "try")
    wait_for_run(run, "finished", "failed", "died")
    ended.set()
    watching.join()
    state = processes.read_state(run)
    label = "a run, and she writes" if writes else "a run going"
    print(f"{label:22} {told(most[0], RUNNING_MB)}; it {state['status']}, its own peak {state['peak_memory_mb']:.0f}")


def main(megabytes: int) -> None:
    os.environ |= {"HF_HUB_OFFLINE": "1", "LLMS_MEMORY_MB": str(megabytes)}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder)
        address, server = serve(ROOT, workspace)
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900}).new_page()
            page.set_default_timeout(60_000)
            page.goto(address)
            page.get_by_role("heading", name=texts.words("es", "home")("title"), level=1).wait_for()
            for name in walk(page):
                print(f"{name:22} {told(held(workspace))}", flush=True)
            deadline = time.monotonic() + PATIENCE
            while len(held(workspace)) > 1 and time.monotonic() < deadline:
                time.sleep(1)
            print(f"{'idle':22} {told(held(workspace), IDLE_MB)}", flush=True)
            train(page, workspace, writes=False)
            train(page, workspace, writes=True)
            browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else HAS_MB)
