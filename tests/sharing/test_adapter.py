import io
import json
import random
import zipfile

import pytest

from core import storage, texts
from core.errors import LessonError
from core.sharing import adapter, kept
from core.sharing.card import card
from core.training import plan, runs


@pytest.fixture
def run(loaded):
    """A run with an adapter on disk: real files, of a size that needs no training."""
    project = loaded()
    made = runs.create(project, plan.settings(project, "quick"))
    made.adapter.mkdir()
    (made.adapter / "adapter_model.safetensors").write_bytes(b"weights" * 100)
    storage.write_json(made.adapter / "adapter_config.json", {"base_model_name_or_path": "classroom", "r": 16})
    return project, made


def test_what_is_packed_is_taken_in_again_byte_by_byte(run):
    project, made = run
    folder = kept.unpack(project, adapter.pack(made, project, "es"), "mi adaptador.zip")
    for name in kept.ADAPTER:
        assert (folder / name).read_bytes() == (made.adapter / name).read_bytes()
    assert kept.loaded(project) == [folder]


def test_the_parcel_holds_the_classroom_base_and_a_card(run):
    project, made = run
    names = zipfile.ZipFile(io.BytesIO(adapter.pack(made, project, "es"))).namelist()
    assert {"README.md", "base/model.safetensors", "base/config.json", *kept.ADAPTER} <= set(names)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_card_tells_no_path_of_this_machine_and_none_of_her_texts(run, language):
    project, made = run
    text = card(made, project, None, language)
    assert str(project.folder.parent) not in text
    assert "{" not in text.replace("{'", "")
    rows = [json.dumps(row["text"], ensure_ascii=False)[1:-1] for row in runs_texts(made)]
    assert not any(row in text for row in rows)


def runs_texts(made) -> list[dict]:
    from core.data import table

    return table.rows(made.prepared / "train")


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


GOOD = {"adapter_config.json": b'{"base_model_name_or_path": "classroom"}', "adapter_model.safetensors": b"x"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip at all", "not_an_adapter"),
        (zipped(**{"README.md": b"x"}), "not_an_adapter"),
        (zipped(**{**GOOD, "adapter_config.json": b"not json"}), "not_an_adapter"),
        (
            zipped(**{**GOOD, "adapter_config.json": b'{"base_model_name_or_path": "otro/modelo"}'}),
            "adapter_of_another_base",
        ),
    ],
)
def test_what_is_no_adapter_of_this_base_is_refused_and_nothing_is_kept(run, content, code):
    project, _ = run
    with pytest.raises(LessonError, match=code):
        kept.unpack(project, content, "a.zip")
    assert kept.loaded(project) == []


def test_a_path_that_climbs_out_of_the_parcel_writes_nothing_outside(run):
    project, _ = run
    before = set(project.folder.parent.parent.rglob("*"))
    evil = zipped(**{f"../../../{name}": content for name, content in GOOD.items()}, **{"../evil.py": b"x"})
    folder = kept.unpack(project, evil, "../../evil.zip")
    assert folder.parent == project.folder / "adapters"
    new = set(project.folder.parent.parent.rglob("*")) - before
    assert all(folder.parent in (path, *path.parents) for path in new)
    assert {path.name for path in folder.iterdir()} == set(kept.ADAPTER)


def test_a_parcel_damaged_anywhere_is_an_adapter_or_a_sentence(run):
    project, _ = run
    weights = random.Random(7).randbytes(400)
    whole = zipped(**{**GOOD, "adapter_model.safetensors": weights})
    flipped = [whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :] for place in range(len(whole))]
    cut = [whole[:place] for place in range(len(whole))]
    ends = set()
    for content in (*flipped, *cut):
        try:
            kept.unpack(project, content, "a.zip")
            ends.add("an adapter")
        except LessonError as error:
            ends.add(error.code)
    assert ends == {"an adapter", "not_an_adapter"}


def test_a_member_that_says_it_is_huge_is_not_read(run):
    project, _ = run
    parcel = bytearray(zipped(**GOOD))
    entry = parcel.rfind(b"PK\x01\x02")  # the weights' entry in the central directory
    parcel[entry + 24 : entry + 28] = (3_000_000_000).to_bytes(4, "little")
    with pytest.raises(LessonError, match="not_an_adapter"):
        kept.unpack(project, bytes(parcel), "a.zip")


def test_a_refused_parcel_leaves_no_folder_behind(run):
    project, _ = run
    before = sorted(project.folder.rglob("*"))
    for content in (b"no zip", zipped(**{**GOOD, "adapter_config.json": b'{"base_model_name_or_path": "otro"}'})):
        with pytest.raises(LessonError):
            kept.unpack(project, content, "a.zip")
    assert sorted(project.folder.rglob("*")) == before


def test_an_adapter_whose_weights_are_no_tensors_is_said_when_it_is_put_on(run):
    from core.classroom import MODEL
    from core.generation.loaded import load

    project, made = run
    config = {"base_model_name_or_path": "classroom", "peft_type": "LORA", "target_modules": "all-linear", "r": 16}
    storage.write_json(made.adapter / "adapter_config.json", config)
    folder = kept.unpack(project, adapter.pack(made, project, "es"), "roto.zip")
    with pytest.raises(LessonError, match="broken_adapter"):
        load(MODEL, folder)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_card_shows_what_was_measured_on_both_models(run, language):
    project, made = run
    before = {"loss": {"value": 1.5}, "perplexity": {"value": 44.8}, "verse_syllables": {"value": 8.25}}
    after = {**before, "perplexity": {"value": 23.4}}
    text = card(made, project, {"rows": 26, "sides": {"base": before, "adapted": after}}, language)
    shown = ("44,8", "23,4") if language == "es" else ("44.8", "23.4")
    assert f"| {shown[0]} | {shown[1]} |" in text
    assert texts.words(language, "metrics")("metric.verse_syllables") not in text, "neither more nor less is better"
    assert "base_model: classroom" in text
    assert "library_name: peft" in text


def test_the_parcels_own_base_and_adapter_open_with_peft_alone(run, tmp_path):
    """What the card tells her to write, on a machine where this project is not."""
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from core.classroom import MODEL

    project, made = run
    small = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM")
    get_peft_model(AutoModelForCausalLM.from_pretrained(MODEL), small).save_pretrained(made.adapter)
    zipfile.ZipFile(io.BytesIO(adapter.pack(made, project, "es"))).extractall(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tmp_path / "base"), tmp_path)
    ids = tokenizer(tokenizer.bos_token + "La luna", return_tensors="pt", add_special_tokens=False).input_ids
    assert model.generate(input_ids=ids, max_new_tokens=3).shape[1] > ids.shape[1]
