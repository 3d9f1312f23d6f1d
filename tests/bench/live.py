"""Step 10 while a run goes on: seconds from the click to the first point of the curve, milliseconds an update.

By hand: `python3 tests/bench/live.py [RUNS] [SECONDS]`. Needs Chromium. The classroom model and the sample poems, a
real server and a real browser, which stays SECONDS (10) in step 9 before; the page is timed from the moment its script
starts until it rests, once a second while it trains.
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
import pages

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core import processes  # noqa: E402
from core import project as projects  # noqa: E402
from core.data import sources, stages  # noqa: E402
from core.project import Project  # noqa: E402
from core.tokens import encode  # noqa: E402
from core.training import runs  # noqa: E402
from core.training.runs import FINISH  # noqa: E402

WATCHED_SECONDS = 25
REST = "[data-testid=stApp][data-test-script-state=notRunning]"
# Notes how long each run of the page's script took, as the browser sees it.
WATCH = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    let since = null;
    window.taken = [];
    new MutationObserver(() => {
        const state = app.dataset.testScriptState;
        if (state === "running") since = since ?? performance.now();
        if (state === "notRunning" && since !== null) { window.taken.push(performance.now() - since); since = null; }
    }).observe(app, {attributes: true, attributeFilter: ["data-test-script-state"]});
}"""
FIRST_POINT = """() => [...document.querySelectorAll(".js-plotly-plot")]
    .some(plot => plot.data.length && plot.data[0].x.length > 0)"""


def prepare(workspace: Path) -> Project:
    project = projects.create(workspace, "bench", "es")
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    stages.prepare(project)
    encode.encode(project)
    return projects.open_project(workspace, project.id)


def one(page: Page, address: str, project: Project, reading: float) -> tuple[float, list[float]]:
    """Starts a run by its button, after `reading` seconds in step 9.

    Answers the seconds to its first point and the milliseconds of each update.
    """
    if reading:
        page.goto(f"{address}/settings?project={project.id}")
        page.wait_for_timeout(1000 * reading)
    page.goto(f"{address}/train?project={project.id}")
    page.locator(".st-key-start").get_by_role("button").first.wait_for()
    page.locator(REST).wait_for()
    page.wait_for_timeout(1000)
    began = time.perf_counter()
    page.locator(".st-key-start").get_by_role("button").first.click()
    page.wait_for_function(FIRST_POINT, polling="raf", timeout=60_000)
    first = time.perf_counter() - began
    page.evaluate(WATCH)
    page.wait_for_timeout(1000 * WATCHED_SECONDS)
    taken = page.evaluate("window.taken")
    (run, *_) = runs.list_runs(project)
    runs.ask(run, FINISH)
    while processes.read_state(run.folder)["status"] in processes.ACTIVE:
        time.sleep(0.2)
    return first, taken


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    reading = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspace = Path(folder) / "workspace"
        made = [prepare(workspace) for _ in range(times)]
        address, server = pages.serve(ROOT, workspace)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=pages.FLAGS)
        try:
            page = browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900}).new_page()
            told = [one(page, address, project, reading) for project in made]
        finally:
            server.kill()
        firsts = [first for first, _ in told]
        updates = [one_update for _, taken in told for one_update in taken]
        print(f"after {reading:g} s in step 9, from the click to the first point: ", end="")
        print(f"median {statistics.median(firsts):.1f} s, longest {max(firsts):.1f}")
        print(
            f"an update of the page: median {statistics.median(updates):.0f} ms, "
            f"longest {max(updates):.0f}, {len(updates)} updates"
        )


if __name__ == "__main__":
    os.environ.setdefault("LLMS_WORKSPACE", tempfile.gettempdir())
    main()
