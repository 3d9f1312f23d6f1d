"""`python3 -m core remote RUN`: says what leaves, where to, at what cost; asks; then sends and follows."""

import argparse
import sys
from collections.abc import Callable

from core import processes
from core.errors import LessonError
from core.models import account
from core.remote import away, parcel, service
from core.remote.service import Machine
from core.texts import Words, number, unaccented
from core.training.runs import Run

_LEAST_HOURS, _MOST_HOURS = 0.1, 24.0


def remote(run: Run, token: str, options: argparse.Namespace, words: Words, say: Callable[..., None]) -> None:
    """Does what was asked: `--machines` lists, `--cancel` stops, else it sends a run, or follows one that is away.

    Raises LessonError `remote_not_confirmed`, `remote_machine_unknown`, `remote_hours`, `run_not_away`, and those of
    `away` and `service`.
    """
    if options.machines:
        for machine in service.machines(token):
            print(_told(machine, words))
        return
    had_left = away.where(run) is not None
    if options.cancel:
        if not _stopped(run, token, say):
            return
    elif not _is_there(run, token, say):
        if processes.read_state(run.folder)["status"] == "finished" and had_left:
            return
        _send(run, token, options, words, say)
    try:
        away.follow(run, token, say)
    except KeyboardInterrupt:
        say("remote.goes_on", run=run.folder)
        raise
    say("remote.done")


def _stopped(run: Run, token: str, say: Callable[..., None]) -> bool:
    """Stops a run there. Answers whether it is to be followed from here to its end."""
    if away.where(run) is None:
        raise LessonError("run_not_away", run=run.name)
    is_followed = away.is_followed(run)
    away.cancel(run, token)
    if is_followed:
        say("remote.told_there")
    return not is_followed and _is_there(run, token, say)


def _is_there(run: Run, token: str, say: Callable[..., None]) -> bool:
    """Says whether there is something to follow; and says to her that what was left from before is deleted."""
    had_left = away.where(run) is not None
    is_there = away.is_still_there(run, token)
    if had_left and not is_there:
        say("remote.cleaned")
    return is_there


def _send(run: Run, token: str, options: argparse.Namespace, words: Words, say: Callable[..., None]) -> None:
    away.check(run)
    if not _LEAST_HOURS <= options.hours <= _MOST_HOURS:
        raise LessonError("remote_hours", hours=options.hours, least=_LEAST_HOURS, most=_MOST_HOURS)
    owner = account.whoami(token).owner
    machine = _chosen(service.machines(token), options.machine)
    at_most = None if machine.dollars is None else machine.dollars * options.hours
    print(words("remote.leaves", rows=parcel.rows(run), owner=owner), file=sys.stderr)
    print(words("remote.machine", machine=_told(machine, words)), file=sys.stderr)
    cost = "remote.at_most" if at_most is not None else "remote.price_unknown"
    said = "" if at_most is None else number(at_most, words.language, 2)
    print(words(cost, hours=options.hours, dollars=said), file=sys.stderr, flush=True)
    if not options.yes and not _confirmed(words):
        raise LessonError("remote_not_confirmed")
    away.send(run, token, owner, machine.name, round(options.hours * 3600), say)


def _chosen(offered: list[Machine], name: str | None) -> Machine:
    """Answers the machine of that name; without one, the cheapest whose price is told by the hour."""
    found = next((machine for machine in offered if name in (None, machine.name)), None)
    if found is None:
        raise LessonError("remote_machine_unknown", name=name or "—", machines=", ".join(one.name for one in offered))
    return found


def _told(machine: Machine, words: Words) -> str:
    """Answers a machine and its price, as the service says it."""
    facts = {"name": machine.name, "title": machine.title, "card": machine.card}
    if machine.dollars is None:
        return words("remote.one_unpriced", **facts)
    return words("remote.one", dollars=number(machine.dollars, words.language, 2), **facts)


def _confirmed(words: Words) -> bool:
    if not sys.stdin.isatty():
        return False
    print(words("remote.ask"), end=" ", file=sys.stderr, flush=True)
    said = unaccented(sys.stdin.readline().strip().lower())
    return bool(said) and unaccented(words("remote.yes")).startswith(said)
