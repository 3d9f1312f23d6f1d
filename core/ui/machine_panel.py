"""This machine, in step 2: guessed first, then drawn, then said."""

import streamlit as st

from core import machine, texts
from core.errors import LessonError
from core.machine import Machine
from core.models import account, sizes
from core.models.sizes import Reach
from core.project import workspace
from core.ui import plots, problem
from core.ui.lesson import Lesson
from core.ui.tables import facts_table

_LITTLE_DISK_GB = 5  # a model of 1 700 million parameters takes 3.4 in bf16, and a download needs room to spare
_SEEN = "02.machine"  # what was looked at, so that the picture, the facts and the exercise speak of one moment


def guess_and_look(step: Lesson) -> Machine | None:
    """Asks how much memory she thinks is free, and shows it when she asks. Answers the machine once it was seen."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    guess = left.number_input(
        step("guess"), 0.0, 10_000.0, step.kept("free_memory"), step=0.5, format="%.1f", key="02.guess"
    )
    seen: tuple[Machine, Reach] | None = st.session_state.get(_SEEN)
    label = step("guess.again") if seen else step("guess.look")
    if right.button(label, key="02.look", icon=":material/visibility:", width="stretch"):
        seen = st.session_state[_SEEN] = machine.inspect(workspace()), sizes.reach()
        if guess is not None:
            step.keep(free_memory=guess)
    if seen is None:
        return None
    here, reach = seen
    if guess is not None:
        st.markdown(step("guess.said", guess=guess, free=round(here.free_memory_gb, 1)))
    _picture(step, here, reach)
    _facts(step, here)
    _allowed(step, here, reach)
    return here


def _picture(step: Lesson, here: Machine, reach: Reach) -> None:
    """One bar: what others use, what the classroom's model would take to be adapted, and what would be left."""
    c = plots.colours()
    ours = min(reach.classroom / 1e3, here.free_memory_gb)
    parts = {
        "bar.used": (here.memory_gb - here.free_memory_gb, c["quiet"]),
        "bar.classroom": (ours, c["other"]),
        "bar.left": (here.free_memory_gb - ours, c["main"]),
    }
    figure = plots.stacked({step(name): part for name, part in parts.items()}, step("bar.unit"))
    said = {name: round(size, 1) for name, (size, _) in zip(("used", "classroom", "left"), parts.values(), strict=True)}
    plots.show(figure, step("bar.alt", **said), "02.memory", height=230)
    st.caption(step("bar.alt", **said))


def _facts(step: Lesson, here: Machine) -> None:
    precision = machine.precision()
    facts_table(
        step.words,
        {
            "machine.cores": here.cores,
            "machine.memory": round(here.memory_gb, 1),
            "machine.free_memory": round(here.free_memory_gb, 1),
            "machine.disk": round(here.free_disk_gb, 1),
            "machine.gpu": here.gpu or step("machine.no_gpu"),
            "machine.precision": precision.value,
        },
    )
    st.markdown(step(f"reason.{precision.reason}", **precision.facts))


def _allowed(step: Lesson, here: Machine, reach: Reach) -> None:
    """What that allows, in sentences."""
    enough = sizes.ROOM * reach.free >= reach.classroom
    st.markdown(step("machine.enough" if enough else "machine.tight", needed=round(reach.classroom / 1e3, 1)))
    fits = "sizes.none" if not reach.use else "sizes.use" if reach.adapt else "sizes.only_use"
    st.markdown(step(fits, use=reach.use, adapt=reach.adapt, ours=reach.ours))
    if here.gpu:
        st.markdown(step("sizes.on_card", free=round(reach.free / 1e3, 1)))
    if here.free_disk_gb < _LITTLE_DISK_GB:
        st.markdown(step("disk.tight", disk=round(here.free_disk_gb, 1)))
    st.caption(step("sizes.how", longest=sizes.LONGEST))


def connection(step: Lesson) -> None:
    """Asks the Hub something small when she presses; nothing leaves before."""
    if not st.button(step("connection.try"), key="02.connection", icon=":material/wifi:"):
        return
    try:
        with st.spinner(step("connection.trying")):
            seconds = account.reach()
    except LessonError as error:
        problem.show(error, step.language)
        return
    st.success(step("connection.well", seconds=texts.number(seconds, step.language, 1)), icon=":material/wifi:")
