"""The process that keeps models in memory and answers questions about them, one JSON object a line."""

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from core import errors, machine
from core.errors import LessonError
from core.generation import fill, generate, pairs, whole, words
from core.generation.generate import Sampling
from core.generation.loaded import Loaded, load
from core.models.folder import weights_of
from core.tasks import TASKS
from core.tokens.encode import prompt_ids, request_ids

IDLE_SECONDS, IDLE_SECONDS_WHERE_SMALL = 900, 120
ASK = "ask"  # instead of a task: a request in her own words


def serve() -> None:
    """Answers questions from stdin until it closes, or until nobody has asked for a quarter of an hour.

    Where memory is little it waits for two minutes: it holds over 300 MB.
    """
    # Libraries print where they like; the conversation keeps the real stdout to itself.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    questions: queue.Queue[dict | None] = queue.Queue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(questions, cancelled), daemon=True).start()
    import torch  # noqa: F401  (so that the first question finds it ready)
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM  # noqa: F401

    patience = IDLE_SECONDS_WHERE_SMALL if machine.is_small() else IDLE_SECONDS
    while True:
        try:
            question = questions.get(timeout=patience)
        except queue.Empty:
            return
        if question is None:
            return
        cancelled.clear()
        try:
            for answer in _answers(question):
                _say(out, {"answer": answer})
                if cancelled.is_set():
                    break
            _say(out, {"end": True})
        except LessonError as error:
            _say(out, {"error": errors.told(error)})
        except Exception as error:  # noqa: BLE001  (one bad question must not end the conversation)
            import traceback

            traceback.print_exc()
            _say(out, {"error": errors.told(error)})


def _answers(question: dict) -> Iterator:
    """Answers a question, piece by piece, by what it asks."""
    return ANSWERS[question["ask"]](question)


def _next_tokens(question: dict) -> Iterator[list]:
    loaded, sampling = _model(question), Sampling(**question["sampling"])
    ids = prompt_ids(question["text"], TASKS["write"], loaded.tokenizer, "es", loaded.context - 1)
    yield [asdict(c) for c in generate.next_tokens(loaded, ids, sampling, question["count"])]


def _stream(question: dict) -> Iterator[dict]:
    loaded, sampling = _model(question), Sampling(**question["sampling"])
    room, text = loaded.room(sampling.max_new_tokens), question["text"]
    if question["task"] == ASK:
        ids = request_ids(text, loaded.tokenizer, question["language"], room)
    else:
        ids = prompt_ids(text, TASKS[question["task"]], loaded.tokenizer, question["language"], room)
    yield from (asdict(step) for step in generate.stream(loaded, ids, sampling))


def _thought(question: dict) -> Iterator[dict]:
    loaded = _model(question)
    ids = prompt_ids(question["text"], TASKS["write"], loaded.tokenizer, "es", loaded.context - words.ROOM)
    everything = prompt_ids(question["text"], TASKS["write"], loaded.tokenizer, "es", sys.maxsize)
    yield words.think(loaded, ids, question["count"], len(everything) - len(ids)).packed()


def _words(question: dict) -> Iterator[dict]:
    loaded, sampling = _model(question), Sampling(**question["sampling"])
    written, task = loaded.tokenizer.encode(question["written"]), TASKS[question["task"]]
    room = max(1, loaded.context - words.ROOM - len(written))
    ids = prompt_ids(question["text"], task, loaded.tokenizer, question["language"], room) + written
    candidates = [asdict(word) for word in words.next_words(loaded, ids, sampling, question["count"])]
    yield {"candidates": candidates, "chances": [words.chance(loaded, ids, w, sampling) for w in question["words"]]}


def _compare(question: dict) -> Iterator[list]:
    yield [asdict(option) for option in whole.compare(_model(question), question["text"], question["options"])]


def _surprise(question: dict) -> Iterator[list]:
    yield [asdict(score) for score in whole.surprise(_model(question), question["texts"])]


def _pairs(question: dict) -> Iterator[list]:
    asked = question["left"], question["right"], question["words"], question["count"]
    yield [asdict(chance) for chance in pairs.compare(_model(question), *asked)]


def _fill(question: dict) -> Iterator[list]:
    yield [asdict(c) for c in fill.fill(_guest(question["folder"]), question["text"], question["count"])]


ANSWERS: dict[str, Callable[[dict], Iterator]] = {
    "next_tokens": _next_tokens,
    "stream": _stream,
    "thought": _thought,
    "words": _words,
    "compare": _compare,
    "surprise": _surprise,
    "pairs": _pairs,
    "fill": _fill,
}


def _model(question: dict) -> Loaded:
    adapter = question["adapter"]
    return _loaded(question["folder"], adapter, _modified(adapter))


@lru_cache(maxsize=1)
def _guest(folder: str) -> fill.Filler:
    """Keeps the last model that fills gaps: a guest beside those that write, and never a project's base."""
    return fill.load(Path(folder))


@lru_cache(maxsize=3)
def _loaded(folder: str, adapter: str | None, modified: int) -> Loaded:
    return load(Path(folder), Path(adapter) if adapter else None)


def _modified(adapter: str | None) -> int:
    weights = weights_of(Path(adapter)) if adapter else None
    return weights.stat().st_mtime_ns if weights else 0


def _listen(questions: queue.Queue, cancelled: threading.Event) -> None:
    for line in sys.stdin:
        question = json.loads(line)
        if question["ask"] == "cancel":
            cancelled.set()
        else:
            questions.put(question)
    questions.put(None)


def _say(out, answer: dict) -> None:
    out.write(json.dumps(answer, ensure_ascii=False) + "\n")
    out.flush()
