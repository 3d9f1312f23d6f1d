"""The model in one file for Ollama, LM Studio and llama.cpp: made when she asks, or the commands that make it."""

import streamlit as st

from core import processes, texts
from core.errors import LessonError
from core.models import folder as models
from core.models.kind import CAUSAL
from core.sharing import gguf_file, gguf_guide, merged
from core.sharing.gguf_metadata import QUANTISATIONS
from core.texts import Words
from core.tokens import tokenizer as tokenizers
from core.training.runs import Run
from core.ui import making_panel, problem, session


def show(run: Run, words: Words) -> None:
    try:
        gguf_file.check(run)
    except LessonError as error:
        if error.code != "gguf_architecture":
            problem.show(error, words.language)
            return
        said = problem.explain(error, words.language)  # no failure: she has asked for nothing yet
        st.info("\n\n".join([f"**{said.happened}**", said.found, said.advice]), icon=":material/info:")
        _by_hand(run, words)
        return
    quantisation = st.radio(
        words("gguf.quantisation"),
        QUANTISATIONS,
        format_func=lambda code: words(
            f"gguf.{code}", size=texts.size(gguf_file.bytes_about(run, code) / 1e6, words.language)
        ),
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
    st.markdown(words("gguf.by_hand"))
    st.code(words.body("gguf.by_hand", folder=str(folder)).strip("`\n"), language=None, wrap_lines=True)
    base = merged.base_of(run)
    if models.describe("", base).kind == CAUSAL:  # Ollama runs no other
        asked = gguf_guide.frame(run, tokenizers.of_model(base))
        st.markdown(words("gguf.modelfile"))
        st.code(gguf_guide.modelfile("./modelo.gguf", base, asked), language=None, wrap_lines=True)
