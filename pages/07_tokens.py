"""Step 7: her own texts cut in tokens, with their ids, put together again, and cut by other tokenizers."""

import unicodedata

import pyarrow.compute as pc
import streamlit as st

from core.data import table
from core.models import folder as models
from core.tokens import tokenizer as tokenizers
from core.ui import lesson, prediction_panel, token_view
from core.ui.tables import rows_table

with lesson.page("07_tokens") as step:
    folder = models.find(step.project.model)
    tokenizer = tokenizers.load(folder)
    train = table.read(step.project.prepared / "train")

    # 1. One of her texts, in coloured tokens.
    step.section("look")
    row = token_view.pick_row(step, train)
    if len(row["text"]) > token_view.MOST_CHARACTERS:
        st.caption(step("long_text", shown=token_view.MOST_CHARACTERS, count=len(row["text"])))
    beginning = row["text"][: token_view.MOST_CHARACTERS]
    text = st.text_area(
        step("text"), beginning, max_chars=token_view.MOST_CHARACTERS, key=f"text.{row['row']}", height=150
    )
    ids = tokenizer.encode(text)
    chips = tokenizer.chips(ids)
    if prediction_panel.line_in_tokens(step, train, tokenizer):
        token_view.show(step, chips)
        if words := len(text.split()):
            rate, vocabulary = len(ids) / words, tokenizer.backend.get_vocab_size()
            st.markdown(step("counts", tokens=len(ids), words=words, rate=rate, vocabulary=vocabulary))

        # 2. The numbers that the model sees, and the way back.
        step.section("ids", "optional")
        with st.expander(step("ids.list")):
            listed = [{"token": chip.text, "id": " + ".join(map(str, chip.ids))} for chip in chips]
            rows_table(listed, {"token": step("token"), "id": step("id")}, "ids", height=240)
            st.caption(step.words.body("ids.list"))
        back = tokenizer.decode(ids)
        st.text(back)
        composed = back == unicodedata.normalize("NFC", text)
        st.caption(step("back.same" if back == text else "back.composed" if composed else "back.different"))

        # 3. What is put around it: the special tokens.
        step.section("read", "optional")
        token_view.as_read(
            step, step.project, {**row, "text": text}, tokenizer, models.describe(step.project.model, folder).context
        )

        # 4. The same sentence, cut by others.
        step.section("rivals", "optional")
        sentence = st.text_input(
            step("sentence"), text.strip().split("\n")[0][:120], max_chars=200, key=f"sentence.{row['row']}"
        )
        beside = token_view.side_by_side(step, step.project, sentence, tokenizer)

        # 5. What a language costs.
        step.section("tax", "optional")
        token_view.tax(step, beside, tokenizer)

    step.code(model=step.project.model, text=beginning[:500])
    step.ask_text(
        lambda word: (
            " " not in word
            and len(tokenizer.encode(" " + word)) >= 3
            and bool(pc.any(pc.match_substring(train.column("text"), word)).as_py())
        )
    )
