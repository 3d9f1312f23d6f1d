"""The parts by which a model is made, each against what it stands for."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core import classroom, storage
from core.errors import LessonError
from core.pretraining import corpus, make, rows, tokenizer, train
from core.pretraining import recipe as recipes
from core.pretraining.model import draw, grow
from core.pretraining.optimizer import orthogonal, rate_at
from core.pretraining.recipe import Register, Shape

SHAPE = Shape(width=32, layers=2, heads=2, inner=48, context=24, vocabulary=300)
VERSE = "Canta el gallo,\n  se despierta\n\n¿quién?: ¡la ñandú, 1945! — «così» 日本 🌵\tfin"


def test_a_tokenizer_puts_any_text_together_again_and_line_breaks_stand_alone():
    learned = tokenizer.learn(["Canta el gallo, canta\nel río,\n\ncanta la piedra.\n"] * 50, 400)
    assert learned.decode(learned.encode(VERSE).ids) == VERSE
    pieces = [learned.decode([id]) for id in learned.encode("el río,\n\ncanta,\nel río").ids]
    assert [piece for piece in pieces if "\n" in piece] == ["\n\n", "\n"]
    assert learned.encode("cafe\u0301").ids == learned.encode("café").ids
    assert [learned.token_to_id(mark) for mark in (tokenizer.END, tokenizer.PAD)] == [0, 1]


def test_a_short_text_is_seen_whole_and_a_long_one_goes_on_where_it_was_left():
    begins = np.asarray([0, 6, 11, 40])  # texts of 6, 5 and 29 ids
    assert rows.row_starts(begins, 10).tolist() == [0, 6, 16, 26]
    assert rows.row_starts(np.asarray([0, 30]), 10).tolist() == [0, 10, 20]


def test_each_row_is_read_once_before_any_is_read_again(tmp_path):
    learned = tokenizer.learn(["uno dos tres"] * 9, 300)
    texts = (" ".join(str(number) for number in range(n, n + 20)) for n in range(1000, 3000, 100))
    told = rows.write(texts, learned, 16, tmp_path / "some")
    some = rows.Rows.open(tmp_path / "some", 16, seed=1)
    first = {some.row(n).tobytes() for n in range(told["rows"])}
    assert len(first) == told["rows"]
    assert {some.row(n + told["rows"]).tobytes() for n in range(told["rows"])} == first
    assert some.row(3).tolist() != some.row(3 + told["rows"]).tolist(), "in another order"
    assert some.row(0).shape == (17,)


def test_the_rows_of_a_step_are_shared_as_asked():
    weights = {"a": 0.5, "b": 0.3, "c": 0.2}
    drawn = [rows.shares(weights, 8, np.random.default_rng(n)) for n in range(200)]
    assert {sum(one.values()) for one in drawn} == {8}
    assert np.mean([one["b"] for one in drawn]) == pytest.approx(2.4, abs=0.15)


def test_documents_kept_apart_are_the_same_in_two_registers_and_on_any_day():
    record = {"text": "Una guía", "source": "casa/guias:uno.md"}
    sides = {corpus.is_apart(record, Register("x", 1, 1, form, held_out=0.5)) for form in ("whole", "title")}
    assert sides == {True}, "by SHA-256 of its source"
    by_text = Register("x", 1, 1, apart_by="text", held_out=0.4)
    for name in ["Tomás", "Ana", "Bruno", "Carla", "Darío", "Elsa", "Fidel", "Gala", "Hugo", "Inés"]:
        copies = (f"Hola, {name}, te espero.", f"hola {name} ¡TE ESPERO!")
        assert len({corpus.is_apart({"text": text, "source": "s"}, by_text) for text in copies}) == 1


def test_a_passage_gives_its_first_sentence_as_a_summary():
    first = "El tren de las ocho llegó tarde otra vez a la estación del pueblo."
    passage = first + " Nadie dijo nada, porque todos sabían que el puente estaba roto desde el invierno." * 3
    (text,) = corpus._leads(passage)
    assert text == f"{passage}\n\nResumen: {first}"


@pytest.mark.parametrize("shape", [(3, 16, 40), (2, 40, 16), (1, 16, 16)])
def test_muon_brings_all_singular_values_near_one(shape):
    found = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=torch.manual_seed(1))).float())
    assert 0.3 < found.min() <= found.max() < 1.4


def test_its_gradients_are_those_of_transformers_own_model_and_loss():
    master = draw(SHAPE, 1)
    for layer in master.model.layers:
        torch.nn.init.normal_(layer.self_attn.o_proj.weight, std=0.1)
        torch.nn.init.normal_(layer.mlp.down_proj.weight, std=0.1)
    working = train._working_copy(master, "float32")
    batch = torch.randint(0, 300, (4, 25), generator=torch.manual_seed(2))
    loss, gradients = train._gradients(working, working.model, batch, 2)
    plain = torch.nn.functional.cross_entropy(master(batch[:, :-1]).logits.flatten(0, 1), batch[:, 1:].flatten())
    plain.backward()
    assert loss == pytest.approx(plain.item(), rel=1e-5)
    length = torch.stack([weight.grad.norm() for weight in master.parameters()]).norm()
    for name, weight in master.named_parameters():
        torch.testing.assert_close(gradients[name], weight.grad / max(1, length), rtol=1e-3, atol=1e-6)


def test_the_rate_rises_stays_and_falls_to_nothing():
    assert rate_at(0, 0, 10, 0.5) == pytest.approx(0.1)
    assert rate_at(0.4, 900, 10, 0.5) == 1
    assert rate_at(0.75, 900, 10, 0.5) == pytest.approx(0.5)
    assert rate_at(1, 900, 10, 0.5) == 0


def test_a_grown_model_guesses_as_the_one_it_grew_from_until_it_learns_more(tmp_path):
    small = draw(SHAPE, 1)
    for layer in small.model.layers:
        torch.nn.init.normal_(layer.self_attn.o_proj.weight, std=0.1)
        torch.nn.init.normal_(layer.mlp.down_proj.weight, std=0.1)
    small.save_pretrained(tmp_path)
    grown = grow(replace(SHAPE, layers=6), 2, tmp_path)
    ids = torch.randint(0, 300, (2, 20), generator=torch.manual_seed(2))
    torch.testing.assert_close(grown(ids).logits, small(ids).logits)
    grown(ids, labels=ids).loss.backward()
    assert all(layer.mlp.down_proj.weight.grad.abs().sum() > 0 for layer in grown.model.layers), "and all can learn"


@pytest.mark.parametrize(
    ("asked", "known", "said"),
    [
        ({"layers": 9}, {}, "shape.layers (6 × …)"),
        ({"inner": 64}, {}, "shape.inner (704)"),
        ({}, {"tie_word_embeddings": False}, "grown_from (python3 -m core pretrain)"),
        ({}, {"num_key_value_heads": 2}, "grown_from (python3 -m core pretrain)"),
    ],
)
def test_what_a_model_cannot_grow_from_is_said_before_any_text_is_cut(tmp_path, corpora, asked, known, said):
    config = storage.load_json(classroom.MODEL / "config.json") | known
    shutil.copytree(classroom.MODEL, tmp_path / "model")
    storage.write_json(tmp_path / "model" / "config.json", config)
    recipe = replace(recipes.read(Path("deeper")), grown_from=str(tmp_path / "model"))
    recipe = replace(recipe, shape=replace(recipe.shape, **asked))
    with pytest.raises(LessonError, match="recipe_unusable") as refused:
        make.make(recipe, corpora, tmp_path / "work", lambda *_, **__: None)
    assert refused.value.facts["problems"] == said
    assert not (tmp_path / "work").exists()


def test_the_first_guess_is_no_guess_at_all():
    model = draw(replace(SHAPE, vocabulary=512), 5)
    batch = torch.randint(0, 512, (4, 20), generator=torch.manual_seed(2))
    assert model(batch, labels=batch).loss.item() == pytest.approx(np.log(512), rel=0.02)
