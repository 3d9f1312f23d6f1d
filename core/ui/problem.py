"""The one place where a failure is shown: in words, never as a traceback."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core import texts
from core.errors import LessonError
from core.texts import Explanation
from core.ui.plain import in_code


def show(error: Exception, language: str) -> None:
    """Shows a LessonError in its three parts; anything else is our fault, logged whole, and said so."""
    st.error(_markdown(explain(error, language)), icon=":material/error:")


@contextmanager
def shown(language: str, meanwhile: str) -> Iterator[None]:
    """Does what stands in the block, saying `meanwhile`; a LessonError ends the block and is shown in its place."""
    try:
        with st.spinner(meanwhile):
            yield
    except LessonError as error:
        show(error, language)


def explain(error: Exception, language: str) -> Explanation:
    """Answers the words for an error; logs it where it is none of ours."""
    if isinstance(error, LessonError):
        # In the words of an error, whatever is not a number stands in a code span.
        said = {name: f if isinstance(f, int | float) else in_code(str(f)) for name, f in error.facts.items()}
        return texts.explain(LessonError(error.code, **said), language)
    logging.getLogger("llms_para_poetas").error("%s", "".join(traceback.format_exception(error)))
    return texts.explain(LessonError("our_fault"), language)


def _markdown(said: Explanation) -> str:
    return "\n\n".join(part for part in (f"**{said.happened}**", said.found, said.advice) if part)
