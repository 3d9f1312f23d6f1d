"""Models in use live in a process of their own: pages ask it, and never load torch themselves.

One child process a server, started on the first question, kept warm, gone after a quarter of an hour of
silence, with its server or, where memory is little, when a run needs it; a server that many share may have some more.
Each has one conversation at a time, and who asks while all are at it waits in turn. They speak JSON lines; see
`core.generation.serve` for the other end.
"""

import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, cast

from core import errors
from core.errors import LessonError
from core.generation.generate import Candidate, Sampling, Step
from core.generation.pairs import Chance
from core.generation.score import Score
from core.generation.whole import Option
from core.generation.words import WHOLE, Thought, unpacked
from core.processes import ROOT

_PATIENCE = 60.0  # seconds that somebody waits on a shared server before it is said that the model is busy


class Service:
    """The child processes, each with one conversation at a time."""

    def __init__(self, places: int = 1, patience: float | None = None) -> None:
        """`places` is the most children at a time; `patience` in seconds, None waits for as long as it takes."""
        self._places, self._patience = places, patience
        self._turn = threading.Condition()
        self._waiting: deque[object] = deque()
        self._busy = 0
        self._idle: list[subprocess.Popen] = []

    def share(self, places: int) -> None:
        """Lets as many children as `places` answer many people, none of whom waits without being told."""
        with self._turn:
            self._places, self._patience = places, _PATIENCE
            self._turn.notify_all()

    def warm(self) -> None:
        """Starts a child if there is none, without waiting for it."""
        with self._turn:
            if not self._busy and not any(child.poll() is None for child in self._idle):
                self._idle = [_start()]

    def rest(self) -> None:
        """Ends the children that answer nobody; the next question starts another."""
        with self._turn:
            for child in self._idle:
                _bury(child)
            self._idle = []

    def next_tokens(
        self, folder: Path, text: str, sampling: Sampling, adapter: Path | None = None, count: int = 10
    ) -> list[Candidate]:
        """See `core.generation.generate.next_tokens`; `text` begins a text."""
        question = {"ask": "next_tokens", "text": text, "count": count}
        (answer,) = self._ask(question, folder, adapter, sampling)
        return [Candidate(**candidate) for candidate in answer]

    def thought(self, folder: Path, text: str, count: int = 10) -> Thought:
        """See `core.generation.words.think`; `text` begins a text."""
        (answer,) = self._ask({"ask": "thought", "text": text, "count": count}, folder)
        return unpacked(answer)

    def words(
        self,
        folder: Path,
        text: str,
        asked: Sequence[str] = (),
        sampling: Sampling = WHOLE,
        count: int = 10,
        adapter: Path | None = None,
        task: str = "write",
        language: str = "es",
        written: str = "",
    ) -> tuple[list[Candidate], list[float]]:
        """Answers the likeliest words after `text` and the chance of each of the `asked`; see `core.generation.words`.

        Asked words are given with the space that parts them from the text. What the model had already `written` stands
        behind the form that `task` gives the text: of a beginning that it continues it may as well be part of `text`.
        """
        question = {"ask": "words", "text": text, "words": list(asked), "count": count}
        question |= {"task": task, "language": language, "written": written}
        (answer,) = self._ask(question, folder, adapter, sampling)
        return [Candidate(**candidate) for candidate in answer["candidates"]], answer["chances"]

    def stream(
        self,
        folder: Path,
        text: str,
        sampling: Sampling,
        adapter: Path | None = None,
        task: str = "write",
        language: str = "es",
    ) -> Iterator[Step]:
        """See `core.generation.generate.stream`; `text` is put in the form that `task` gave it in training.

        As `task`, `ASK` puts it in the form of a request; see `core.tokens.form.request`.
        """
        question = {"ask": "stream", "text": text, "task": task, "language": language}
        for answer in self._ask(question, folder, adapter, sampling):
            yield Step(**{**answer, "alternatives": [Candidate(**c) for c in answer["alternatives"]]})

    def compare(self, folder: Path, text: str, options: Sequence[str]) -> list[Option]:
        """See `core.generation.whole.compare`."""
        (answer,) = self._ask({"ask": "compare", "text": text, "options": list(options)}, folder)
        return [Option(**option) for option in answer]

    def surprise(self, folder: Path, texts: Sequence[str]) -> list[Score]:
        """See `core.generation.whole.surprise`."""
        (answer,) = self._ask({"ask": "surprise", "texts": list(texts)}, folder)
        return [Score(**score) for score in answer]

    def pairs(
        self,
        folder: Path,
        left: str,
        right: str,
        words: Sequence[str] = (),
        adapter: Path | None = None,
        count: int = 6,
    ) -> list[Chance]:
        """See `core.generation.pairs.compare`."""
        question = {"ask": "pairs", "left": left, "right": right, "words": list(words), "count": count}
        (answer,) = self._ask(question, folder, adapter)
        return [Chance(**chance) for chance in answer]

    def fill(self, folder: Path, text: str, count: int = 10) -> list[Candidate]:
        """See `core.generation.fill.fill`; the model in `folder` is one that fills gaps."""
        (answer,) = self._ask({"ask": "fill", "text": text, "count": count}, folder)
        return [Candidate(**candidate) for candidate in answer]

    def _ask(self, question: dict, folder: Path, adapter: Path | None = None, sampling: Sampling = WHOLE) -> Iterator:
        question |= {"folder": str(folder), "adapter": adapter and str(adapter), "sampling": asdict(sampling)}
        with self._child() as child:
            ended = False
            try:
                _send(child, question)
                for line in _lines(child):
                    answer = json.loads(line)
                    if "error" in answer:
                        ended = True
                        raise errors.heard(answer["error"])
                    if "end" in answer:
                        ended = True
                        return
                    yield answer["answer"]
                ended = True
                _bury(child)
                raise LessonError("model_process_died")
            except BrokenPipeError as error:
                ended = True
                _bury(child)
                raise LessonError("model_process_died") from error
            finally:
                if not ended:
                    _cancel(child)

    @contextmanager
    def _child(self) -> Iterator[subprocess.Popen]:
        """Gives a child for a conversation, first come, first served. Raises LessonError `models_busy`."""
        me = object()
        with self._turn:
            self._waiting.append(me)
            came = self._turn.wait_for(lambda: self._waiting[0] is me and self._busy < self._places, self._patience)
            self._waiting.remove(me)
            self._turn.notify_all()
            if not came:
                raise LessonError("models_busy", most=self._places, seconds=round(self._patience or 0))
            self._busy += 1
            alive = [child for child in self._idle if child.poll() is None]
            child = alive.pop() if alive else _start()
            self._idle = alive
        try:
            yield child
        finally:
            with self._turn:
                self._busy -= 1
                self._idle.append(child)
                self._turn.notify_all()


def _start() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "core", "serve"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def _cancel(child: subprocess.Popen) -> None:
    """Someone stopped listening: tells the child, and reads what it had still to say."""
    try:
        _send(child, {"ask": "cancel"})
        for line in _lines(child):
            if not json.loads(line).keys().isdisjoint({"end", "error"}):
                return
    except (OSError, ValueError):
        pass  # it cannot be spoken to any more
    _bury(child)


def _bury(child: subprocess.Popen) -> None:
    """Makes sure that a child that no longer answers is gone, so that the next question starts another."""
    child.kill()
    child.wait()


def _send(child: subprocess.Popen, question: dict) -> None:
    pipe = cast(IO[str], child.stdin)
    pipe.write(json.dumps(question) + "\n")
    pipe.flush()


def _lines(child: subprocess.Popen) -> IO[str]:
    return cast(IO[str], child.stdout)


SERVICE = Service()
