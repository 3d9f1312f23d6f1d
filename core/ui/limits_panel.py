"""What a model takes for granted, by pairs that differ in a word; what a small one cannot do; when to do without."""

from html import escape
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from core import texts
from core.generation import pairs
from core.generation.pairs import Chance, Pair
from core.generation.service import SERVICE
from core.models import folder as models
from core.texts import Words
from core.ui import plots, problem, writing
from core.ui.plain import plain

OWN = "own"
SIDES = ("left", "right", "alike")
_LONGEST = 30  # characters of the words by which a beginning is called


@st.fragment
def show(words: Words, folder: Path, key: str, adapter: Path | None = None) -> None:
    """Asks for a pair and her bet, and shows both probabilities: the base's, and with `adapter` the adapted one's too.

    `key` keeps apart what is asked in each step; the words are those of `writing` and `limits`. When to do without is
    told where nothing is adapted yet.
    """
    parts = ("limits.cannot", "limits.without") if adapter is None else ("limits.cannot",)
    if writing.task_of(folder) != "write":  # it has no next word to ask about
        st.caption(words("limits.lent"))
        folder, adapter = models.find(models.CLASSROOM), None
    pair = _ask(words, folder, key)
    said = f"{key}.limits.said"  # what was measured last: the pair, and by side its chances
    bet = st.pills(
        words("limits.bet", word=plain(pair.word)),
        SIDES,
        format_func=lambda side: words(f"limits.bet.{side}"),
        key=f"{key}.limits.bet.{pair.code}",
    )
    if st.button(words("limits.button"), key=f"{key}.limits", type="primary", icon=":material/balance:"):
        st.session_state.pop(said, None)
        with problem.shown(words.language, words("limits.asking")):
            sides = {"base": None} if adapter is None else {"base": None, "adapted": adapter}
            st.session_state[said] = (
                pair,
                {side: SERVICE.pairs(folder, pair.left, pair.right, [pair.word], on) for side, on in sides.items()},
            )
    measured, chances = st.session_state.get(said, (None, {}))
    if measured == pair:
        _told(words, pair, chances, bet, key)
    for part in parts:
        with st.expander(words(part), icon=":material/lightbulb:"):
            st.markdown(words.body(part))


def _ask(words: Words, folder: Path, key: str) -> Pair:
    """Asks for a pair: one of the workshop's, which can be changed, or her own."""
    given = {pair.code: pair for pair in pairs.given(writing.speaks(folder, words.language))}
    code = st.segmented_control(
        words("limits.pair"),
        [*given, OWN],
        default=next(iter(given)),
        required=True,
        format_func=lambda code: words(f"limits.{code}"),
        key=f"{key}.limits.pair",
        persist_state=writing.KEPT,
    )
    start = given.get(code) or Pair(OWN, "", "", "")
    asked = {
        name: st.text_input(
            words(f"limits.{name}"),
            getattr(start, name),
            key=f"{key}.limits.{code}.{name}",
            persist_state=writing.KEPT,
        )
        for name in ("left", "right", "word")
    }
    return Pair(code, asked["left"], asked["right"], asked["word"].strip())


def _told(words: Words, pair: Pair, chances: dict[str, list[Chance]], bet: str | None, key: str) -> None:
    names = _names(words, pair)
    for side, found in chances.items():
        if len(chances) > 1:
            st.markdown(f"**{words(f'side.{side}').capitalize()}**")
        if found and found[0].asked:
            st.markdown(_sentence(words, found[0], names, bet if side == "base" else None))
        if found:
            _bars(words, found, names, f"{key}.limits.{side}.bars")
    st.caption(words("limits.also"))
    if len(chances) > 1:
        st.caption(words("limits.adapted"))


def _names(words: Words, pair: Pair) -> tuple[str, str]:
    """Answers what to call the two beginnings: by the words that only each has, or by their order."""
    one, other = (" ".join(found) for found in pairs.differing(pair.left, pair.right))
    if not (one and other) or max(len(one), len(other)) > _LONGEST:
        return words("limits.first"), words("limits.second")
    return one, other


def _sentence(words: Words, chance: Chance, names: tuple[str, str], bet: str | None) -> str:
    one, other = (texts.percent(value, words.language, 1) for value in (chance.left, chance.right))
    times = texts.number(chance.times, words.language)
    facts = {"first": plain(names[0]), "second": plain(names[1]), "one": one, "other": other, "times": times}
    said = words(f"limits.told.{chance.likelier}", word=plain(chance.word), **facts)
    return said + (f" {words('limits.foreseen' if bet == chance.likelier else 'limits.unforeseen')}" if bet else "")


def _bars(words: Words, found: list[Chance], names: tuple[str, str], key: str) -> None:
    c = plots.colours()
    figure = go.Figure()
    for side, name, colour in zip(SIDES, names, (c["main"], c["other"]), strict=False):
        values = [getattr(chance, side) for chance in found]
        figure.add_bar(
            x=values,
            y=[plots.visible(chance.word) for chance in found],
            orientation="h",
            name=escape(name),
            marker_color=colour,
            text=[texts.percent(value, words.language, 1) for value in values],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    most = max(max(chance.left, chance.right) for chance in found)
    figure.update_layout(barmode="group", bargap=0.35)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(visible=False, range=[0, 1.25 * most])
    plots.show(figure, words("limits.alt", word=plots.visible(found[0].word)), key, height=80 + 46 * len(found))
