"""A model from nothing, by the command, on a tiny corpus."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from core import classroom, cli, storage, texts
from core.pretraining import card, corpus, export, held_out, tokenizer, train
from core.pretraining import recipe as recipes
from core.pretraining.model import draw
from core.processes import ROOT


def pretrain(*arguments, wait=True):
    command = [sys.executable, "-m", "core", "pretrain", *map(str, arguments)]
    environment = {**os.environ, "LLMS_LANGUAGE": "en", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return process.communicate(timeout=120) if wait else process


@pytest.fixture(scope="module")
def made(tmp_path_factory, corpora, asked):
    """A recipe followed to its end without a stop, in this process."""
    folder = tmp_path_factory.mktemp("made")
    recipe = folder / "tiny.yaml"
    recipe.write_text(yaml.safe_dump(asked, sort_keys=False), encoding="utf-8")
    assert cli.main(["pretrain", str(recipe), "--corpora", str(corpora), "--folder", str(folder / "work")]) == 0
    return folder / "work"


def test_twenty_steps_learn_something(made):
    metrics = storage.read_json_lines(made / "metrics.jsonl")
    assert metrics[-1]["step"] == 20
    assert metrics[-1]["tokens"] == 20 * 8 * 64
    assert metrics[-1]["loss"] < metrics[0]["loss"] < 6.1, "it began no worse than chance, log 400 = 6.0"


def test_what_comes_out_loads_and_writes_with_plain_transformers(made):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(made / "model")
    model = AutoModelForCausalLM.from_pretrained(made / "model")
    assert (model.config.model_type, model.dtype) == ("llama", torch.bfloat16)
    assert tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|pad|>"]) == [0, 1]
    verse = "Al alba, la panadera,\n\nabre  la ventana ¿sí?\n"
    assert tokenizer.decode(tokenizer(verse)["input_ids"]) == verse
    ids = tokenizer("Al alba", return_tensors="pt")
    assert len(model.generate(**ids, max_new_tokens=4, do_sample=False)[0]) > ids["input_ids"].shape[1]


def test_its_record_has_the_sums_of_its_files_and_its_card_both_languages(made):
    record = storage.load_json(made / "record.json")
    assert record["sha256"] == export.checksums(made / "model")
    assert record["held_out"].keys() == {"prose", "verse", "everyday", "pairs"} == record["against"].keys()
    passages = held_out.read(made)
    assert held_out.measure_folder(made / "model", {"verse": passages["verse"]})["verse"].bits_per_character == (
        pytest.approx(record["held_out"]["verse"]["bits_per_character"], rel=1e-3)
    )
    shown = (made / "model" / card.FILE).read_text(encoding="utf-8")
    assert not re.search(r"\{[a-z_]+\}", shown), "every fact was filled in"
    assert shown.count("**La lluvia**") == 2
    assert "Qué da por sentado" in shown
    assert "What it takes for granted" in shown
    assert "Tatoeba" not in shown, "the classroom's sources are not those of another recipe"


def test_a_deeper_one_grows_from_it_keeps_its_tokenizer_and_tells_of_both_trainings(made, tmp_path, asked, corpora):
    shape = {**asked["shape"], "layers": 4}
    recipe = {**asked, "name": "grown", "grown_from": str(made / "model"), "shape": shape}
    recipe["training"] = {**asked["training"], "steps": 2}
    path = tmp_path / "deeper.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    assert cli.main(["pretrain", str(path), "--corpora", str(corpora), "--folder", str(tmp_path / "work")]) == 0
    first, before = (storage.read_json_lines(folder / "metrics.jsonl")[-1] for folder in (tmp_path / "work", made))
    assert first["loss"] < before["loss"] + 0.2, "it did not begin again"
    assert (tmp_path / "work" / "tokenizer.json").read_bytes() == (made / "tokenizer.json").read_bytes()

    record = storage.load_json(tmp_path / "work" / "record.json")
    assert [part["steps"] for part in record["parts"]] == [20, 2]
    assert record["tokens"] == 22 * 8 * 64 == sum(sum(part["read"].values()) for part in record["parts"])
    shown = (tmp_path / "work" / "model" / card.FILE).read_text(encoding="utf-8")
    assert all(said in shown for said in ("Aprendió en 2 tandas", "It learned in 2 sittings", "`grown`"))


def test_a_model_that_grew_from_ours_credits_what_ours_has_read():
    known = classroom.record()
    own = {"recipe": "mine", "tokens": 1000, "seconds": 60, "read": {"letters": 1000}}
    grown = {**known, "recipe": {**known["recipe"], "name": "mine"}, "parts": [*known["parts"], own]}
    shown = card.as_markdown(grown)
    assert "Tatoeba" in shown
    assert "| letters |" in shown


def test_what_is_kept_apart_is_never_read(made, corpora):
    learned = tokenizer.load(made)
    for name, register in recipes.read(made.parent / "tiny.yaml").registers.items():
        read = learned.decode(np.fromfile(made / "ids" / f"{name}.ids", np.uint16).tolist())
        assert next(corpus.texts(corpora, register, held_out=False)) in read
        assert not [passage for passage in held_out.read(made)[name] if passage in read]


def test_killed_and_told_to_stop_it_ends_with_the_same_weights(made, tmp_path, recipe_file, corpora):
    recipe = yaml.safe_load(recipe_file.read_text())
    recipe["training"]["checkpoint_minutes"] = 0.0  # after every step
    recipe_file.write_text(yaml.safe_dump(recipe, sort_keys=False))
    work = tmp_path / "work"
    arguments = (recipe_file, "--corpora", corpora, "--folder", work)
    for ending in (signal.SIGKILL, signal.SIGTERM):
        process = pretrain(*arguments, wait=False)
        before = (work / "checkpoint.safetensors").stat().st_mtime_ns if work.exists() else 0
        path = work / "checkpoint.safetensors"
        while process.poll() is None and not (path.exists() and path.stat().st_mtime_ns > before):
            time.sleep(0.005)
        process.send_signal(ending)
        process.communicate(timeout=60)
        assert process.returncode in (-signal.SIGKILL, 130)
    assert train.train(recipes.read(recipe_file), work, lambda *_, **__: None) is not None
    whole, resumed = (load_file(folder / train.CHECKPOINT) for folder in (made, work))
    assert all(whole[name].equal(resumed[name]) for name in whole)


def test_a_recipe_with_mistakes_says_them_all_at_once(recipe_file, tmp_path, capsys):
    recipe = yaml.safe_load(recipe_file.read_text())
    recipe["registers"]["prose"]["early"] = 0.9
    recipe["shape"]["heads"] = 5
    recipe["training"] |= {"rows_at_once": 3, "minutes": 5}
    recipe_file.write_text(yaml.safe_dump(recipe, sort_keys=False))
    assert cli.main(["pretrain", str(recipe_file), "--corpora", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert all(part in said for part in ("registers.*.early", "shape.heads", "training.rows_at_once", "minutes"))
    recipe_file.write_text("shape: {width: ancho}\ncolour: red")
    assert cli.main(["pretrain", str(recipe_file)]) == 2
    said = capsys.readouterr().err
    assert all(part in said for part in ("shape.width (int)", "colour?", "training.rows (…)"))


@pytest.mark.parametrize(
    ("part", "name", "value", "said"),
    [
        ("shape", "heads", 0, "shape.heads (> 0)"),
        ("training", "rows_at_once", 0, "training.rows_at_once (> 0)"),
        ("training", "steps", -5, "training.steps (> 0)"),
        ("training", "rows", "ocho", "training.rows (int)"),
        ("", "registers", ["prose"], "registers.*.early"),
    ],
)
def test_a_number_that_no_training_can_have_is_said_by_its_name(recipe_file, capsys, part, name, value, said):
    recipe = yaml.safe_load(recipe_file.read_text())
    (recipe[part] if part else recipe)[name] = value
    recipe_file.write_text(yaml.safe_dump(recipe, sort_keys=False))
    assert cli.main(["pretrain", str(recipe_file)]) == 2
    assert said in capsys.readouterr().err


def test_a_training_of_less_than_no_time_is_refused(recipe_file, capsys):
    assert cli.main(["pretrain", str(recipe_file), "--minutes", "-1"]) == 2
    assert "training.minutes (> 0)" in capsys.readouterr().err


def test_a_recipe_that_is_not_there_is_answered_with_those_that_are(capsys):
    assert cli.main(["pretrain", "smal.yaml"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ("smal.yaml", "small", "further", "deeper", "full"))


def test_a_training_whose_loss_is_no_number_any_more_stops_and_keeps_nothing_of_it(asked, corpora, tmp_path, capsys):
    recipe = {**asked, "training": {**asked["training"], "matrix_rate": 1e30, "embedding_rate": 1e30}}
    path, work = tmp_path / "wild.yaml", tmp_path / "work"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    assert cli.main(["pretrain", str(path), "--corpora", str(corpora), "--folder", str(work)]) == 2
    assert texts.words("es", "errors")("pretraining_diverged") in capsys.readouterr().err
    assert not (work / train.CHECKPOINT).exists()


def test_texts_that_are_not_there_are_said_by_name(recipe_file, tmp_path, capsys):
    assert cli.main(["pretrain", str(recipe_file), "--corpora", str(tmp_path), "--folder", str(tmp_path / "w")]) == 2
    assert "prose.jsonl.gz" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["small", "further", "deeper", "full"])
def test_the_recipes_that_come_along_can_be_followed(name):
    with torch.device("meta"):
        model = draw(recipes.read(Path(name)).shape, seed=1)
    assert model.num_parameters() <= {"small": 8e6, "further": 8e6, "deeper": 30e6, "full": 30e6}[name]


def test_another_recipe_does_not_go_on_with_this_ones_model(made, corpora, capsys):
    asked = (str(made.parent / "tiny.yaml"), "--corpora", str(corpora), "--folder", str(made))
    assert cli.main(["pretrain", *asked, "--steps", "30"]) == 2
    assert str(made) in capsys.readouterr().err
