"""Step 7: her own texts cut in tokens, with their ids, and put together again."""

import streamlit as st

from core.data.table import rows
from core.models import folder as models
from core.tokens import tokenizer as tokenizers
from core.ui import lesson, token_view
from core.ui.tables import rows_table

with lesson.page("07_tokens") as step:
    tokenizer = tokenizers.load(models.find(step.project.model))
    train = rows(step.project.prepared / "train")

    # 1. One of her texts, in coloured tokens.
    step.section("look")
    place = st.number_input(step("which", count=len(train)), 1, len(train), 1, key="which")
    text = st.text_area(step("text"), train[place - 1]["text"], key=f"text.{place}", height=150)
    ids = tokenizer.encode(text)
    pieces = tokenizer.pieces(ids)
    token_view.show(pieces)
    words = max(1, len(text.split()))
    st.markdown(
        step(
            "counts",
            tokens=len(ids),
            words=words,
            rate=len(ids) / words,
            vocabulary=tokenizer.backend.get_vocab_size(),
        )
    )

    # 2. The numbers that the model sees, and the way back.
    step.section("ids")
    with st.expander(step("ids.list")):
        listed = [{"token": piece.text, "id": piece.id} for piece in pieces]
        rows_table(listed, {"token": step("token"), "id": step("id")}, "ids", height=240)
    st.text(tokenizer.decode(ids))
    st.caption(step("back.same" if tokenizer.decode(ids) == text else "back.different"))

    step.code(model=step.project.model, text=text)
    known = " ".join(row["text"] for row in train)
    step.ask_text(lambda word: word in known and " " not in word and len(tokenizer.encode(" " + word)) >= 3)
