"""How soon the pages of lesson 2 answer over very many rows: milliseconds from the gesture to the page at rest.

By hand: `python3 tests/bench/million_pages.py [ROWS]`, by default 1 000 000. Needs Chromium.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
import million

import pages
from core import project as projects
from core import texts

TIMES = 12
# Counts how often the page has come to rest.
WATCH = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    window.rests = 0;
    new MutationObserver(() => { if (app.dataset.testScriptState === "notRunning") window.rests += 1; })
        .observe(app, {attributes: true, attributeFilter: ["data-test-script-state"]});
}"""


def box(page: Page, key: str):
    return page.locator(f".st-key-{key.replace('.', '-')}")


def write_in(page: Page, key: str, turn: int) -> None:
    field = box(page, key).locator("input, textarea").first
    field.fill(f"{turn + 2}")
    field.press("Enter")


GESTURES = {
    "05_load_texts": lambda page, turn: write_in(page, "05_load_texts.exercise", turn),
    "06_clean_texts": lambda page, turn: write_in(page, "seed", turn),
    "07_tokens": lambda page, turn: write_in(page, "which.from", turn),
    "08_lengths": lambda page, turn: page.get_by_role("slider").first.press("ArrowRight" if turn % 2 else "ArrowLeft"),
}


def answers(page: Page, name: str) -> list[float]:
    """Opens a page and answers how many milliseconds each of some gestures took."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=texts.words("es", name)("title")).click()
    page.get_by_role("heading", name=texts.words("es", name)("title"), level=1).wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    taken = []
    for turn in range(TIMES):
        before = page.evaluate("window.rests")
        began = time.perf_counter()
        GESTURES[name](page, turn)
        page.wait_for_function(f"window.rests > {before}", polling="raf", timeout=60_000)
        taken.append(1000 * (time.perf_counter() - began))
        page.wait_for_timeout(400)
    return taken


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder) / "workspace"
        path = Path(folder) / "rows.csv"
        million.write(path, rows)
        print(f"{rows} rows made in {sum(million.chain(path, workspace)['seconds'].values()):.0f} s")
        (project,) = projects.list_projects(workspace)
        projects.update(project, "05_load_texts", {"origin": "path"})
        address, server = pages.serve(million.ROOT, workspace)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=pages.FLAGS)
        try:
            page = browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900}).new_page()
            page.goto(f"{address}/?project={project.id}")
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
            for name in GESTURES:
                taken = answers(page, name)
                print(f"{name:16} median {statistics.median(taken):6.0f} ms, longest {max(taken):6.0f}")
        finally:
            server.kill()


if __name__ == "__main__":
    os.environ.setdefault("LLMS_WORKSPACE", tempfile.gettempdir())
    main()
