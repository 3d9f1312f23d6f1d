"""Writing a tasting's pairs: chosen beginnings, both models with the same seeds, and a coin for each pair's sides.

What is written lies in the tasting's folder; see `core.evaluation.tasting`.
"""

import re
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core import errors, line, storage
from core.data import table
from core.errors import LessonError
from core.evaluation.evaluate import fingerprint
from core.evaluation.exam import summary_room
from core.evaluation.tasting import PLACES, SIDES, Tasting, folder, read
from core.generation import generate
from core.generation import loaded as models
from core.generation.generate import Sampling
from core.processes import State
from core.tasks import TASKS
from core.tokens.encode import prompt_ids
from core.training.runs import Run

PAIRS = 20  # as many as a person reads with attention in one go; more could tell smaller differences
_ROUNDS = 3  # of writing, where pairs came out alike and others have to take their place
_OPENING_WORDS = 8  # of a text, about a verse: what is tasted is what a model makes of it
_LOCK_SECONDS = 3  # a process that was just killed may take a moment to let go of it
_ROOM = 50  # tokens that each writes
_TOGETHER = 10  # pairs of a model in one go: several times faster than one by one, and it still tells how far it is
_CHANCE = secrets.SystemRandom()


def write(run: Run, wanted: int = PAIRS) -> Tasting:
    """Writes the pairs, going on where an earlier call was interrupted. Answers what is to be tasted.

    Raises LessonError: `run_not_finished`, `run_is_busy`, `tasting_no_texts`, `tasting_alike`, and what loading a
    model does.
    """
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    place = folder(run)
    place.mkdir(exist_ok=True)
    lock = FileLock(place / "worker.lock")
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout as error:
        raise LessonError("run_is_busy", run=run.name) from error
    try:
        state = State(place, step=0, steps=2 * wanted)
        try:
            with line.helping(state):
                tasting = read(run) or _write(run, wanted, state)
        except Exception as error:
            state.write(status="failed", error=errors.told(error))
            raise
        state.write(status="finished")
        return tasting
    finally:
        lock.release()


def opening(text: str) -> str:
    """Answers the first words of a text, never more than half of them."""
    words = list(re.finditer(r"\S+", text))
    return text[: words[min(_OPENING_WORDS, max(1, len(words) // 2)) - 1].end()] if words else ""


def rounded(text: str) -> str:
    """Answers a text that was cut short up to its last whole line or sentence, or else its last whole word.

    Where one stops in the middle of a word and the other does not, a taster would learn which is which.
    """
    whole = re.match(r"(?s).*(?:[.!?…](?=\s|$)|(?=\n))", text)
    if whole and 2 * len(whole[0]) >= len(text):
        return whole[0].rstrip()
    return (text.rsplit(maxsplit=1) or [text])[0]


def _write(run: Run, wanted: int, state: State) -> Tasting:
    state.write(status="running")
    plan = _plan(run, wanted)
    planned = plan["pairs"]
    for round_ in range(_ROUNDS):
        now = planned[: wanted * (round_ + 1)]
        for side in SIDES:
            _write_side(run, now, side, plan["room"], state)
        apart = [pair for pair in _written(run, now) if pair["base"] != pair["adapted"]]
        if len(apart) >= wanted:
            break
    if not apart:
        raise LessonError("tasting_alike", pairs=len(now))
    return lay_out(run, apart[:wanted], len(now) - len(apart), plan["texts"])


def _plan(run: Run, wanted: int) -> dict:
    """Answers the beginnings in an order that chance gave them, with seeds; drawn once, then read again.

    Where there are fewer than are wanted they come round again, with other seeds.
    """
    kept = storage.read_json(folder(run) / "plan.json")
    if kept and kept["adapter"] == fingerprint(run):
        return kept
    (folder(run) / "written.jsonl").unlink(missing_ok=True)
    texts = [row["text"] for row in table.rows(run.prepared / "test")]
    summarize = run.record()["task"] == "summarize"
    beginnings = list(dict.fromkeys(texts if summarize else map(opening, texts)))
    if not any(beginnings):
        raise LessonError("tasting_no_texts")
    order = _CHANCE.sample(beginnings, len(beginnings))
    count = _ROUNDS * wanted
    plan = {
        "pairs": [{"beginning": order[n % len(order)], "seed": secrets.randbelow(2**31)} for n in range(count)],
        "texts": len(order),
        "room": summary_room(run) if summarize else _ROOM,
        "adapter": fingerprint(run),
    }
    storage.write_json(folder(run) / "plan.json", plan)
    return plan


def _write_side(run: Run, planned: Sequence[dict], side: str, room: int, state: State) -> None:
    """Lets one model write what it has not written yet, all with the same settings.

    Both write in the same groups, each group from its own seed, whatever was there before: they draw alike.
    """
    done = {line["pair"] for line in _lines(run) if line["side"] == side}
    if len(done) >= len(planned):
        return
    record, settings = run.record(), run.settings()
    loaded = models.load(
        Path(record["model_folder"]), precision=settings.precision, four_bit=settings.method == "qlora"
    )
    if side == "adapted":
        loaded = models.put_on(loaded, run.adapter, settings.precision)
    state.write(steps=2 * len(planned))
    done_before, began = len(_lines(run)), time.monotonic()
    for at in range(0, len(planned), _TOGETHER):
        group = range(at, min(at + _TOGETHER, len(planned)))
        missing = [number for number in group if number not in done]
        if not missing:
            continue
        prompts = [
            prompt_ids(
                planned[n]["beginning"], TASKS[record["task"]], loaded.tokenizer, record["language"], loaded.room(room)
            )
            for n in group
        ]
        written = generate.complete(loaded, prompts, room, Sampling(seed=planned[at]["seed"]))
        for number in missing:
            one = written[number - at]
            text = one.text if one.ended else rounded(one.text)
            storage.append_json(folder(run) / "written.jsonl", {"pair": number, "side": side, "text": text})
        step = len(_lines(run))
        each = (time.monotonic() - began) / (step - done_before)
        state.write(step=step, left=each * (2 * len(planned) - step))


def _lines(run: Run) -> list[dict]:
    return storage.read_json_lines(folder(run) / "written.jsonl")


def _written(run: Run, planned: Sequence[dict]) -> list[dict]:
    """Answers each planned pair with what the `base` and the `adapted` model wrote."""
    texts = {(line["pair"], line["side"]): line["text"] for line in _lines(run)}
    return [{**pair, **{side: texts[number, side] for side in SIDES}} for number, pair in enumerate(planned)]


def lay_out(run: Run, written: Sequence[dict], alike: int, texts: int) -> Tasting:
    """Tosses a coin for the sides of each pair, and writes the key and then, apart from it, the pairs."""
    sides = [dict(zip(PLACES, _CHANCE.sample(SIDES, 2), strict=True)) for _ in written]
    shown = [
        {"beginning": pair["beginning"], **{place: pair[side[place]] for place in PLACES}}
        for pair, side in zip(written, sides, strict=True)
    ]
    record = run.record()
    content = {
        "id": secrets.token_hex(8),
        "task": record["task"],
        "language": record["language"],
        "pairs": shown,
        "alike": alike,
        "texts": texts,
        "adapter": fingerprint(run),
    }
    storage.write_json(folder(run) / "key.json", {"id": content["id"], "sides": sides, "written": time.time()})
    storage.write_json(folder(run) / "pairs.json", content)
    with suppress(OSError):
        (folder(run) / "written.jsonl").unlink()
    tasting = read(run)
    assert tasting
    return tasting
