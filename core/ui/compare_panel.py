"""Base and adapted model side by side, same seed and settings, streamed; what was copied; and why a word."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from core import testbed, texts
from core.data.table import rows
from core.errors import LessonError
from core.generation.generate import Sampling, Step
from core.models import folder as models
from core.models.kind import SEQ2SEQ
from core.project import Project
from core.texts import Words
from core.training.runs import Run
from core.ui import copies_view, passage, plots, writing
from core.ui.plain import plain

SIDES = ("base", "adapted")
_WRITTEN = "12.written"  # what was written last: a Pair for each prompt
_MOST_WORDS = 8  # of both models together


@dataclass(frozen=True)
class Pair:
    """What both models wrote from a prompt with this sampling; `seconds` is how long the adapted one took."""

    run: str
    prompt: str
    sampling: Sampling
    steps: dict[str, list[Step]]
    seconds: float


def ask_prompt(run: Run, project: Project, words: Words) -> str:
    """Asks for a prompt: one of her testbed, or her own; to summarise, one of the sealed texts or her own."""
    task = run.record()["task"]
    known = _known(run, project)
    place = 0
    if known:
        place = st.selectbox(
            words(f"prompt.known.{task}"),
            range(len(known)),
            format_func=lambda i: known[i][:80],
            key="prompt_known",
        )
    height = 180 if task == "summarize" else 90
    label = words("prompt.own" if known else "prompt.only")
    return st.text_area(label, known[place] if known else "", key=f"prompt.{place}", height=height)


def compare(run: Run, project: Project, prompt: str, sampling: Sampling, words: Words) -> int:
    """Lets both write on a click, from `prompt` or from her whole testbed, and shows what they wrote last.

    Each click takes another seed, the same for both. Answers the last one.
    """
    with st.container(horizontal=True):
        one = st.button(words("compare"), key="compare", type="primary", icon=":material/compare_arrows:")
        known = _known(run, project) if run.record()["task"] == "write" else []
        every = len(known) > 1 and st.button(words("compare.all", count=len(known)), key="compare.all")
    if one or every:
        st.session_state[_WRITTEN] = [_write(run, text, sampling, words) for text in (known if every else [prompt])]
        st.rerun()
    pairs = [pair for pair in st.session_state.get(_WRITTEN, []) if pair.run == str(run.folder)]
    for place, pair in enumerate(pairs):
        _show(run, pair, place, words)
    if len(pairs) == 1:
        _why(run, pairs[0], words)
    return pairs[-1].sampling.seed if pairs else sampling.seed


def _known(run: Run, project: Project) -> list[str]:
    if run.record()["task"] == "summarize":
        return [row["text"] for row in rows(run.prepared / "test")]
    return [one.text for one in testbed.beginnings(project)]


def _write(run: Run, prompt: str, sampling: Sampling, words: Words) -> Pair:
    record = run.record()
    if record["task"] == "summarize" and not prompt.strip():
        raise LessonError("no_prompt")
    sampling = replace(sampling, seed=random.randrange(10_000))
    steps, seconds = {}, 0.0
    for column, side in zip(st.columns(2), SIDES, strict=True):
        column.caption(words(f"side.{side}"))
        began = time.monotonic()
        with column.container(border=True):
            steps[side] = writing.write(
                Path(record["model_folder"]), prompt, sampling, _adapter(run, side), record["task"], record["language"]
            )
        seconds = time.monotonic() - began
    return Pair(str(run.folder), prompt, sampling, steps, seconds)


def _show(run: Run, pair: Pair, place: int, words: Words) -> None:
    """Shows both texts under their models' names; in the adapted one's, what stands in her texts is marked."""
    opening = writing.opened(pair.prompt) if run.record()["task"] == "write" else ""
    base, adapted = st.columns(2)
    base.caption(words("side.base"))
    passage.show(opening, writing.joined(pair.steps["base"]).rstrip(), base.container(border=True))
    adapted.caption(words("side.adapted"))
    with adapted:
        copies_view.show(
            run, opening, writing.joined(pair.steps["adapted"]), pair.seconds, f"copies.{place}", words.language
        )
    st.caption(words("seed.used", seed=str(pair.sampling.seed)))


def _why(run: Run, pair: Pair, words: Words) -> None:
    """Lets her choose a word of either text, and see how likely both models thought it there, and what else."""
    folder = Path(run.record()["model_folder"])
    if models.describe("", folder).kind == SEQ2SEQ:
        st.caption(words("why.seq2seq"))
        return
    side = st.segmented_control(
        words("why.side"), SIDES, format_func=lambda side: words(f"side.{side}"), default="adapted", required=True,
        key="why.side",
    )  # fmt: skip
    picked = writing.pick_word(words, pair.steps[side], f"12.{side}.{pair.sampling.seed}")
    if picked is None:
        return
    begin, word, _ = picked
    before = writing.joined(pair.steps[side])[:begin]
    shown, chances = _both(run, pair, before, word)
    said = {name: texts.percent(values[0], words.language, 1) for name, values in chances.items()}
    st.markdown(words("why.answer", word=plain(word.strip()), **said))
    of_two = {
        words(f"side.{name}"): (values, [texts.percent(value, words.language, 1) for value in values])
        for name, values in chances.items()
    }
    alt = words("why.alt", word=word.strip(), **said)
    plots.show(plots.words_of_two(shown, of_two), alt, "12.why.bars", height=90 + 50 * len(shown))
    st.caption(words("why.bent"))


def _both(run: Run, pair: Pair, before: str, word: str) -> tuple[list[str], dict[str, list[float]]]:
    """Answers the chosen word and the likeliest of both models, and each model's probability for each of them."""
    likeliest: dict[str, float] = {}
    for side in SIDES:
        for candidate in _ask(run, pair, side, before, [])[0]:
            likeliest[candidate.text] = max(likeliest.get(candidate.text, 0.0), candidate.probability)
    likeliest.pop(word, None)
    shown = [word, *sorted(likeliest, key=lambda one: -likeliest[one])[: _MOST_WORDS - 1]]
    return shown, {side: list(_ask(run, pair, side, before, shown)[1]) for side in SIDES}


def _ask(run: Run, pair: Pair, side: str, before: str, asked: Sequence[str]):
    """Asks one model which words could come where `before` was written, bent as the text was drawn."""
    record = run.record()
    is_beginning = record["task"] == "write"
    return writing.SERVICE.words(
        Path(record["model_folder"]),
        pair.prompt + before if is_beginning else pair.prompt,
        asked,
        replace(pair.sampling, max_new_tokens=1),
        _MOST_WORDS,
        _adapter(run, side),
        record["task"],
        record["language"],
        "" if is_beginning else before,
    )


def _adapter(run: Run, side: str) -> Path | None:
    return run.adapter if side == "adapted" else None
