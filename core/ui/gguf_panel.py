"""The model in one file for Ollama, LM Studio and llama.cpp: made when she asks, or the commands that make it."""

import streamlit as st

from core import processes
from core.errors import LessonError
from core.sharing import gguf_file, merged
from core.sharing.gguf_metadata import QUANTISATIONS
from core.texts import Words
from core.training.runs import Run
from core.ui import making_panel, problem, session


def show(run: Run, words: Words) -> None:
    st.markdown(f"**{words('gguf')}**")
    st.markdown(words.body("gguf"))
    try:
        gguf_file.check(run)
    except LessonError as error:
        problem.show(error, words.language)
        _by_hand(run, words)
        return
    quantisation = st.radio(
        words("gguf.quantisation"),
        QUANTISATIONS,
        format_func=lambda code: words(f"gguf.{code}", size=gguf_file.bytes_about(run, code) / 1e6),
        key="gguf.quantisation",
        help=words.body("gguf.quantisation"),
    )
    made, told = gguf_file.made(run, quantisation), gguf_file.told(run)
    if made:
        name = f"{words('gguf.file_name')}-{run.name}-{quantisation}.zip"
        making_panel.take(words, "gguf", made, name)
    making_panel.offer(
        words, "gguf", told, lambda: gguf_file.start(run, quantisation, words.language), made is not None
    )
    state = processes.read_state(told)
    if state["status"] == "failed" and state["error"]["code"] == "gguf_tokenizer":
        _by_hand(run, words)


def _by_hand(run: Run, words: Words) -> None:
    """Shows the commands of llama.cpp's own converter, which knows more models than this workshop writes."""
    folder = merged.folder(run) if session.is_personal() else merged.folder(run).name
    st.markdown(words.body("gguf.by_hand", folder=str(folder)))
