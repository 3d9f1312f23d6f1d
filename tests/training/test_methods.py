"""What may be trained: all weights, or an adapter on some layers; with activations kept or computed again."""

import json

import pytest
import torch
from safetensors.torch import load_file

from core import classroom, processes, storage
from core.data import table
from core.errors import LessonError
from core.evaluation import evaluate
from core.generation import loaded as models
from core.generation.score import Score, score
from core.models import folder
from core.sharing import adapter, kept
from core.sharing.card import card
from core.training import engine, runs, verdict, watch, worker
from core.training.settings import Settings


@pytest.fixture(scope="module")
def whole_run(project, new_run):
    """A finished run of ten steps in which every weight was trained."""
    run = new_run(project, method="full", learning_rate=3e-4, max_steps=10, evaluations=2)
    worker.train(run)
    return run


def validation_loss(run, loaded) -> float:
    return sum(score(loaded.model, table.rows(run.tokens / "validation")), Score(0.0, 0, 0)).loss


def test_a_model_trained_whole_is_kept_whole_and_loads_again(whole_run):
    assert processes.read_state(whole_run.folder)["status"] == "finished"
    kept = models.load(whole_run.adapter, precision="fp32")
    best = watch.curve(whole_run).best
    close = {"fp32": 1e-3, "bf16": 2e-2}[whole_run.settings().precision]  # the run looked under autocast
    assert validation_loss(whole_run, kept) == pytest.approx(best[1], abs=close)
    assert best[1] < watch.curve(whole_run).base
    facts = folder.describe("mine", folder.find(str(whole_run.adapter)))
    assert facts.parameters == processes.read_state(whole_run.folder)["trainable_parameters"]


def test_it_is_put_on_like_an_adapter(whole_run):
    base = models.load(folder.find("classroom"), precision="fp32")
    put_on = models.put_on(base, whole_run.adapter, "fp32")
    assert validation_loss(whole_run, put_on) < validation_loss(whole_run, base)


def test_its_verdict_knows_that_weights_changed(whole_run):
    found = verdict.read(whole_run)
    assert not found.adapter_is_zero
    assert found.fall > 0


def test_a_model_without_a_changed_weight_is_told_apart():
    base = models.load(folder.find("classroom"), precision="fp32")
    before = engine.fingerprint(base)
    opened = engine.open_for_training(base, Settings(method="full"))
    assert engine.is_untouched(opened, before)
    with torch.no_grad():
        next(opened.model.parameters())[0, 0] += 1
    assert not engine.is_untouched(opened, before)


def test_it_is_evaluated_beside_its_base(whole_run):
    record = evaluate.evaluate(whole_run)
    assert record["against"]["base"]["perplexity"]["difference"] < 1


@pytest.mark.parametrize("language", ["es", "en"])
def test_it_travels_as_a_whole_model_and_comes_back(whole_run, project, language):
    parcel = adapter.pack(whole_run, project, language)
    taken = kept.unpack(project, parcel, f"mi modelo {language}.zip")
    assert taken in kept.loaded(project)
    assert load_file(taken / "model.safetensors").keys() == load_file(whole_run.adapter / "model.safetensors").keys()
    assert models.load(taken, precision="fp32")
    said = card(whole_run, project, None, language)
    assert "library_name: transformers" in said
    assert "peft" not in said


def test_continued_after_a_kill_it_ends_with_the_same_weights(project, new_run):
    changes = {"method": "full", "learning_rate": 3e-4, "max_steps": 6, "evaluations": 3}
    whole, broken = new_run(project, **changes), new_run(project, **changes)
    worker.train(whole)
    runs.start(broken)
    while not (broken.checkpoints / "checkpoint-2" / "trainer_state.json").exists():
        assert processes.read_state(broken.folder)["status"] in processes.ACTIVE
    processes.kill(broken.folder)
    while processes.read_state(broken.folder)["status"] in processes.ACTIVE:
        pass
    worker.train(broken)
    one, other = (load_file(run.adapter / "model.safetensors") for run in (whole, broken))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_four_bits_pass_their_gradient_on_even_after_they_were_only_read(project, new_run):
    """bitsandbytes packs them for reading on some processors, and no gradient comes through those."""
    loaded = engine.load_base(new_run(project, method="qlora"))
    layer = loaded.model.model.layers[0].self_attn.q_proj
    with torch.no_grad():
        loaded.model.eval()(torch.arange(10, 20)[None])
    read = torch.randn(1, 4, layer.in_features, requires_grad=True)
    layer(read).sum().backward()
    assert read.grad.norm() > 0


@pytest.mark.parametrize(
    ("targets", "names"),
    [
        ("attention", {"q_proj", "k_proj", "v_proj", "o_proj"}),
        ("mlp", {"gate_proj", "up_proj", "down_proj"}),
        ("all-linear", {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}),
    ],
)
def test_the_adapter_goes_where_it_was_asked_to(tmp_path, targets, names):
    base = models.load(folder.find("classroom"), precision="fp32")
    model = engine.open_for_training(base, Settings(lora_targets=targets)).model
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    assert {name.split(".")[-4] for name in trained} == names
    assert len(trained) == 2 * len(names) * model.config.num_hidden_layers
    model.save_pretrained(tmp_path)
    assert models.load(folder.find("classroom"), tmp_path, precision="fp32")


def test_computing_again_gives_the_same_gradients_as_keeping(project, new_run):
    from datasets import load_from_disk

    found = []
    for again in (False, True):
        run = new_run(project, gradient_checkpointing=again, precision="fp32", max_steps=2, evaluations=1)
        loaded = engine.open_for_training(engine.load_base(run), run.settings())
        rows = load_from_disk(str(run.tokens / "train")).select_columns(["input_ids", "labels", "length"])
        trainer = engine.make_trainer(run, loaded, rows, table.rows(run.tokens / "validation"), [])
        trainer.train()
        assert loaded.model.get_base_model().is_activation_checkpointing is again
        found.append({name: p.detach() for name, p in loaded.model.named_parameters() if "lora_" in name})
    kept, computed = found
    assert all(torch.allclose(kept[name], computed[name], atol=1e-6) for name in kept)


def test_a_maximum_length_of_its_own_cuts_the_runs_copy_alone(project, new_run):
    before = storage.load_json(project.tokens / "record.json")
    run = new_run(project, max_length=16)
    assert max(row["length"] for row in table.rows(run.tokens / "train")) <= 16
    assert storage.load_json(run.tokens / "record.json")["max_length"] == 16
    assert storage.load_json(project.tokens / "record.json") == before
    assert max(row["length"] for row in table.rows(project.tokens / "train")) > 16


def test_a_maximum_length_over_the_models_context_is_refused_and_leaves_no_run(project):
    made = runs.list_runs(project)
    context = json.loads((classroom.MODEL / "config.json").read_text())["max_position_embeddings"]
    with pytest.raises(LessonError, match=f"max_length = {context + 1}"):
        runs.create(project, Settings(max_length=context + 1))
    assert runs.list_runs(project) == made
