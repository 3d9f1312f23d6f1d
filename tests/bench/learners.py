"""Twenty learners at once on one shared server: each gives the code, walks steps 5 to 9 and queues a run.

By hand: `python3 tests/bench/learners.py [HOW MANY] [SECONDS]`. Needs Chromium and Linux. They come within twice so
many SECONDS (30), and each stays up to so many on a page: far less than who reads it. All browsers are on the server's
own machine, so all but one give way to the server (nice 5): that one, a learner as the others, goes on changing pages
until they have ended, and her seconds from a click on a step's link to its title are those that count; the others' are
told too. Told are also the memory (PSS: what several share is counted once) of the server and all that it starts but
runs and their promises, and what of another's work each could see: names and texts in her pages, another's files by
their address, another's project by its guessed id.
"""

import asyncio
import json
import os
import random
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bench")]

from core import processes, storage, texts  # noqa: E402
from core.classroom import SAMPLES  # noqa: E402
from pages import FLAGS, label, serve, title  # noqa: E402

STEPS = ["05_load_texts", "06_clean_texts", "07_tokens", "08_lengths", "09_settings", "10_train"]
PRESSED = {"06_clean_texts": "prepare", "08_lengths": "keep", "09_settings": "keep_settings", "10_train": "start"}
POEMS = SAMPLES / "poems.es.jsonl"
CHANGE_SECONDS, MEMORY_MB = 1.0, 2000
CODE = secrets.token_hex(8)
HOST = "aula.example"  # a public name that the browser takes for this machine: no visit is personal


class Learner:
    """One browser, with texts that nobody else has."""

    def __init__(self, page: Page, number: int, seconds: float) -> None:
        self.page, self.seconds = page, seconds
        self.mark = f"marca{number:02}{secrets.token_hex(4)}"
        self.changes: list[float] = []
        self.errors: list[str] = []
        self.seen = ""

    async def walk(self, address: str, comes: float) -> None:
        page = self.page
        await asyncio.sleep(comes)
        await page.goto(address)
        await page.locator(".st-key-access-code input").fill(CODE)
        await page.locator(".st-key-access-code input").press("Enter")
        await page.get_by_test_id("stSidebar").get_by_role("link", name=label(STEPS[0])).wait_for()
        for step in STEPS:
            await self._idle()
            await asyncio.sleep(random.uniform(0.2, 1) * self.seconds)
            await self._change(step)
            if step == "05_load_texts":
                await self._paste()
            if await page.locator(".st-key-prediction-look").count():  # what she guesses is asked before it is shown
                await self._press("prediction-look")
            if step in PRESSED:
                await self._press(PRESSED[step])
            self.seen += await page.get_by_test_id("stMain").inner_text()
            alerts = page.locator("[data-testid=stAlertContentError]")
            self.errors += [f"{step}: {text[:90]}" for text in await alerts.all_inner_texts()]

    async def stroll(self, others: asyncio.Future) -> None:
        """Goes on from step to step until the others have ended."""
        while not others.done():
            for step in STEPS[:-1]:
                await asyncio.sleep(1)
                await self._change(step)

    async def _change(self, step: str) -> None:
        link = self.page.get_by_test_id("stSidebar").get_by_role("link", name=label(step))
        began = time.perf_counter()
        await link.click()
        await self.page.get_by_role("heading", name=title(step), level=1).wait_for()
        self.changes.append(time.perf_counter() - began)
        await self._idle()

    async def _paste(self) -> None:
        words = texts.words("es", "05_load_texts")
        poems = [json.loads(line)["text"] for line in POEMS.read_text(encoding="utf-8").splitlines()]
        await self.page.get_by_text(words("from.paste"), exact=True).click()
        await self.page.locator(".st-key-paste textarea").fill("\n\n".join(f"{self.mark}\n{poem}" for poem in poems))
        await self.page.locator(".st-key-paste textarea").press("Control+Enter")
        await self._idle()
        await self._press("load")

    async def _press(self, key: str) -> None:
        await self.page.locator(f".st-key-{key} button:not([disabled])").first.click()
        await self._idle()

    async def _idle(self) -> None:
        await asyncio.sleep(0.2)
        await self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def held(workspace: Path) -> float:
    """Answers the MB (10⁶ bytes) of what serves, without the runs and their promises."""
    total = 0.0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("LLMS_WORKSPACE") == str(workspace):
                line = process.cmdline()
                if not {"train", "promise", "ready"} & set(line):
                    total += process.memory_full_info().pss / 1e6
    return total


async def watch(workspace: Path, most: list[float]) -> None:
    while True:
        most[0] = max(most[0], await asyncio.to_thread(held, workspace))
        await asyncio.sleep(1)


async def try_to_see(learners: list[Learner], address: str, workspace: Path) -> list[str]:
    """Answers what a learner could see of another's: nothing, as it should be."""
    found = [f"{one.mark} in another's page" for one in learners for other in learners if one is not other and
             one.mark in other.seen]  # fmt: skip
    stranger, folders = learners[0].page, [path.parent for path in workspace.glob("*/project.json")]
    owners = {storage.load_json(folder / "project.json")["owner"]: folder for folder in folders}
    mine = [cookie["value"] for cookie in await stranger.context.cookies() if cookie["value"] in owners]
    others = [folder for owner, folder in owners.items() if owner not in mine]
    for folder in others:
        guessed = folder.name[:-1] + ("0" if folder.name[-1] != "0" else "1")
        for way in (
            f"/?project={guessed}",
            f"/{folder.name}/project.json",
            f"/media/{folder.name}",
            f"/app/static/{folder.name}",
        ):
            await stranger.goto(f"{address}{way}")
            await asyncio.sleep(0.5)
            shown = await stranger.locator("body").inner_text()
            found += [f"{one.mark} by {way}" for one in learners[1:] if one.mark in shown]
            found += [f"an owner by {way}" for owner in owners if owner not in mine and owner in shown]
    return found


async def _first(learner: Learner, address: str, others: asyncio.Future) -> None:
    await learner.walk(address, 0)
    await learner.stroll(others)


def told(changes: list[float], limit: float = 0) -> str:
    """Writes how long page changes took, and whether the 95th percentile is within `limit`."""
    ordered = sorted(changes) or [0.0]
    at_95 = ordered[int(0.95 * (len(ordered) - 1))]
    verdict = f" ({'under' if at_95 < limit else 'NOT under'} {limit:.0f})" if limit else ""
    return (
        f"{len(changes)}: median {statistics.median(ordered):.2f} s, 95th percentile {at_95:.2f} s{verdict},"
        f" longest {ordered[-1]:.2f} s"
    )


async def main(count: int, seconds: float) -> None:
    os.environ |= {"HF_HUB_OFFLINE": "1", "LLMS_ACCESS_CODE": CODE}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        address, server = serve(ROOT, workspace)
        address = address.replace("127.0.0.1", HOST)
        most = [0.0]
        async with async_playwright() as playwright:
            flags = [*FLAGS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
            giving_way = workspace / "chromium"
            giving_way.write_text(
                f'#!/bin/sh\necho 5 >/proc/self/autogroup\nexec nice -n 5 {shutil.which("chromium")} "$@"\n'
            )
            giving_way.chmod(0o700)
            first, all_others = [
                await playwright.chromium.launch(executable_path=path, args=flags)
                for path in (shutil.which("chromium"), giving_way)
            ]
            learners = []
            for number in range(count):
                browser = all_others if number else first
                context = await browser.new_context(locale="es-AR", viewport={"width": 1280, "height": 900})
                context.set_default_timeout(300_000)
                learners.append(Learner(await context.new_page(), number, seconds))
            watching = asyncio.create_task(watch(workspace, most))
            others = asyncio.gather(
                *(one.walk(address, at * seconds / 10) for at, one in enumerate(learners[1:], 1)),
                return_exceptions=True,
            )
            ended = await asyncio.gather(_first(learners[0], address, others), return_exceptions=True)
            ended += await others
            states = [processes.read_state(path.parent)["status"] for path in workspace.glob("*/runs/*/state.json")]
            watching.cancel()
            for learner in learners[1:]:
                await learner.page.context.close()
            for path in workspace.glob("*/runs/*"):
                processes.kill(path)
            seen = await try_to_see(learners, address, workspace)
            await first.close()
            await all_others.close()
        server.kill()
    failed = [str(error).splitlines()[0] for error in ended if error] + [e for one in learners for e in one.errors]
    print(f"{count} learners; page changes of the one whose browser does not give way:")
    print(f"  {told(learners[0].changes, CHANGE_SECONDS)}")
    print(f"  of the others: {told([change for one in learners[1:] for change in one.changes])}")
    print(f"memory besides runs: {most[0]:.0f} MB ({'under' if most[0] < MEMORY_MB else 'NOT under'} {MEMORY_MB})")
    print(f"runs: {', '.join(f'{states.count(status)} {status}' for status in sorted(set(states)))}")
    print(f"errors: {failed or 'none'}")
    print(f"seen of another: {seen or 'nothing'}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, float(sys.argv[2]) if len(sys.argv) > 2 else 30.0))
