"""Little models of many families go the whole way; odd ones are refused in words, with nothing loaded."""

import json
import shutil
from pathlib import Path

import make_models
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer as Backend

from core.classroom import MODEL
from core.data import table
from core.errors import LessonError
from core.evaluation import evaluate
from core.generation import loaded as loading
from core.generation.generate import Sampling, complete, stream
from core.generation.score import score
from core.models import folder as models
from core.models.kind import CAUSAL, SEQ2SEQ, kind_of
from core.tasks import TASKS
from core.tokens import encode, lengths
from core.tokens import tokenizer as tokenizers
from core.tokens.encode import prompt_ids
from core.training import engine, plan, runs

FAMILIES = (*make_models.CAUSAL, *make_models.SEQ2SEQ)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_of_any_family_is_adapted_measured_and_loaded_by_peft_alone(base, summarizing, family):
    from peft import AutoPeftModelForCausalLM, AutoPeftModelForSeq2SeqLM

    folder = base(family)
    project = summarizing(folder)
    settings = plan.settings(project, "quick").changed({"max_steps": 6, "evaluations": 1, "precision": "fp32"})
    run = runs.create(project, settings.changed({"learning_rate": 0.01}))
    loaded = engine.open_for_training(engine.load_base(run), run.settings())
    rows = table.rows(run.tokens / "train")[:8]
    before = sum(one.nats for one in score(loaded.model, rows))
    engine.make_trainer(run, loaded, _data_set(rows), rows[:2], []).train()
    scores = score(loaded.model, rows)
    assert sum(one.nats for one in scores) < before
    ids = prompt_ids("Hay mate y sillas en la plaza.", TASKS["summarize"], loaded.tokenizer, "es", loaded.room(5))
    written = "".join(step.text for step in stream(loaded, ids, Sampling(temperature=0, max_new_tokens=4)))
    assert complete(loaded, [ids], 5)[0].text.strip().startswith(written.strip())
    loaded.model.save_pretrained(run.adapter)
    config = json.loads((run.adapter / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(folder)
    kind = AutoPeftModelForSeq2SeqLM if family in make_models.SEQ2SEQ else AutoPeftModelForCausalLM
    alone = score(kind.from_pretrained(run.adapter), rows)
    assert [one.nats for one in alone] == pytest.approx([one.nats for one in scores], rel=1e-4)
    record = evaluate.evaluate(run)
    assert record["against"]["base"]["perplexity"]["difference"] < 1
    assert {"rouge1", "rougeL"} <= record["sides"]["adapted"].keys()


def _data_set(rows: list[dict]):
    from datasets import Dataset

    return Dataset.from_list([{name: row[name] for name in ("input_ids", "labels", "length")} for row in rows])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_models_facts_are_read_from_its_files(base, family):
    facts = models.describe("x", models.find(str(base(family))))
    assert facts.kind == (SEQ2SEQ if family in make_models.SEQ2SEQ else CAUSAL)
    assert (facts.layers, facts.hidden) == (2, 32)
    assert facts.vocabulary == json.loads((base(family) / "config.json").read_text())["vocab_size"]


# ------------------------------------------------------------------------------------------ odd ones


@pytest.fixture
def copied(base, tmp_path) -> Path:
    return shutil.copytree(base("llama"), tmp_path / "modelo")


def change(folder: Path, name: str = "config.json", **changes: object) -> None:
    content = json.loads((folder / name).read_text()) if (folder / name).exists() else {}
    (folder / name).write_text(json.dumps({k: v for k, v in {**content, **changes}.items() if v is not None}))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"architectures": ["BertForMaskedLM"], "model_type": "bert"}, "not_a_writer"),
        ({"architectures": ["LlamaForSequenceClassification"]}, "not_a_writer"),
        ({"architectures": ["WhisperForConditionalGeneration"], "model_type": "whisper"}, "not_a_writer"),
        ({"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3"}, "not_a_writer"),
        ({"architectures": ["NewForCausalLM"], "model_type": "new", "auto_map": {"AutoModel": "x.Y"}},
         "unknown_architecture"),
        ({"architectures": None}, "unknown_architecture"),
        ({"model_type": None}, "unknown_architecture"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_write_or_that_nobody_here_can_build_is_refused(copied, changes, code):
    change(copied, **changes)
    with pytest.raises(LessonError) as refused:
        models.find(str(copied))
    assert refused.value.code == code


def test_a_program_that_comes_with_a_model_is_never_run(copied, tmp_path):
    trace = tmp_path / "ran"
    (copied / "modeling.py").write_text(f"open({str(trace)!r}, 'w')")
    change(copied, auto_map={"AutoConfig": "modeling.C", "AutoModelForCausalLM": "modeling.M"})
    assert loading.load(models.find(str(copied))).model.config.model_type == "llama"
    assert not trace.exists()


def test_the_families_are_those_that_transformers_itself_knows():
    from transformers import AutoConfig

    known = AutoConfig.for_model("llama").__class__.__name__
    assert known == "LlamaConfig"
    for family in FAMILIES:
        config = {"model_type": family.replace("gemma3", "gemma3_text"), "architectures": ["XForCausalLM"]}
        if family in make_models.SEQ2SEQ:
            config["architectures"] = ["XForConditionalGeneration"]
        assert kind_of(config, "x") in (CAUSAL, SEQ2SEQ)


def test_a_shard_that_is_missing_is_named(copied):
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(LessonError) as refused:
        models.find(str(copied))
    assert refused.value.code == "model_incomplete"
    assert refused.value.facts["files"] == "model-00002-of-00002.safetensors"


def test_a_model_without_a_tokenizer_is_refused_when_it_is_chosen(copied):
    (copied / "tokenizer.json").unlink()
    with pytest.raises(LessonError, match="no_tokenizer"):
        models.find(str(copied))


def test_a_model_that_knows_fewer_tokens_than_its_tokenizer_is_refused(tmp_path):
    folder = make_models.make("llama", tmp_path / "short", vocab_size=8000)
    with pytest.raises(LessonError) as refused:
        loading.load(folder)
    assert (refused.value.code, refused.value.facts["known"]) == ("tokens_unknown", 8000)
    assert tokenizers.load(folder), "to be compared with others it will do"


def test_a_special_token_out_of_reach_does_no_harm(copied):
    backend = Backend.from_file(str(copied / "tokenizer.json"))
    backend.add_special_tokens(["<|late|>"])
    backend.save(str(copied / "tokenizer.json"))
    loaded = loading.load(copied, precision="fp32")
    assert max(loaded.tokenizer.encode("fin <|late|>")) < loaded.model.config.vocab_size


def test_a_model_that_knows_more_tokens_than_its_tokenizer_goes(tmp_path):
    folder = make_models.make("llama", tmp_path / "wide", vocab_size=13_000)
    assert loading.load(folder).tokenizer.encode("Hola")


def test_without_marks_of_beginning_end_or_padding_it_is_adapted_all_the_same(tmp_path, summarizing):
    folder = make_models.make("gpt2", tmp_path / "bare", bos_token_id=None, eos_token_id=None)
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "generation_config.json").unlink()
    change(folder, bos_token_id=None, eos_token_id=None)
    project = summarizing(folder)
    row = table.rows(project.tokens / "train")[0]
    assert row["labels"][-1] != encode.IGNORED
    run = runs.create(project, plan.settings(project, "quick").changed({"max_steps": 2, "evaluations": 1}))
    loaded = engine.open_for_training(engine.load_base(run), run.settings())
    assert (loaded.tokenizer.bos_id, loaded.tokenizer.eos_id, loaded.stops) == (None, None, frozenset())
    rows = table.rows(run.tokens / "train")
    engine.make_trainer(run, loaded, _data_set(rows), rows[:2], []).train()
    ids = prompt_ids("", TASKS["write"], loaded.tokenizer, "es", 50)
    assert len(list(stream(loaded, ids, Sampling(max_new_tokens=6)))) == 6
    loaded.model.save_pretrained(run.adapter)
    assert evaluate.values(evaluate.evaluate(run), "adapted")["perplexity"] > 1


def test_a_batch_is_scored_alike_whatever_fills_it_where_no_padding_exists(base):
    loaded = loading.load(base("gpt2"), precision="fp32")
    ids = [loaded.tokenizer.encode(text) for text in ("Hola", "La lluvia no avisa cuando cae sobre el techo")]
    rows = [{"input_ids": one, "labels": one, "characters": 1} for one in ids]
    together, alone = score(loaded.model, rows), [score(loaded.model, [row])[0] for row in rows]
    assert [one.nats for one in together] == pytest.approx([one.nats for one in alone], rel=1e-4)


def test_a_length_beyond_a_short_context_is_refused_and_the_suggestion_fits(tmp_path, summarizing):
    folder = make_models.make("gpt2", tmp_path / "narrow", n_positions=24)
    with pytest.raises(LessonError, match="settings_out_of_range"):
        summarizing(folder, 32)
    project = summarizing(folder, 24)
    assert lengths.suggest_length(encode.measure(project), 24).value == 24
    assert max(len(row["input_ids"]) for row in table.rows(project.tokens / "train")) == 24


@pytest.mark.parametrize("tied", [True, False])
def test_a_head_of_its_own_or_the_embeddings_is_left_as_it_is(tmp_path, summarizing, tied):
    folder = make_models.make("llama", tmp_path / "head", tie_word_embeddings=tied)
    run = runs.create(summarizing(folder), plan.settings(summarizing(folder), "quick"))
    loaded = engine.open_for_training(engine.load_base(run), run.settings())
    assert not [n for n, p in loaded.model.named_parameters() if p.requires_grad and ("head" in n or "embed" in n)]


def test_weights_of_another_shape_than_the_configuration_says_are_said_in_words(copied):
    weights = load_file(copied / "model.safetensors")
    weights["model.norm.weight"] = torch.ones(7)
    save_file(weights, copied / "model.safetensors", {"format": "pt"})
    with pytest.raises(LessonError, match="broken_model"):
        loading.load(copied)


def test_the_classroom_is_causal_and_complete():
    models.check(MODEL)
    assert models.describe("classroom", MODEL).kind == CAUSAL
