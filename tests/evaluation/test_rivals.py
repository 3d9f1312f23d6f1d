"""The rivals that cost nothing."""

import pytest

from core.evaluation import exam, rivals
from core.evaluation.rivals import Ranker
from core.generation.ngram import NGram

TEXT = "El río subió anoche. «¿Quién avisa?», dijo Rosa. Nadie durmió… El agua del río llegó al patio\ny se fue."


def test_sentences_end_at_their_marks_and_at_line_breaks():
    assert rivals.sentences(TEXT) == [
        "El río subió anoche.", "«¿Quién avisa?», dijo Rosa.", "Nadie durmió…", "El agua del río llegó al patio",
        "y se fue.",
    ]  # fmt: skip
    assert rivals.sentences("Costó 3.50 pesos") == ["Costó 3.50 pesos"]
    assert rivals.sentences(" \n ") == []


def test_the_lead_is_the_first_sentences_and_no_more_than_there_are():
    assert rivals.lead(TEXT, 1) == "El río subió anoche."
    assert rivals.lead("Una sola.", 3) == "Una sola."


def test_the_ranker_takes_what_the_text_is_about_in_its_order_and_as_long_as_her_summaries():
    text = "Hoy hubo sol. El río creció y el agua del río entró al pueblo. Mañana hay feria. El agua bajó del río."
    rank = Ranker(
        ["Hoy hubo sol.", "Hoy hubo feria.", "Mañana hubo sol."], ["uno dos tres cuatro cinco seis siete ocho"]
    )
    assert rank(text) == "El río creció y el agua del río entró al pueblo."
    longer = Ranker(["Hoy hubo sol."], [" ".join(["palabra"] * 15)])
    assert longer(text) == "El río creció y el agua del río entró al pueblo. El agua bajó del río."
    assert rank("") == ""


def test_examples_fill_the_room_and_never_more_and_are_always_the_same():
    rows = [{"input_ids": [n] * n} for n in (3, 5, 50, 4, 6, 7)]
    chosen = rivals.examples(rows, 32)
    assert chosen == rivals.examples(rows, 32)
    assert 4 * 3 <= len(chosen) <= 32
    assert 50 not in chosen
    assert rivals.examples(rows, 2) == []


def test_counting_is_scored_on_the_part_that_the_others_were():
    model = NGram(["el río y el mar", "el mar y el río"])
    whole, part = rivals.counted(model, "el río y el mar", 15), rivals.counted(model, "el río y el mar", 6)
    assert whole.nats == pytest.approx(model.score("el río y el mar").nats)
    assert part.nats == pytest.approx(sum(nats for _, nats in model.token_nats("el río")[:-1]))
    assert (whole.characters, part.characters) == (15, 6)


def test_a_beginning_is_her_first_words_as_they_stand_and_leaves_a_rest():
    assert exam.beginning("Uno dos\ntres cuatro cinco seis siete ocho nueve diez once doce") == (
        "Uno dos\ntres cuatro cinco seis"
    )
    assert (exam.beginning("ay mi amor"), exam.rest("ay mi amor")) == ("ay", "mi amor")
    assert (exam.beginning("sola"), exam.rest("sola")) == ("sola", "")
