"""One run on several processes: who speaks and writes, how all decide the same, what each of them reads.

`accelerate launch` and `torchrun` give each process its number (`RANK`) and say how many they are (`WORLD_SIZE`).
Process 0 is the main one: it alone holds the run's lock and its turn, writes its files and tells how it goes. Without
such a launcher there is one process, the main one, and everything here answers at once.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from core.errors import LessonError
from core.generation.score import Score, score
from core.tokens.encode import IGNORED
from core.training.settings import Settings

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import nn

T = TypeVar("T")
_TOGETHER = timedelta(minutes=30)  # torch's own limit: so long may a process wait for the others before it gives up
_IN_LINE = timedelta(days=14)  # the others wait while the main process waits for its turn to train
_LOST = ("connection closed", "connection reset", "connectionreseterror", "timed out", "socket", "nccl", "gloo", "peer")

TOLD_TO_END = threading.Event()  # set in a process that was told to end and, not being the main one, may write nothing


def count() -> int:
    """Answers how many processes train this run together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def number() -> int:
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    return number() == 0


def is_first_here() -> bool:
    """Says whether this process is the one that speaks on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0


def is_sharded() -> bool:
    """Says whether each process keeps only its part of the model (FSDP): then a pass through it takes all of them."""
    return count() > 1 and os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"


# ---------------------------------------------------------------- coming together


class Call:
    """The main process's one word to the others: to begin, or why there is nothing to begin.

    It is how many processes the run began with; or None, where it was paused while it waited in line; or the code and
    the facts of the LessonError that the main process ends with.
    """

    def __init__(self) -> None:
        self.group: object = None
        self.said = count() == 1

    def say(self, word: int | tuple[str, dict] | None) -> None:
        if not self.said:
            self.said = True
            _broadcast(word, self.group)

    def hear(self) -> int | tuple[str, dict] | None:
        word = _broadcast(None, self.group)
        if isinstance(word, tuple):
            # The launcher ends all of them as soon as one ends: this one waits until the main one has said why.
            with suppress(RuntimeError):
                _broadcast(None, self.group)
        return word  # type: ignore[return-value]


@contextmanager
def together() -> Iterator[Call]:
    """Joins the processes of this run; where the main one leaves without a word, the others hear why."""
    call = Call()
    if count() == 1:
        yield call
        return
    import torch
    import torch.distributed as dist

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))  # "cuda" means this card from here on
    dist.init_process_group("cuda:nccl,cpu:gloo" if torch.cuda.is_available() else "gloo", timeout=_TOGETHER)
    call.group = dist.new_group(backend="gloo", timeout=_IN_LINE)
    try:
        yield call
    except LessonError as error:
        if is_main():
            call.say((error.code, error.facts))
        raise
    if is_main():
        call.say(None)
    dist.destroy_process_group()


def _broadcast(value: object, group: object = None) -> object:
    import torch.distributed as dist

    box = [value]
    dist.broadcast_object_list(box, src=0, group=group)
    return box[0]


# ---------------------------------------------------------------- deciding the same


def same(value: T) -> T:
    """Answers the main process's value, in all of them."""
    return value if count() == 1 else _broadcast(value)  # type: ignore[return-value]


def strongest(words: Sequence[T], mine: T) -> T:
    """Answers, in all processes, the last of `words` that any of them has."""
    if count() == 1:
        return mine
    import torch
    import torch.distributed as dist

    place = torch.tensor(words.index(mine))
    dist.all_reduce(place, op=dist.ReduceOp.MAX)
    return words[int(place)]


def meet() -> None:
    """Waits until all processes are here."""
    strongest((None,), None)


def is_lost(error: Exception) -> bool:
    """Says whether `error` is how torch tells that another process is gone."""
    said = str(error).lower()
    return count() > 1 and isinstance(error, RuntimeError) and any(sign in said for sign in _LOST)


# ---------------------------------------------------------------- reading together


def shared(settings: Settings, began_with: int) -> Settings:
    """Answers what each process reads so that an update has the rows it had with `began_with` processes.

    The texts of an update are batch × accumulation × processes. Raises LessonError `processes_do_not_divide`.
    """
    rows = settings.batch_size * settings.gradient_accumulation_steps * began_with
    if count() == began_with:
        return settings
    if rows % count():
        raise LessonError("processes_do_not_divide", before=began_with, now=count(), rows=rows)
    each = rows // count()
    batch = next(size for size in range(min(settings.batch_size, each), 0, -1) if each % size == 0)
    return replace(settings, batch_size=batch, gradient_accumulation_steps=each // batch)


def blank_rows(rows: int, batch_size: int) -> int:
    """Answers how many rows are missing for every process to read the same number of whole batches."""
    return -rows % (batch_size * count()) if count() > 1 else 0


def filled(rows: "Dataset", blanks: int) -> "Dataset":
    """Adds rows from which nothing is learned.

    Left alone, accelerate would fill up an epoch with its first texts again, and they would count twice.
    """
    if not blanks:
        return rows
    from datasets import Dataset, concatenate_datasets

    lengths = list(rows["length"])
    shortest = rows[lengths.index(min(lengths))]
    blank = {**shortest, "labels": [IGNORED] * len(shortest["labels"])}
    return concatenate_datasets([rows, Dataset.from_list([blank] * blanks, features=rows.features)])


def scores(model: "nn.Module", rows: Sequence[dict]) -> list[Score]:
    """Scores rows as `score` does; each process takes its part of them, and all get all the answers."""
    if count() == 1 or is_sharded():
        return same(score(model, rows))
    import torch.distributed as dist

    parts: list[list[Score]] = [[] for _ in range(count())]
    dist.all_gather_object(parts, score(model, rows[number() :: count()]))
    return [parts[place % count()][place // count()] for place in range(len(rows))]
