"""A line on disk of processes that wait for the same thing: first come, first served, and fair to who comes often.

    <workspace>/lines/<name>/clock.json            the last number given, the round being served, how long turns took
    <workspace>/lines/<name>/<number>.json         a ticket: who waits, for whom, and for about how long

Who comes once is served in the order of coming. Of an owner's several tickets each belongs to a later round, so that
nobody's second turn is before another's first (start-time fair queueing: Goyal, Vin and Cheng, 1996). Who was killed,
or whose machine was started anew, is no more in line as soon as anybody looks.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from core import limits, processes, storage
from core.processes import State

TRAINING, HELPING = "training", "helping"  # the lines: of runs, and on a shared server of all else that takes a core
_LOOK_SECONDS = 0.5
_REMEMBERED = 9  # turns whose length is kept: the next is about as long as their median


@dataclass(frozen=True)
class Ticket:
    """A place in a line. `told` is the folder whose state.json says how the work goes, once it is served.

    `seconds` is how long the work was promised to take, None where nobody knows; `began` (s since 1970) is 0 while it
    waits.
    """

    number: int
    round: int
    owner: str
    told: str
    seconds: float | None
    pid: int
    born: str
    began: float = 0.0


@dataclass(frozen=True)
class Place:
    """How many are ahead, and in about how many seconds they will have ended; None where nobody knows."""

    ahead: int
    seconds: float | None


def folder(workspace: Path, name: str) -> Path:
    return workspace / "lines" / name


@contextmanager
def turn(
    line: Path, owner: str, state: State, seconds: float | None = None, given_up: Callable[[], bool] = lambda: False
) -> Iterator[bool]:
    """Waits for a turn, telling the place in `state`, and holds it for the block; False where it was `given_up`.

    Of who the `owner` is only a digest stands in the ticket: the name opens her projects.
    """
    if _hosted(state):
        processes.give_way()
    began = time.monotonic()
    ticket = join(line, storage.fingerprint(owner), state.path.parent, seconds)
    try:
        while not advance(line, ticket):
            here = place(line, ticket)
            state.write(status="waiting", ahead=here.ahead, seconds_ahead=here.seconds)
            if given_up():
                yield False
                return
            time.sleep(_LOOK_SECONDS)
        state.leave_out(time.monotonic() - began)
        yield True
    finally:
        leave(line, ticket)


@contextmanager
def helping(state: State, given_up: Callable[[], bool] = lambda: False) -> Iterator[bool]:
    """On a shared server, lets one process at a time measure, evaluate, write or merge; elsewhere waits for nobody."""
    project = _hosted(state)
    if project is None:
        yield True
        return
    owner = storage.load_json(project / "project.json")["owner"]
    with turn(folder(project.parent, HELPING), owner, state, given_up=given_up) as ours:
        yield ours


def _hosted(state: State) -> Path | None:
    """Answers the folder of the project whose work a state tells, if it was begun on a shared server."""
    return next((above for above in state.path.parents if limits.of(above)), None)


def join(line: Path, owner: str, told: Path, seconds: float | None = None) -> Ticket:
    """Takes a ticket for this process. Raises LessonError `disk_full`, `cannot_write`."""
    with _alone(line):
        clock = _clock(line)
        rounds = [ticket.round for ticket in standing(line) if ticket.owner == owner]
        ticket = Ticket(
            clock["number"] + 1,
            1 + max([clock["round"], *rounds]),
            owner,
            str(told),
            seconds,
            os.getpid(),
            processes.birth(os.getpid()),
        )
        storage.write_json(line / "clock.json", {**clock, "number": ticket.number})
        _write(line, ticket)
    return ticket


def advance(line: Path, ticket: Ticket, places: int = 1) -> bool:
    """Says whether it is the ticket's turn, of as many as `places` at a time; from then on it is, until `leave`."""
    with _alone(line):
        tickets = standing(line)
        mine = next((one for one in tickets if one.number == ticket.number), ticket)
        if mine.began:
            return True
        served = sum(one.began > 0 for one in tickets)
        waiting = [one.number for one in tickets if not one.began]
        if ticket.number not in waiting[: max(0, places - served)]:
            return False
        clock = _clock(line)
        storage.write_json(line / "clock.json", {**clock, "round": max(clock["round"], ticket.round)})
        _write(line, replace(ticket, began=time.time()))
    return True


def leave(line: Path, ticket: Ticket) -> None:
    """Gives the ticket back; how long its turn took helps to foretell the others'."""
    with _alone(line):
        path = _path(line, ticket)
        content = storage.read_json(path)
        if content and content["began"]:
            clock = _clock(line)
            took = [*clock["took"], max(0.0, time.time() - content["began"])][-_REMEMBERED:]
            storage.write_json(line / "clock.json", {**clock, "took": took})
        path.unlink(missing_ok=True)


def standing(line: Path) -> list[Ticket]:
    """Answers who is in line: those being served, then the others in the order in which they will be.

    Tickets of processes that are gone, and what is no ticket, are taken away.
    """
    found = []
    for path in line.glob("[0-9]*.json"):
        try:
            ticket = Ticket(**(storage.read_json(path) or {}))
        except TypeError:
            ticket = None
        if ticket and processes.is_alive(ticket.pid, ticket.born):
            found.append(ticket)
        else:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda ticket: (not ticket.began, ticket.round, ticket.number))


def place(line: Path, ticket: Ticket) -> Place:
    """Answers where a ticket stands."""
    tickets = standing(line)
    numbers = [one.number for one in tickets]
    ahead = tickets[: numbers.index(ticket.number)] if ticket.number in numbers else tickets
    return Place(len(ahead), seconds_until(line, ahead))


def seconds_until(line: Path, ahead: Sequence[Ticket]) -> float | None:
    """Answers in about how many seconds all of `ahead`, one after the other, will have ended.

    A turn that is being served says how long it still takes; of one that waits its promise is believed, else what
    turns took here before. None where there is nothing to go by.
    """
    took = _clock(line)["took"]
    usual = statistics.median(took) if took else None
    total = 0.0
    for ticket in ahead:
        whole = usual if ticket.seconds is None else ticket.seconds
        told = processes.read_state(Path(ticket.told)).get("seconds_left") if ticket.began else None
        if told is not None:
            total += told
        elif whole is None:
            return None
        else:
            total += max(0.0, whole - (time.time() - ticket.began)) if ticket.began else whole
    return total


def _alone(line: Path) -> FileLock:
    with storage.disk_errors(line / "clock.json"):
        line.mkdir(parents=True, exist_ok=True)
    return FileLock(line / "line.lock")


def _clock(line: Path) -> dict:
    """Answers the line's clock; a lost one goes on behind the tickets that there are."""
    numbers = [int(path.stem) for path in line.glob("[0-9]*.json") if path.stem.isdigit()]
    begun = {"number": max(numbers, default=0), "round": 0, "took": []}
    return begun | (storage.read_json(line / "clock.json") or {})


def _write(line: Path, ticket: Ticket) -> None:
    storage.write_json(_path(line, ticket), asdict(ticket))


def _path(line: Path, ticket: Ticket) -> Path:
    return line / f"{ticket.number:09}.json"
