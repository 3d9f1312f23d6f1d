"""A run that is killed again and again, at any moment of its life, loses nothing and ends as if nobody had."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import pytest
from following import (
    LEFT_AT_THE_END,
    TRUE_WITHIN,
    distance,
    ended,
    kept,
    slow,
    status,
    wait,
    weights,
)

from core import processes
from core.project import Project
from core.training import checkpoints, runs, verdict, watch
from core.training.runs import Run


def worker_of(run: Run) -> psutil.Process | None:
    """Answers the child of ours that works, or is about to, on a run; before it has said so, too."""
    for child in psutil.Process().children():
        try:
            if str(run.folder) in child.cmdline():
                return child
        except psutil.Error:
            continue
    return None


@pytest.fixture(scope="module", autouse=True)
def born_as_ever(nursery: Callable) -> Iterator[None]:
    """No worker here comes from the nursery: it is killed while it still loads the libraries, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "spawn", nursery)
        yield


pytestmark = slow  # several minutes
KILLS = 30
AT_MOST_A_RUN = 6


def heard(run: Run) -> bool:
    return (run.folder / "before.json").exists() and not run.metrics.exists()


def saving(run: Run) -> bool:
    return any(not (folder / "trainer_state.json").exists() for folder in run.checkpoints.glob("checkpoint-*"))


def sealing(run: Run) -> bool:
    return any(not checkpoints.is_whole(folder) for folder in run.checkpoints.glob("checkpoint-*"))


def ending(run: Run) -> bool:
    return any(run.folder.glob(".adapter.*"))


SHORT_MOMENTS = (heard, saving, sealing, ending)  # chance alone would seldom meet them


@dataclass
class Killed:
    """A run that was killed again and again, and what was read within five seconds of each kill."""

    run: Run
    states: list[dict] = field(default_factory=list)
    moments: list[str] = field(default_factory=list)


def kill_once(killed: Killed, moment: float | Callable[[Run], bool]) -> None:
    """Starts a run and kills it so many seconds later, or when it is seen to do something; reads what is said then."""
    run = killed.run

    def strike() -> None:
        began = time.monotonic()
        while (worker := worker_of(run)) is None:
            time.sleep(0.01)
        with suppress(psutil.NoSuchProcess):
            while worker.status() != psutil.STATUS_ZOMBIE:
                if moment(run) if callable(moment) else time.monotonic() - began >= moment:
                    worker.kill()
                    return
                time.sleep(0.004)

    striker = threading.Thread(target=strike)
    striker.start()
    runs.start(run)
    striker.join()
    wait(lambda: status(run) not in processes.ACTIVE, TRUE_WITHIN)
    killed.states.append(processes.read_state(run.folder))
    killed.moments.append(getattr(moment, "__name__", f"{moment}"))


@pytest.fixture(scope="module")
def killed(project: Project, new_run: Callable[..., Run], finished_run: Run) -> list[Killed]:
    """Runs that are killed again and again, at seeded moments of a life, and then left to end."""
    life = processes.read_state(finished_run.folder)["seconds"]
    chance = random.Random(2026)
    moments = [*SHORT_MOMENTS, *(chance.uniform(0, life) for _ in range(KILLS - len(SHORT_MOMENTS)))]
    chance.shuffle(moments)
    stories: list[Killed] = []
    while moments:
        story = Killed(new_run(project))
        stories.append(story)
        while moments and status(story.run) != "finished" and len(story.states) < AT_MOST_A_RUN:
            kill_once(story, moments.pop())
        if status(story.run) != "finished":
            runs.start(story.run)
            ended(story.run)
    return stories


def test_it_is_killed_at_any_moment_and_the_state_is_true_after_each(killed: list[Killed]):
    states = [state for story in killed for state in story.states]
    assert len(states) == KILLS
    # `none` is the truth of a process that was killed before its first word.
    assert {state["status"] for state in states} <= {"none", "died", "finished"}
    # The others came before its first word or after its last: how long a life is, a busy machine changes.
    assert Counter(state["status"] for state in states)["died"] > KILLS / 3


def test_however_often_it_was_killed_it_ends_with_the_very_weights_of_an_undisturbed_run(
    killed: list[Killed], finished_run: Run
):
    for story in killed:
        state = processes.read_state(story.run.folder)
        assert (state["status"], state["step"]) == ("finished", 30), story.moments
        assert distance(weights(story.run), weights(finished_run)) == 0, story.moments


def test_however_often_it_was_killed_every_step_and_every_sample_is_told(killed: list[Killed], finished_run: Run):
    for story in killed:
        assert watch.curve(story.run) == watch.curve(finished_run), story.moments
        assert watch.samples(story.run) == watch.samples(finished_run), story.moments
        assert verdict.read(story.run) == verdict.read(finished_run), story.moments


def test_however_often_it_was_killed_nothing_half_written_stays(killed: list[Killed]):
    for story in killed:
        assert {path.name for path in story.run.folder.iterdir()} == LEFT_AT_THE_END, story.moments
        assert all(checkpoints.is_whole(folder) for folder in story.run.checkpoints.iterdir()), story.moments
        assert len(kept(story.run)) == 2, story.moments
