"""The predictions of steps 5 to 8, 11 and 12: she says what she expects of her own texts, and only then sees it.

Nothing is graded. Each is kept with the project and asked once; again where the texts are others,
and not where she is further on already.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import streamlit as st

from core import storage, texts
from core.data import table
from core.tasks import TASKS
from core.tokens import encode
from core.tokens.tokenizer import Tokenizer
from core.ui.lesson import Lesson
from core.ui.plain import plain

_KEPT = "foretold"  # among a step's choices: what was said, and of what
WINNERS = ("adapted", "base", "even")
_LINE = 80  # characters of the line whose tokens are foretold


def frequent_word(step: Lesson, texts_read: str, frequent: list[str]) -> bool:
    """Step 5: the word that comes back most in the texts of this fingerprint. Answers whether to show them."""
    if not _ask(step, texts_read, "prepared", "word"):
        return False
    if word := _said(step, texts_read):
        known = [texts.unaccented(one) for one in frequent]
        place = known.index(texts.unaccented(str(word))) + 1 if texts.unaccented(str(word)) in known else 0
        key = "prediction.first" if place == 1 else "prediction.rank" if place else "prediction.outside"
        st.markdown(step(key, word=plain(word), first=plain(frequent[0]), rank=place, count=len(frequent)))
    return True


def left_out(step: Lesson) -> bool:
    """Step 6: how many texts will be left out. Answers whether to show what was found."""
    record = _record(step, "texts")
    return _ask(step, record["fingerprint"], "prepared", "number", rows=record["rows"])


def tell_left_out(step: Lesson, gone: int) -> None:
    said = _said(step, _record(step, "texts")["fingerprint"])
    if said is not None:
        st.markdown(step("prediction.told", said=said, gone=gone))


def line_in_tokens(step: Lesson, train: pa.Table, tokenizer: Tokenizer) -> bool:
    """Step 7: how many tokens the first line of her first text takes. Answers whether to show her texts cut."""
    line = next((line.strip() for line in table.row(train, 0)["text"].splitlines() if line.strip()), "")[:_LINE]
    about = _prepared_for_model(step)
    if not _ask(step, about, "tokens", "number", line=plain(line), words=len(line.split())):
        return False
    said = _said(step, about)
    if said is not None:
        st.markdown(step("prediction.told", line=plain(line), said=said, count=len(tokenizer.encode(line))))
    return True


def longest_text(step: Lesson, measured: np.ndarray) -> bool:
    """Step 8: how many tokens her longest text has, of what `encode.measure` answers. Says whether to show the plot."""
    assert step.project
    place = int(np.argmax(measured if measured.ndim == 1 else measured.max(axis=1)))
    part, inside = encode.place_of(step.project, place)
    row = table.row(table.read(step.project.prepared / part), inside)
    counts = [len(row[column].split()) for column in TASKS[step.project.task].columns]
    words = sum(counts) if measured.ndim == 1 else max(counts)
    about = _prepared_for_model(step)
    if not _ask(step, about, "tokens", "number", words=words):
        return False
    said = _said(step, about)
    if said is not None:
        st.markdown(step("prediction.told", said=said, longest=int(measured.max())))
    return True


def tasting_winner(step: Lesson, tasting: str, pairs: int) -> bool:
    """Step 12: who will win the tasting of this id. Answers whether to begin it."""
    return _ask(step, tasting, "", "choice", pairs=pairs)


def tasting_said(step: Lesson, tasting: str) -> str | None:
    """Answers one of WINNERS; None where she said nothing."""
    said = _said(step, tasting)
    return str(said) if said else None


def winner(step: Lesson, run: str, sides: Sequence[str]) -> None:
    """Step 11: which of the sides will be least surprised by the sealed texts of this run, while none was measured."""
    kept = (step.kept(_KEPT) or {}) if _said(step, run) else {}
    place = sides.index(kept["said"]) if kept.get("said") in sides else None
    said = st.radio(
        step("prediction"),
        sides,
        place,
        format_func=lambda side: step(f"side.{side}"),
        key=f"{run}.prediction",
        help=step.words.body("prediction"),
        horizontal=True,
    )
    if said and said != kept.get("said"):
        step.keep(**{_KEPT: {"about": run, "said": said}})


def tell_winner(step: Lesson, run: str, won: str) -> None:
    said = _said(step, run)
    if said is not None:
        key = "prediction.right" if said == won else "prediction.wrong"
        st.info(step(key, said=step(f"side.{said}"), won=step(f"side.{won}")), icon=":material/psychology:")


def _ask(step: Lesson, about: str, further_on: str, kind: str, **facts: object) -> bool:
    """Asks for a number, a word or a choice of WINNERS. Says whether what it is about may be shown: she asked to see
    it, or is further on.

    `about` is a fingerprint of what is foretold; `further_on`, the stage that is made after it was seen.
    """
    if further_on in step.made or (step.kept(_KEPT) or {}).get("about") == about:
        return True
    key = f"{step.step.name}.prediction"
    with st.form(key):
        st.markdown(f"**{step('prediction', **facts)}**\n\n{step.words.body('prediction', **facts)}")
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        label, said = step("prediction.input"), f"{key}.said"
        guess: int | str | None
        if kind == "choice":
            guess = left.radio(
                label, WINNERS, index=None, format_func=lambda one: step(f"prediction.{one}"), key=said, horizontal=True
            )
        elif kind == "number":
            guess = left.number_input(label, 0, 10**9, None, key=said)
        else:
            guess = left.text_input(label, key=said, max_chars=60).strip()
        if right.form_submit_button(
            step("prediction.look"),
            key="prediction.look",
            type="primary",
            icon=":material/visibility:",
            width="stretch",
        ):
            step.keep(**{_KEPT: {"about": about, "said": guess}})
            st.rerun()
    return False


def _said(step: Lesson, about: str) -> int | str | None:
    kept = step.kept(_KEPT) or {}
    return kept["said"] if kept.get("about") == about else None


def _record(step: Lesson, stage: str) -> dict:
    assert step.project
    return storage.load_json(step.project.folder / stage / "record.json")


def _prepared_for_model(step: Lesson) -> str:
    assert step.project
    return f"{_record(step, 'prepared')['fingerprint']} {step.project.model}"
