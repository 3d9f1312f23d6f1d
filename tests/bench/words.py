"""Step 1 in use: milliseconds from a slider's move to the new bars, and how fast the text is written.

By hand: `python3 tests/bench/words.py [MOVES]`. Needs Chromium. The classroom model, a real server, a real browser. A
slider is moved by its key; the bars are timed until the plot on the page holds other numbers. Writing is timed from the
click to the first word, and then by the tokens that arrive.
"""

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

from core import texts  # noqa: E402
from core.generation.generate import Sampling  # noqa: E402
from core.generation.service import Service  # noqa: E402
from core.models.folder import find  # noqa: E402

REST = "[data-testid=stApp][data-test-script-state=notRunning]"
# Moves nothing itself: waits for the next change of the drawn bars, and answers when it came.
NOTICE = """() => {
    const bars = () => JSON.stringify([...(document.querySelector(".js-plotly-plot")?.data?.[0].x ?? [])]);
    const before = bars();
    window.moved = null;
    window.changed = null;
    addEventListener("keydown", () => { window.moved = performance.now(); }, {capture: true, once: true});
    const look = () => {
        if (bars() === before || bars() === "[]") { requestAnimationFrame(look); return; }
        window.changed = performance.now();
    };
    look();
}"""
WRITES = """before => {
    window.clicked = null; window.first = null; window.last = null;
    addEventListener("click", () => { window.clicked = performance.now(); }, {capture: true, once: true});
    const look = () => {
        const shown = [...document.querySelectorAll(".passage")].map(text => text.innerText).join("");
        if (shown.startsWith(before) && shown.includes("▌") && shown.length > before.length + 3) {
            window.first = window.first ?? performance.now();
        } else if (window.first !== null && !shown.includes("▌")) {
            window.last = performance.now();
            return;
        }
        requestAnimationFrame(look);
    };
    look();
}"""


def slides(page: Page, moves: int) -> list[float]:
    """Answers the milliseconds of each move of the temperature."""
    slider = page.locator(".st-key-01-temperature").get_by_role("slider")
    slider.focus()
    taken = []
    for move in range(moves):
        page.evaluate(NOTICE)
        page.keyboard.press("ArrowRight" if move % 16 < 8 else "ArrowLeft")
        page.wait_for_function("window.changed !== null", polling="raf", timeout=10_000)
        taken.append(page.evaluate("window.changed - window.moved"))
        page.locator(REST).wait_for()
        page.wait_for_timeout(250)
    return taken


def writing(page: Page, times: int, beginning: str) -> tuple[list[float], list[float]]:
    """Answers the milliseconds to the first word and the tokens a second after it, as the browser shows them.

    The same seed writes the same text: one of 50 tokens, as long as the page lets it be.
    """
    firsts, speeds = [], []
    for _ in range(times):
        page.evaluate(WRITES, beginning)
        page.locator(".st-key-write").get_by_role("button").click()
        page.wait_for_function("window.last !== null", polling="raf", timeout=20_000)
        page.locator(REST).wait_for()
        firsts.append(page.evaluate("window.first - window.clicked"))
        speeds.append(49_000 / page.evaluate("window.last - window.first"))
        page.wait_for_timeout(500)
    return firsts, speeds


def tokens_a_second() -> float:
    """Answers the speed of the child process alone, first token aside."""
    service, arrived = Service(), []
    for _ in range(2):
        arrived = [
            time.perf_counter() for _ in service.stream(find("classroom"), "La casa", Sampling(max_new_tokens=100))
        ]
    return (len(arrived) - 1) / (arrived[-1] - arrived[0])


def main() -> None:
    moves = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    words = texts.words("es", "01_language_models")
    print(f"the model's process alone: {tokens_a_second():.0f} tokens a second")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        address, server = pages.serve(ROOT, Path(folder) / "workspace")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=pages.FLAGS)
        try:
            page = browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 1600}).new_page()
            page.goto(f"{address}/language_models")
            page.get_by_text(words("part.dials"), exact=True).click()
            page.locator(".js-plotly-plot").wait_for(timeout=60_000)
            page.locator(REST).wait_for()
            page.wait_for_timeout(1000)
            taken = slides(page, moves)
            firsts, speeds = writing(page, 6, words("beginning.default"))
        finally:
            server.kill()
    print(f"bars after a slider moves: median {statistics.median(taken):.0f} ms, longest {max(taken):.0f}")
    print(f"first word after the click: median {statistics.median(firsts[1:]):.0f} ms, longest {max(firsts[1:]):.0f}")
    print(f"written on the page: median {statistics.median(speeds[1:]):.0f} tokens a second")


if __name__ == "__main__":
    main()
