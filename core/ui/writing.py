"""Shared by the steps in which a model writes: its controls, its streamed text, and why each word came."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Literal

import streamlit as st

from core import texts
from core.generation.generate import Candidate, Sampling, Step
from core.generation.service import SERVICE
from core.models import folder as models
from core.models.kind import SEQ2SEQ
from core.project import Project
from core.texts import Words
from core.ui import passage, plots
from core.ui.plain import plain

KEPT: Literal["session"] = "session"  # what she set stays while another part of the step, or another step, is shown
TOP_K = [1, 2, 3, 5, 10, 20, 50, 100, 0]
_MOST_SHOWN = 600  # characters of a beginning that stand before what is written
_MOST_WORDS = 60
_DRAW_SECONDS = 0.04  # more often, drawing would slow the writing
_SAME = "\u2060"  # invisible: told apart by it, a word that comes twice can be chosen at either place


def sampling_controls(words: Words, key: str, with_top_k: bool = False) -> Sampling:
    """Asks for temperature, top-p and perhaps top-k, with the workshop's own defaults. Answers them as Sampling."""
    columns = st.columns(3 if with_top_k else 2)
    help = {name: words.body(name) for name in ("temperature", "top_p", "top_k")}
    temperature = columns[0].slider(
        words("temperature"), 0.1, 2.0, 0.8, 0.1, key=f"{key}.temperature", help=help["temperature"], persist_state=KEPT
    )
    top_p = columns[1].slider(
        words("top_p"), 0.1, 1.0, 0.95, 0.05, key=f"{key}.top_p", help=help["top_p"], persist_state=KEPT
    )
    top_k = 0
    if with_top_k:
        top_k = columns[2].select_slider(
            words("top_k"),
            TOP_K,
            0,
            format_func=lambda k: str(k) if k else words("top_k.all"),
            key=f"{key}.top_k",
            help=help["top_k"],
            persist_state=KEPT,
        )
    return Sampling(temperature=temperature, top_k=top_k, top_p=top_p, max_new_tokens=50)


def model_folder(project: Project | None) -> Path:
    """Answers the folder of the project's base model; the classroom's before there is a project."""
    return models.find(project.model if project else models.CLASSROOM)


def continuing_folder(project: Project | None) -> Path:
    """Answers the folder of a model that continues texts: the project's, or the classroom's where that one does not."""
    folder = model_folder(project)
    return folder if task_of(folder) == "write" else models.find(models.CLASSROOM)


def task_of(folder: Path) -> str:
    """Answers what a base model is tried at: a seq2seq one shortens, and any other continues."""
    return "summarize" if models.describe("", folder).kind == SEQ2SEQ else "write"


def speaks(folder: Path, language: str) -> str:
    """Answers the language in which a model is tried: the page's; the classroom's knows Spanish alone."""
    return "es" if folder == models.find(models.CLASSROOM) else language


def warm() -> None:
    """Wakes the process that keeps models, while she reads."""
    SERVICE.warm()


def write(
    folder: Path,
    prompt: str,
    sampling: Sampling,
    adapter: Path | None = None,
    task: str = "write",
    language: str = "es",
) -> list[Step]:
    """Streams what the model writes after `prompt` on the page. Answers its steps."""
    written: list[Step] = []
    slot = st.empty()
    opening = opened(prompt) if task == "write" else ""
    slot.text("…")
    drawn = 0.0
    for step in SERVICE.stream(folder, prompt, sampling, adapter, task, language):
        written.append(step)
        if time.monotonic() - drawn > _DRAW_SECONDS:
            passage.show(opening, joined(written) + " ▌", slot)
            drawn = time.monotonic()
    passage.show(opening, joined(written), slot)
    return written


def joined(steps: list[Step]) -> str:
    return "".join(step.text for step in steps)


def opened(prompt: str) -> str:
    """Answers a beginning as it stands before what is written: of a very long one, its end."""
    return prompt if len(prompt) <= _MOST_SHOWN else f"…{prompt[-_MOST_SHOWN:]}"


def whole_words(steps: list[Step]) -> list[tuple[int, str, float]]:
    """Puts written tokens together to words: where each begins in the text, the word, and its tokens' probability."""
    found: list[tuple[int, str, float]] = []
    at = 0
    for step in steps:
        goes_on = found and step.text[:1].isalnum() and found[-1][1][-1:].isalnum()
        if (goes_on or not step.text) and found:
            begin, word, likely = found.pop()
            found.append((begin, word + step.text, likely * step.probability))
        elif step.text:
            found.append((at, step.text, step.probability))
        at += len(step.text)
    return [part for part in found if part[1].strip()]


def pick_word(words: Words, steps: list[Step], key: str) -> tuple[int, str, float] | None:
    """Lets her choose a word that was written; answers it as `whole_words` does."""
    shown = whole_words(steps)[:_MOST_WORDS]
    labels: list[str] = []
    for _, word, _ in shown:
        label = plain(word.strip())
        labels.append(label + _SAME * sum(other.rstrip(_SAME) == label for other in labels))
    chosen = st.pills(words("why_this_word"), range(len(shown)), format_func=labels.__getitem__, key=f"{key}.why")
    return None if chosen is None or chosen >= len(shown) else shown[chosen]


def why(words: Words, folder: Path, prompt: str, steps: list[Step], sampling: Sampling, key: str) -> None:
    """Lets her choose a word that was written and see which others could have come there, bent as it was drawn."""
    picked = pick_word(words, steps, key)
    if picked is None:
        return
    begin, word, likely = picked
    before = prompt + joined(steps)[:begin]
    candidates, (chance,) = SERVICE.words(folder, before, [word], replace(sampling, max_new_tokens=1), 8)
    percent = texts.percent(chance or likely, words.language, 1)
    st.caption(words("why_this_word.answer", word=plain(word.strip()), percent=percent))
    place = next((place for place, other in enumerate(candidates) if other.text == word), None)
    word_bars(words, candidates, f"{key}.why.bars", place)


def word_bars(words: Words, candidates: list[Candidate], key: str, marked: int | None = None) -> None:
    """Draws whole words as bars, the one at place `marked` in another colour."""
    labels = [texts.percent(word.probability, words.language, 1) for word in candidates]
    figure = plots.words([w.text for w in candidates], [w.probability for w in candidates], labels, marked)
    best = plots.visible(candidates[0].text.strip(" "))
    plots.show(figure, words("candidates.alt", best=best), key, height=60 + 30 * len(candidates))


def bars(words: Words, candidates: list[Candidate], key: str) -> None:
    """Draws the candidates for one place as bars."""
    names = [candidate.text for candidate in candidates]
    probabilities = [candidate.probability for candidate in candidates]
    labels = [texts.percent(probability, words.language, 1) for probability in probabilities]
    figure = plots.candidates(names, probabilities, labels)
    best = plots.visible(names[0])
    plots.show(figure, words("candidates.alt", best=best), key, height=60 + 30 * len(candidates))
