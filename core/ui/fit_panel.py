"""Does it fit here? A guess first; then one bar for using a model and one for each way of training it."""

import streamlit as st

from core import machine
from core.models import fit
from core.models.fit import Shaped
from core.ui import plots
from core.ui.lesson import Lesson

# Memory to adapt it with LoRA, in MB: the edges between one guess and the next.
GUESSES = {"tiny": 200, "small": 1000, "medium": 4000, "large": 0}
_GUESSED = "03.guessed"


def show(step: Lesson, reference: str, model: Shaped, is_rough: bool = False) -> None:
    """Asks her how much it will be, and then shows what it is; once said, a guess is not asked again."""
    st.markdown(f"**{step('fit')}**")
    guesses = st.session_state.setdefault(_GUESSED, {})
    guess = st.pills(
        step("guess"),
        list(GUESSES),
        format_func=lambda code: step(f"guess.{code}"),
        default=guesses.get(reference),
        key=f"guess.{reference}",
    )
    if guess is None:
        st.caption(step.words.body("guess"))
        return
    guesses[reference] = guess
    precision = machine.precision().value
    free, needed = machine.free_memory_mb(), fit.needs(model, precision)
    right = band(needed["lora"])
    said = {"guess": step(f"guess.{guess}"), "needed": round(needed["lora"], -1)}
    st.markdown(step("guess.right" if guess == right else "guess.other", **said))
    verdict = fit.verdict(model, precision, free)
    facts = {name: round(mb, -1) for name, mb in needed.items()} | {"free": round(free, -1)}
    bars = {**needed, "free": free}
    names, labels = [step(f"bar.{name}") for name in bars], [step("bar.mb", mb=round(mb, -1)) for mb in bars.values()]
    figure = plots.against(names, list(bars.values()), labels)
    plots.show(figure, step("fit.alt", **facts), f"fit.{reference}", height=280)
    st.markdown(step(f"fit.{verdict}", **facts))
    st.caption(step.words.body("fit", texts=fit.TEXTS_A_BATCH, tokens=fit.TOKENS_A_TEXT))
    if is_rough:
        st.caption(step("fit.rough"))


def band(needed_mb: float) -> str:
    """Answers the guess that would have been right."""
    return next((code for code, edge in GUESSES.items() if needed_mb < edge), "large")
