"""The merged model, opened by libraries that know nothing of this project."""

import random
import shutil
import tracemalloc
from pathlib import Path

import pytest

from core import storage
from core.errors import LessonError
from core.generation.generate import Sampling, stream
from core.generation.loaded import load
from core.models.weights import numbers, packed, tensors
from core.sharing import merged
from core.training import plan, runs


def adapt(base: Path, folder: Path, targets: str | list[str] = "all-linear") -> None:
    """Writes a LoRA adapter whose numbers are drawn at random, as large as a short training makes them."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(7)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
    model.save_pretrained(folder)


def with_base(project, base: Path, targets: str | list[str] = "all-linear") -> runs.Run:
    """A run of the project, as it would be with another base: an adapter of it, and its record."""
    made = runs.create(project, plan.settings(project, "quick"))
    record = made.record() | {"model": str(base), "model_folder": str(base)}
    storage.write_json(made.folder / "settings.json", record)
    adapt(base, made.adapter, targets)
    return made


@pytest.fixture
def classroom_run(loaded):
    from core.classroom import MODEL

    project = loaded()
    return project, with_base(project, MODEL)


def greedy(folder: Path, prompt: str) -> str:
    """What plain transformers writes, always taking the likeliest token."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = tokenizer((tokenizer.bos_token or "") + prompt, return_tensors="pt", add_special_tokens=False).input_ids
    written = model.generate(input_ids=ids, max_new_tokens=30, do_sample=False)
    return tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True)


def test_plain_transformers_writes_with_it_what_the_workshop_writes(classroom_run):
    project, run = classroom_run
    folder = merged.make(run, project, "es")
    ours = load(Path(run.record()["model_folder"]), run.adapter, "fp32")
    start = [ours.tokenizer.bos_id, *ours.tokenizer.encode("Mi abuela decía que")]
    steps = stream(ours, start, Sampling(temperature=0, max_new_tokens=30))
    text = greedy(folder, "Mi abuela decía que")
    assert text
    assert "".join(step.text for step in steps) == text
    assert greedy(Path(run.record()["model_folder"]), "Mi abuela decía que") != text, "the adapter changes something"


def test_it_travels_with_its_tokenizer_its_generation_settings_and_a_card_of_its_own(classroom_run):
    project, run = classroom_run
    folder = merged.make(run, project, "es")
    assert {path.name for path in folder.iterdir()} == {
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json",
        "README.md",
    }  # fmt: skip
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "library_name: transformers" in card
    assert "PeftModel" not in card
    assert merged.is_made(run)
    made = sum(path.stat().st_size for path in folder.iterdir())
    assert merged.bytes_needed(run) == pytest.approx(made, rel=0.02)  # she is told one size before and after


# GPT-2 keeps its matrices turned, and files with and without their first part.
@pytest.mark.parametrize(("family", "targets"), [("gpt2", "all-linear"), ("qwen3", ["q_proj", "down_proj"])])
def test_each_weight_is_what_peft_itself_makes_of_it(loaded, base, family, targets):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    project = loaded()
    run = with_base(project, base(family), targets)
    ours = AutoModelForCausalLM.from_pretrained(merged.make(run, project, "es"))
    model = AutoModelForCausalLM.from_pretrained(base(family))
    theirs = PeftModel.from_pretrained(model, run.adapter).merge_and_unload().state_dict()
    assert all(torch.allclose(weight, theirs[name], atol=1e-6) for name, weight in ours.state_dict().items())
    changed = AutoModelForCausalLM.from_pretrained(base(family)).state_dict()
    assert any(not torch.equal(weight, changed[name]) for name, weight in ours.state_dict().items())


def test_a_base_in_several_files_comes_out_in_as_many(loaded, base, tmp_path):
    from transformers import AutoModelForCausalLM

    in_pieces = tmp_path / "pieces"
    shutil.copytree(base("qwen3"), in_pieces)
    (in_pieces / "model.safetensors").unlink()
    AutoModelForCausalLM.from_pretrained(base("qwen3")).save_pretrained(in_pieces, max_shard_size="200KB")
    pieces = sorted(path.name for path in in_pieces.glob("*.safetensors"))
    assert len(pieces) > 1
    project = loaded()
    folder = merged.make(with_base(project, in_pieces), project, "es")
    assert sorted(path.name for path in folder.glob("*.safetensors")) == pieces
    AutoModelForCausalLM.from_pretrained(folder)


def test_a_model_trained_whole_is_copied_as_it_is(classroom_run):
    project, run = classroom_run
    shutil.rmtree(run.adapter)
    shutil.copytree(run.record()["model_folder"], run.adapter)
    storage.write_json(run.folder / "reshaped.json", {"method": "full"})
    folder = merged.make(run, project, "en")
    assert (folder / "model.safetensors").read_bytes() == (run.adapter / "model.safetensors").read_bytes()


def large(folder: Path, base: Path, rows: int) -> None:
    """Writes a base with one matrix of `rows` × 1000 numbers in bfloat16, and an adapter for it."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir()
    for path in base.iterdir():
        shutil.copy(path, folder / path.name)
    save_file({"model.big.weight": torch.zeros(rows, 1000, dtype=torch.bfloat16)}, folder / "model.safetensors")
    (folder / "adapter").mkdir()
    pair = {"lora_A": torch.ones(2, 1000), "lora_B": torch.ones(rows, 2)}
    save_file(
        {f"base_model.model.model.big.{name}.weight": tensor for name, tensor in pair.items()},
        folder / "adapter" / "adapter_model.safetensors",
    )
    storage.write_json(folder / "adapter" / "adapter_config.json", {"r": 2, "lora_alpha": 4})


def test_a_large_weight_is_never_whole_in_memory(loaded, base, tmp_path):
    project = loaded()
    large(tmp_path / "large", base("qwen3"), 50_000)  # 100 MB
    run = runs.create(project, plan.settings(project, "quick"))
    record = run.record() | {"model": "grande/uno", "model_folder": str(tmp_path / "large")}
    storage.write_json(run.folder / "settings.json", record)
    shutil.copytree(tmp_path / "large" / "adapter", run.adapter)
    tracemalloc.start()
    made = merged.make(run, project, "es") / "model.safetensors"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6
    place = tensors(made)["model.big.weight"]
    with made.open("rb") as file:
        file.seek(place.end - 2000)
        assert set(numbers(file.read(2000), "BF16").tolist()) == {4.0}


@pytest.mark.parametrize("spoil", ["a layer that is not there", "a weight in bytes"])
def test_what_has_no_place_for_the_sum_is_said_and_nothing_is_left(loaded, base, tmp_path, spoil):
    import torch
    from safetensors.torch import load_file, save_file

    project = loaded()
    spoiled = tmp_path / "spoiled"
    shutil.copytree(base("qwen3"), spoiled)
    run = with_base(project, spoiled)
    weights = load_file(spoiled / "model.safetensors")
    name = next(name for name in weights if "q_proj.weight" in name)
    if spoil == "a weight in bytes":
        weights[name] = weights[name].to(torch.uint8)
    else:
        del weights[name]
    save_file(weights, spoiled / "model.safetensors")
    with pytest.raises(LessonError) as error:
        merged.make(run, project, "es")
    assert error.value.code == "cannot_merge"
    assert not (run.folder / "share").exists()


def test_a_disk_that_fills_up_on_the_way_is_said_and_nothing_is_left(classroom_run, full_after):
    project, run = classroom_run
    with full_after(5_000_000), pytest.raises(LessonError) as error:
        merged.make(run, project, "es")
    assert error.value.code == "disk_full"
    assert not [path for path in (run.folder / "share").rglob("*") if path.suffix != ".lock"]


def test_a_disk_with_less_room_than_the_model_takes_is_said_before_anything_is_written(classroom_run, monkeypatch):
    project, run = classroom_run
    monkeypatch.setattr(merged.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1_000_000}))
    with pytest.raises(LessonError) as error:
        merged.make(run, project, "es")
    assert error.value.code == "merged_does_not_fit"
    assert not (run.folder / "share").exists()


def test_bfloat16_is_read_and_rounded_as_torch_does():
    import torch

    draw = random.Random(7)
    values = torch.tensor([draw.uniform(-3, 3) * 10 ** draw.randint(-30, 30) for _ in range(5000)])
    raw = packed(values.numpy(), "BF16")
    theirs = values.to(torch.bfloat16)
    assert raw == theirs.view(torch.uint16).numpy().tobytes()
    assert (numbers(raw, "BF16") == theirs.float().numpy()).all()
