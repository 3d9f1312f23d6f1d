"""Shared by the steps in which a model writes: its controls, its streamed text, and why each word came."""

from pathlib import Path

import streamlit as st

from core import texts
from core.generation.generate import Candidate, Sampling, Step
from core.generation.service import SERVICE
from core.models import folder as models
from core.models.kind import SEQ2SEQ
from core.project import Project
from core.texts import Words
from core.ui import plots
from core.ui.plain import plain


def sampling_controls(words: Words, key: str) -> Sampling:
    """Asks for temperature and top-p, with the workshop's own defaults. Answers them as Sampling."""
    left, right = st.columns(2)
    temperature = left.slider(
        words("temperature"), 0.1, 2.0, 0.8, 0.1, key=f"{key}.temperature", help=words.body("temperature")
    )
    top_p = right.slider(words("top_p"), 0.1, 1.0, 0.95, 0.05, key=f"{key}.top_p", help=words.body("top_p"))
    return Sampling(temperature=temperature, top_p=top_p, max_new_tokens=50)


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
    opening = prompt if task == "write" else ""
    slot.text("…")
    for step in SERVICE.stream(folder, prompt, sampling, adapter, task, language):
        written.append(step)
        slot.text(opening + joined(written) + " ▌")
    slot.text(opening + joined(written))
    return written


def joined(steps: list[Step]) -> str:
    return "".join(step.text for step in steps)


def why(words: Words, steps: list[Step], key: str) -> None:
    """Lets her click a token that was written and see what else could have come there."""
    shown = [i for i, step in enumerate(steps) if step.text.strip()][:60]
    labels = {i: plain(steps[i].text.strip()) for i in shown}
    chosen = st.pills(words("why_this_word"), shown, format_func=labels.__getitem__, key=f"{key}.why")
    if chosen is not None:
        step = steps[chosen]
        st.caption(
            words(
                "why_this_word.answer",
                word=plain(step.text.strip()),
                percent=texts.percent(step.probability, words.language, 1),
            )
        )
        bars(words, step.alternatives, f"{key}.why.bars")


def bars(words: Words, candidates: list[Candidate], key: str) -> None:
    """Draws the candidates for one place as bars."""
    names = [candidate.text for candidate in candidates]
    probabilities = [candidate.probability for candidate in candidates]
    labels = [texts.percent(probability, words.language, 1) for probability in probabilities]
    figure = plots.candidates(names, probabilities, labels)
    best = plots.visible(names[0])
    plots.show(figure, words("candidates.alt", best=best), key, height=60 + 30 * len(candidates))
