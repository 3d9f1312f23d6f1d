"""Step 4: six things that people ask of a model, each tried with what the model at hand can do."""

from pathlib import Path
from typing import Any

import streamlit as st

from core import texts
from core.errors import LessonError
from core.generation.generate import Sampling
from core.generation.serve import ASK
from core.generation.service import SERVICE
from core.generation.whole import GAP, Option
from core.models import folder as models
from core.models.kind import SEQ2SEQ
from core.texts import Words
from core.tokens import chat
from core.tokens import tokenizer as tokenizers
from core.ui import guest_panel, passage, plots, problem, testbed_panel, writing
from core.ui.lesson import Lesson
from core.ui.plain import plain

TASKS = ("write", "summarize", "gap", "classify", "question", "translate")
_SAID = "04.said"  # what was written or chosen last, by task
_MOST_SHOWN = 400  # characters of what is given
_ANSWERS = Sampling(temperature=0.3, max_new_tokens=40)  # an answer is not a poem: little is left to chance


def show(step: Lesson, folder: Path, task: str) -> dict[str, Any]:
    """Draws one task. Answers what its code needs; see `Lesson.code`."""
    if task == "write":
        return _write(step, folder)
    return _choose(step, folder, task) if task in ("gap", "classify") else _ask(step, folder, task)


def kind_of(folder: Path) -> str:
    """Answers how a model is asked: `classroom`, `seq2seq`, in a `chat`, or plainly (`causal`)."""
    if folder == models.find(models.CLASSROOM):
        return "classroom"
    if models.describe("", folder).kind == SEQ2SEQ:
        return SEQ2SEQ
    tokenizer = tokenizers.load(folder)
    return chat.state(tokenizer.template, tokenizer.names).replace("none", "causal").replace("broken", "causal")


def samples(step: Lesson, folder: Path) -> Words:
    """Answers the words in the language of the model's samples: the classroom's knows Spanish alone."""
    return texts.words(writing.speaks(folder, step.language), step.step.name)


def _write(step: Lesson, folder: Path) -> dict[str, Any]:
    if writing.task_of(folder) != "write":
        st.caption(step("try.lent"))
        folder = models.find(models.CLASSROOM)
    default = samples(step, folder)("prompt.default")
    prompt = st.text_area(step("prompt"), default, key="prompt", height=90, persist_state=writing.KEPT)
    sampling = writing.sampling_controls(step.words, "04")
    with st.container(horizontal=True):
        asked = st.button(step("try.button"), key="try", type="primary", icon=":material/edit:")
        st.button(
            step("testbed.keep"),
            key="keep",
            icon=":material/bookmark_add:",
            disabled=not prompt.strip(),
            on_click=testbed_panel.add,
            args=("prompt",),
        )
    _written(step, folder, "write", prompt if asked else None, sampling)
    return {**_code(folder, step, prompt, sampling), "task": "write"}


def _ask(step: Lesson, folder: Path, task: str) -> dict[str, Any]:
    """A text and what is to be done with it, in the form in which this model may have met that."""
    kind, words = kind_of(folder), samples(step, folder)
    st.caption(step("try.seq2seq" if (kind, task) == (SEQ2SEQ, "summarize") else f"here.{kind}"))
    key, sample = f"04.{task}.text", words.body if task == "summarize" else words
    text = st.text_area(step(f"text.{task}"), sample(f"sample.{task}"), key=key, height=110, persist_state=writing.KEPT)
    sent = _dressed(task, kind, text, words) if text.strip() else ""
    asked = st.button(step("ask.button"), key="try", type="primary", icon=":material/send:")
    if sent.strip() != text.strip():
        st.caption(step("sent"))
        st.code(sent[-_MOST_SHOWN:], language=None, wrap_lines=True)
    form, given = ("summarize", text) if task == "summarize" else (ASK, sent)
    _written(step, folder, task, given if asked else None, _ANSWERS, form)
    return {**_code(folder, step, given, _ANSWERS), **({"part": ASK} if form == ASK else {"task": form})}


def _dressed(task: str, kind: str, text: str, words: Words) -> str:
    """Answers a text as a model is given it: in a form, or as a request where it was taught to follow one."""
    if kind in ("chat", SEQ2SEQ):
        return words.body("talk.translate", text=text) if task == "translate" else text
    return words.body(f"form.{task}", text=text)


def _written(step: Lesson, folder: Path, task: str, asked: str | None, sampling: Sampling, form: str = "write") -> None:
    """Streams what the model answers to `asked`; where nothing is asked now, shows what it answered last."""
    said: dict[str, tuple[str, str]] = st.session_state.setdefault(_SAID, {})
    if asked is None:
        if said.get(task):
            passage.show(*said[task])
        return
    with problem.shown(step.language, step("waking")):
        if not asked.strip():
            raise LessonError("no_prompt")
        language = writing.speaks(folder, step.language)
        steps = writing.write(folder, asked, sampling, task=form, language=language)
        said[task] = writing.opened(asked) if form == "write" else "", writing.joined(steps)


def _choose(step: Lesson, folder: Path, task: str) -> dict[str, Any]:
    """A text with a gap and what may stand there: her bet, and then what the model finds likeliest."""
    words = samples(step, folder)
    text = st.text_input(
        step(f"text.{task}"), words(f"sample.{task}"), key=f"04.{task}.text", persist_state=writing.KEPT
    )
    guest = guest_panel.ask(step) if task == "gap" else None
    if guest is not None:
        return guest_panel.show(step, guest, text)
    listed = st.text_input(
        step(f"options.{task}"), words(f"sample.{task}.options"), key=f"04.{task}.options", persist_state=writing.KEPT
    )
    options = list(dict.fromkeys(one.strip() for one in listed.split(",") if one.strip()))
    whole = words.body("form.classify", text=text.replace(GAP, "…")) if task == "classify" else text
    bet = st.pills(step("bet"), options, format_func=plain, key=f"04.{task}.bet") if options else None
    said = st.session_state.setdefault(_SAID, {})
    if st.button(step("choose.button"), key="try", type="primary", icon=":material/visibility:"):
        said.pop(task, None)
        with problem.shown(step.language, step("waking")):
            if task == "classify" and not text.strip():
                raise LessonError("no_prompt")
            said[task] = whole, options, SERVICE.compare(folder, whole, options)
    if task in said and said[task][:2] == (whole, options):
        _chosen(step, said[task][2], bet, task)
        if task == "classify" and kind_of(folder) == "classroom":
            st.caption(step("here.classify"))
    return {"part": "choose", "model": _reference(step, folder), "text": whole[:500], "options": options}


def _chosen(step: Lesson, chosen: list[Option], bet: str | None, task: str) -> None:
    best = chosen[0]
    told = step("chose", word=plain(best.text), percent=texts.percent(best.share, step.language))
    if bet:
        told += " " + step("chose.same" if bet == best.text else "chose.bet", word=plain(bet))
    st.markdown(told)
    place = next((place for place, option in enumerate(chosen) if option.text == bet), None)
    labels = [texts.percent(option.share, step.language, 1) for option in chosen]
    figure = plots.words([option.text for option in chosen], [option.share for option in chosen], labels, place)
    plots.show(figure, step("chose.alt", best=best.text), f"04.{task}.bars", height=60 + 30 * len(chosen))


def _code(folder: Path, step: Lesson, prompt: str, sampling: Sampling) -> dict[str, Any]:
    return {
        "model": _reference(step, folder),
        "language": writing.speaks(folder, step.language),
        "prompt": prompt[:500],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
    }


def _reference(step: Lesson, folder: Path) -> str:
    if folder == models.find(models.CLASSROOM):
        return models.CLASSROOM
    assert step.project  # without one, the model is the classroom's
    return step.project.model
