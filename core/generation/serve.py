"""The process that keeps models in memory and answers questions about them, one JSON object a line."""

import json
import os
import queue
import sys
import threading
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from core.errors import LessonError
from core.generation import generate, words
from core.generation.generate import Sampling
from core.generation.loaded import Loaded, load
from core.models.folder import weights_of
from core.tasks import TASKS
from core.tokens.encode import prompt_ids

IDLE_SECONDS = 900


def serve() -> None:
    """Answers questions from stdin until it closes, or until nobody has asked for a quarter of an hour."""
    # Libraries print where they like; the conversation keeps the real stdout to itself.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    questions: queue.Queue[dict | None] = queue.Queue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(questions, cancelled), daemon=True).start()
    import torch  # noqa: F401  (so that the first question finds it ready)
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM  # noqa: F401

    while True:
        try:
            question = questions.get(timeout=IDLE_SECONDS)
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
            _say(out, {"error": error.code, "facts": {name: str(fact) for name, fact in error.facts.items()}})
        except Exception:  # noqa: BLE001  (one bad question must not end the conversation)
            import traceback

            traceback.print_exc()
            _say(out, {"error": "our_fault", "facts": {}})


def _answers(question: dict):
    adapter = question["adapter"]
    loaded = _loaded(question["folder"], adapter, _modified(adapter))
    sampling = Sampling(**question["sampling"])
    if question["ask"] == "next_tokens":
        ids = prompt_ids(question["text"], TASKS["write"], loaded.tokenizer, "es", loaded.context - 1)
        yield [asdict(c) for c in generate.next_tokens(loaded, ids, sampling, question["count"])]
    elif question["ask"] in ("thought", "words"):
        yield _thought_of(question, loaded, sampling)
    else:
        room = loaded.room(sampling.max_new_tokens)
        ids = prompt_ids(question["text"], TASKS[question["task"]], loaded.tokenizer, question["language"], room)
        yield from (asdict(step) for step in generate.stream(loaded, ids, sampling))


def _thought_of(question: dict, loaded: Loaded, sampling: Sampling) -> dict:
    """Answers the raw thought after a text, or the likeliest words there and the chances of the asked ones."""
    task, room = TASKS["write"], loaded.context - words.ROOM
    ids = prompt_ids(question["text"], task, loaded.tokenizer, "es", room)
    if question["ask"] == "thought":
        whole = prompt_ids(question["text"], task, loaded.tokenizer, "es", sys.maxsize)
        return words.think(loaded, ids, question["count"], len(whole) - len(ids)).packed()
    candidates = [asdict(word) for word in words.next_words(loaded, ids, sampling, question["count"])]
    chances = [words.chance(loaded, ids, word, sampling) for word in question["words"]]
    return {"candidates": candidates, "chances": chances}


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
