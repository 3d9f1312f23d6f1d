import math

import pytest
import torch

from core.generation import loaded
from core.generation.loaded import Loaded
from core.generation.score import TOKENS_A_BATCH, Score, score
from core.models.folder import find
from core.tokens.encode import IGNORED

TEXTS = ["La luna.", "Vino el frío y nos quedamos en la cocina, cerca del fuego, contando cuentos.", "Ay", "Pan y vino"]


def rows(loaded: Loaded, texts: list[str], read: int = 0) -> list[dict]:
    made = []
    for text in texts:
        ids = [loaded.tokenizer.bos_id, *loaded.tokenizer.encode(text), loaded.tokenizer.eos_id]
        labels = [IGNORED] * (1 + read) + ids[1 + read :]
        made.append({"input_ids": ids, "labels": labels, "characters": len(text)})
    return made


def test_a_score_is_the_sum_of_what_each_token_costs(classroom: Loaded):
    (row,) = rows(classroom, TEXTS[:1])
    (found,) = score(classroom.model, [row])
    with torch.no_grad():
        chances = torch.log_softmax(classroom.model(torch.tensor([row["input_ids"]])).logits[0], -1)
    nats = -sum(float(chances[place - 1, id]) for place, id in enumerate(row["input_ids"]) if place)
    assert found.nats == pytest.approx(nats, rel=1e-5)
    assert (found.tokens, found.characters) == (len(row["input_ids"]) - 1, len(TEXTS[0]))


def test_loss_perplexity_and_bits_follow_from_it():
    found = Score(nats=6.0, tokens=3, characters=12)
    assert found.loss == 2
    assert found.perplexity == pytest.approx(math.e**2)
    assert found.bits_per_character == pytest.approx(6 / math.log(2) / 12)
    assert Score(800.0, 1, 1).perplexity == math.exp(700), "a hopeless model is no error"


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma3", "mistral"])
def test_what_is_read_before_counts_as_if_it_stood_in_every_row(base, family: str):
    """Gemma's and Mistral's windows are shorter than what is read."""
    model = loaded.load(base(family), precision="fp32")
    before = model.tokenizer.encode("Resume este texto: el mercado de la costa vende pescado, pan y fruta, hasta hoy.")
    made = rows(model, TEXTS)
    whole = [
        {**row, "input_ids": before + row["input_ids"], "labels": [IGNORED] * len(before) + row["labels"]}
        for row in made
    ]
    found, expected = score(model.model, made, before), score(model.model, whole)
    assert [one.tokens for one in found] == [one.tokens for one in expected]
    assert [one.nats for one in found] == pytest.approx([one.nats for one in expected], rel=1e-5)
    assert found[1].nats != pytest.approx(score(model.model, made)[1].nats, rel=1e-5)


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("bf16", 2e-2)])
def test_a_score_does_not_depend_on_the_other_rows(precision: str, tolerance: float):
    model = loaded.load(find("classroom"), precision=precision)
    many = rows(model, TEXTS * 3, read=1)
    together = score(model.model, many)
    for row, found in zip(many, together, strict=True):
        assert found.nats == pytest.approx(score(model.model, [row])[0].nats, rel=tolerance)


def test_scores_come_in_the_order_of_the_rows(classroom: Loaded):
    sizes = [found.characters for found in score(classroom.model, rows(classroom, TEXTS))]
    assert sizes == [len(text) for text in TEXTS]


def test_more_rows_than_a_batch_holds_are_all_scored(classroom: Loaded):
    many = rows(classroom, TEXTS[1:2]) * 220
    assert sum(len(row["input_ids"]) for row in many) > TOKENS_A_BATCH
    found = score(classroom.model, many)
    assert len(found) == 220
    assert max(one.nats for one in found) == pytest.approx(min(one.nats for one in found), rel=1e-5)


def test_what_is_only_read_costs_nothing(classroom: Loaded):
    (whole,), (part,) = (score(classroom.model, rows(classroom, TEXTS[1:2], read)) for read in (0, 10))
    assert part.tokens == whole.tokens - 10
    assert part.nats < whole.nats


def test_a_model_in_training_is_left_in_training(classroom: Loaded):
    model = loaded.load(find("classroom"), precision="fp32").model.train()
    score(model, rows(classroom, TEXTS))
    assert model.training
