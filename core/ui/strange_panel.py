"""Step 4: which of her beginnings the model finds the oddest; she bets before it is told."""

from pathlib import Path

import streamlit as st

from core import texts
from core.generation.service import SERVICE
from core.ui import plots, problem, testbed_panel
from core.ui.lesson import Lesson
from core.ui.plain import plain

_SAID = "04.strange.said"  # the beginnings that were measured last, and among how many pieces the model wavered
_LONGEST = 60  # characters of a beginning in a sentence


def show(step: Lesson, folder: Path) -> None:
    kept = {name: one for name, one in testbed_panel.boxes(step.project).items() if one.text}
    if len(kept) < 2:
        st.info(step("strange.few"), icon=":material/edit:")
        return
    written = [one.text for one in kept.values()]
    shown = [_short(text) for text in written]
    bet = st.pills(
        step("strange.bet"), range(len(written)), format_func=lambda at: plain(shown[at]), key="04.strange.bet"
    )
    if st.button(step("strange.button"), key="strange", type="primary", icon=":material/speed:"):
        with problem.shown(step.language, step("waking")):
            scores = SERVICE.surprise(folder, written)
            st.session_state[_SAID] = written, [score.perplexity for score in scores]
    measured, pieces = st.session_state.get(_SAID, ([], []))
    if measured == written:
        _told(step, shown, pieces, bet)


def _told(step: Lesson, shown: list[str], pieces: list[float], bet: int | None) -> None:
    order = sorted(range(len(pieces)), key=lambda at: -pieces[at])
    most, least = order[0], order[-1]
    told = step(
        "strange.told",
        text=plain(shown[most]),
        count=round(pieces[most]),
        calm=plain(shown[least]),
        least=round(pieces[least]),
    )
    if bet is not None:
        told += " " + step("limits.foreseen" if bet == most else "limits.unforeseen")
    st.markdown(told)
    labels = [texts.number(pieces[at], step.language, 0) for at in order]
    place = order.index(bet) if bet is not None else None
    figure = plots.words([shown[at][:24] for at in order], [pieces[at] for at in order], labels, place)
    plots.show(figure, told, "04.strange.bars", height=60 + 34 * len(order))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
