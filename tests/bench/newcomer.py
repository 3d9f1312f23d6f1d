"""A newcomer's walk from the first page to the end of step 4: the words that she sees, at 180 a minute, and her waits.

By hand: `python3 tests/bench/newcomer.py [es|en]`. Needs Chromium; asks nothing of another machine. It reads what is on
the screen, page by page: what a step opens with is unfolded, what is marked optional is counted apart, and a line is
read once. It does what the step asks: five guesses, two temperatures, a look at the machine, the classroom's model, and
three beginnings tried and kept.
"""

import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Locator, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bench")]

from core import texts, workshop  # noqa: E402
from core.texts import Words  # noqa: E402
from pages import FLAGS, serve  # noqa: E402

WORDS_A_MINUTE = 180
ASKED_MINUTES = 20
STEPS = [step.name for step in workshop.STEPS[:4]]
BEGINNINGS = ["La lluvia no avisa", "Querida tía, te escribo porque", "Se mezclan dos huevos con"]
# What is seen of the page, in its order: [text, whether it is in an optional part]. An icon's name is no word.
SEEN = """main => {
  const found = []; let optional = false;
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.textContent.trim(); if (text) found.push([text, optional]); return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE || !node.checkVisibility({checkVisibilityCSS: true})) return;
    if (node.matches("svg, style, script, [data-testid=stIconMaterial], [data-testid=stDataFrame]")) return;
    if (node.matches("[data-testid=stPlotlyChart], [data-testid=stCode], [role=img]")) return;
    if (node.matches("h3")) optional = node.innerText.includes(OPTIONAL);
    if (node.matches(".st-key-code")) optional = false;
    node.childNodes.forEach(walk);
  };
  walk(main);
  return found;
}"""


@dataclass
class Walk:
    """What she read and waited on one page: words, words of optional parts, and seconds."""

    page: Page
    words: Words
    seen: set[str] = field(default_factory=set)
    read: int = 0
    optional: int = 0
    waited: float = 0.0

    def look(self) -> None:
        """Reads what is new on the page."""
        script = SEEN.replace("OPTIONAL", repr(self.words("mark.optional")))
        for text, optional in self.page.get_by_test_id("stMain").evaluate(script):
            if text in self.seen:
                continue
            self.seen.add(text)
            count = len(re.findall(r"[^\W\d_]+", text))
            self.optional += count * optional
            self.read += count * (not optional)

    def wait(self) -> None:
        """Waits until the page has nothing more to do, and counts it."""
        began = time.perf_counter()
        self.page.wait_for_timeout(100)
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=120_000)
        self.waited += time.perf_counter() - began
        self.page.wait_for_timeout(300)
        self.look()

    def do(self, *targets: Locator) -> bool:
        """Presses what is there of `targets`, one after another, and waits; says whether all were."""
        for target in targets:
            if not target.count():
                return False
            target.first.click()
            self.wait()
        return True

    def by_key(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{re.sub('[^a-zA-Z0-9_-]', '-', key)}")

    def press(self, key: str) -> bool:
        return self.do(self.by_key(key).locator("[data-testid^=stBaseButton]:not([disabled])"))

    def write(self, box: Locator, text: str) -> None:
        box.fill(text)
        box.press("Control+Enter")
        self.wait()

    def answer(self, step: str) -> None:
        """Chooses the first option of each question, and reads why."""
        for number in range(1, 4):
            self.do(self.by_key(f"{step}.question.{number}").locator("label[data-baseweb=radio], label:has(input)"))


def guess(walk: Walk) -> None:
    for _ in range(5):
        field = walk.by_key("guess.word").get_by_role("textbox")
        field.fill("noche")
        walk.press("guess.go")  # the reveal
        walk.press("guess.go")  # the next line


def dials(walk: Walk) -> None:
    walk.do(walk.by_key("01.part").get_by_text(walk.words("part.dials"), exact=True))
    slider = walk.by_key("01.temperature").get_by_role("slider")
    for end in ("Home", "End"):
        slider.press(end)
        walk.wait()
        walk.press("write")


def beginnings(walk: Walk) -> None:
    for beginning in BEGINNINGS:
        box = walk.by_key("prompt").get_by_role("textbox")
        if box.count():
            walk.write(box.first, beginning)
        walk.press("try")
        walk.press("keep")


DOES = {
    "01_language_models": [guess, dials],
    "02_hugging_face": [lambda walk: walk.press("02.look")],
    "03_choose_model": [
        lambda walk: walk.press("choose"),
        lambda walk: walk.do(walk.page.locator("[class*=st-key-guess-] button")),
    ],
    "04_try_model": [beginnings],
}


def visit(page: Page, name: str, language: str) -> Walk:
    """Reads a page that is open, does what it asks, and says what that took."""
    walk = Walk(page, texts.words(language, "frame", "home", *([name] if name != "Home" else [])))
    walk.wait()
    if name != "Home":
        walk.do(page.get_by_test_id("stMain").locator("summary").filter(has_text=walk.words("learn")))
        for deed in DOES[name]:
            try:
                deed(walk)
            except Error as error:
                print(f"  {name}: not done, {str(error).splitlines()[0]}")
        walk.answer(name)
        walk.press(f"{name}.exercise")
    minutes = walk.read / WORDS_A_MINUTE + walk.waited / 60
    print(
        f"{name:20} {walk.read:5} words, {walk.waited:5.1f} s waited: {minutes:4.1f} minutes"
        f" (optional parts: {walk.optional} words more)"
    )
    return walk


def main(language: str) -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        address, server = serve(ROOT, Path(folder))
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900}).new_page()
            page.goto(f"{address}/?lang={language}")
            walks = [visit(page, "Home", language)]
            page.locator(".st-key-begin").get_by_role("button").click()
            for name in STEPS:
                page.get_by_role("heading", level=1, name=texts.words(language, name)("title"), exact=True).wait_for()
                walks.append(visit(page, name, language))
                page.locator(".st-key-next").get_by_role("button").click()
            browser.close()
        finally:
            server.kill()
    words, waited = sum(walk.read for walk in walks), sum(walk.waited for walk in walks)
    total = words / WORDS_A_MINUTE + waited / 60
    verdict = "under" if total < ASKED_MINUTES else "NOT under"
    print(f"{'together':20} {words:5} words, {waited:5.1f} s waited: {total:4.1f} minutes, {verdict} {ASKED_MINUTES}")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1] if len(sys.argv) > 1 else "es")
