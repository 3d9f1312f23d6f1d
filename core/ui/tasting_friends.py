"""The tasting for friends on the page: the file to send, the files that come back, and what all say together."""

import streamlit as st

from core import texts
from core.errors import LessonError
from core.evaluation import answers, friends, tasting
from core.evaluation.friends import Friend, Together
from core.evaluation.tasting import Tasting
from core.training.runs import Run
from core.ui import problem, tasting_result
from core.ui.lesson import Lesson
from core.ui.plain import plain

_TOLD = "12.friends"  # what came of the files read last: words and errors, and how many readings there were
_EVEN = 0.5
# At 0.8 conclusions are safe, at 0.667 tentative (Krippendorff, 2004, "Content Analysis", p. 241); 0.2 is ours.
_AGREE = (("strong", 0.8), ("some", 0.667), ("little", 0.2))


def show(run: Run, tasted: Tasting, step: Lesson) -> None:
    known = friends.kept(run, tasted)
    sitting = answers.sitting(run, tasted)
    if known and sitting.revealed:
        _together(run, tasted, known, step)
    with st.expander(step("friends"), icon=":material/group:", key="friends"):
        st.markdown(step.words.body("friends"))
        name = f"{step('friends.pack.file')}-{tasted.id[:4]}.html"
        st.download_button(
            step("friends.pack"), friends.pack(tasted), name, "text/html",
            key="friends.pack", icon=":material/outgoing_mail:", on_click="ignore",
        )  # fmt: skip
        _receive(run, tasted, step)
        if known and not sitting.revealed:
            st.caption(step("friends.waiting", names=", ".join(plain(friend.name) for friend in known)))
        with st.container(horizontal=True):
            for friend in known:
                st.button(
                    step("friends.forget", name=plain(friend.name)), key=f"friends.forget.{friend.name}",
                    type="tertiary", icon=":material/close:", on_click=friends.forget, args=(run, friend),
                )  # fmt: skip


def _receive(run: Run, tasted: Tasting, step: Lesson) -> None:
    """Takes the files that came back; a fresh uploader then stands in place of the one that held them."""
    told = st.session_state.get(_TOLD, {"readings": 0, "said": []})
    key = f"friends.files.{told['readings']}"
    st.file_uploader(
        step("friends.upload"), type=["json"], accept_multiple_files=True, key=key, max_upload_size=1,
        on_change=_read, args=(key, run, tasted),
    )  # fmt: skip
    for said in told["said"]:
        if isinstance(said, LessonError):
            problem.show(said, step.language)
        else:
            how, friend = said
            count = {"answers": len(friend.answers), "pairs": len(tasted.pairs)}
            st.success(step(f"friends.read.{how}", name=plain(friend.name), **count), icon=":material/check:")


def _read(key: str, run: Run, tasted: Tasting) -> None:
    said: list[LessonError | tuple[str, Friend]] = []
    for file in st.session_state[key]:
        try:
            friend = friends.read(tasted, file.name, file.getvalue())
            said.append((friends.keep(run, tasted, friend), friend))
        except LessonError as error:
            said.append(error)
    readings = st.session_state.get(_TOLD, {"readings": 0})["readings"]
    st.session_state[_TOLD] = {"readings": readings + 1, "said": said}


def _together(run: Run, tasted: Tasting, known: list[Friend], step: Lesson) -> None:
    """Shows everyone's choices with their names, hers among them, whom they prefer and how far they agree."""
    mine = answers.sitting(run, tasted).answers
    everyone = {plain(friend.name): dict(enumerate(friend.answers)) for friend in known}
    if mine:
        everyone = {step("friends.you"): dict(mine), **everyone}
    found = friends.together(run, tasted, list(everyone.values()))
    wins = found.counts["adapted"]
    total = step("friends.total", tasters=found.tasters, wins=wins, preferences=wins + found.counts["base"])
    st.markdown(f"#### {total}")
    if found.pooled:
        tasting_result.margin(*found.pooled, step, "friends.margin")
        _, low, high = found.pooled
        ahead = "adapted" if low > _EVEN else "base" if high < _EVEN else None
        st.markdown(step(f"friends.more.{ahead}") if ahead else step("friends.chance"))
    _each(run, everyone, tasted, step)
    _agreement(found, step)


def _each(run: Run, everyone: dict[str, dict[int, str]], tasted: Tasting, step: Lesson) -> None:
    heads = (step("friends.who"), step("side.adapted"), step("side.base"), step("tasting.neither"))
    lines = ["| " + " | ".join(heads) + " |", "|---|--:|--:|--:|"]
    for name, said in everyone.items():
        outcomes = list(answers.outcomes(tasting.key(run), said).values())
        counts = " | ".join(str(outcomes.count(outcome)) for outcome in answers.OUTCOMES)
        lines.append(f"| {name} | {counts} |")
    st.container(key="friends-each").markdown("\n".join(lines))


def _agreement(found: Together, step: Lesson) -> None:
    if found.tasters < 2:
        st.caption(step("friends.alone"))
    elif found.alpha is None:
        st.markdown(step("friends.agree.same"))
    else:
        level = next((name for name, least in _AGREE if found.alpha >= least), "none")
        st.markdown(step(f"friends.agree.{level}"))
        st.caption(step("friends.alpha", alpha=texts.number(found.alpha, step.language, 2)))
