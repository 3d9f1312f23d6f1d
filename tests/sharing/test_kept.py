"""What step 13 gave, taken in again: every file of it writes, and a wrong one is told in a sentence."""

import io
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sharing.test_merged import with_base

from core import cli, storage, texts
from core.classroom import MODEL
from core.errors import LessonError
from core.generation import loaded_gguf
from core.generation.generate import Sampling, stream
from core.generation.loaded import load
from core.sharing import adapter, gguf_file, kept, merged
from core.tasks import TASKS
from core.tokens.encode import prompt_ids


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as parcel:
        for path in folder.iterdir():
            parcel.write(path, path.name)
    return buffer.getvalue()


def written(one: kept.Kept) -> str:
    loaded = load(one.base, one.adapter, "fp32")
    ids = prompt_ids("Abrí la ventana y", TASKS[one.task], loaded.tokenizer, one.language, 400)
    return "".join(step.text for step in stream(loaded, ids, Sampling(temperature=0, max_new_tokens=12)))


@pytest.fixture(scope="module")
def given(sampled, tmp_path_factory):
    """A project, and where all that step 13 gives of its run lies, by name."""
    project, tmp_path = sampled(), tmp_path_factory.mktemp("given")
    run = with_base(project, MODEL)
    storage.write_json(run.folder / "settings.json", run.record() | {"model": "classroom"})
    config = run.adapter / "adapter_config.json"
    storage.write_json(config, storage.load_json(config) | {"base_model_name_or_path": "classroom"})
    assert cli.main(["gguf", str(run.folder), "--quantisation", "f16"]) == 0
    whole, file = merged.make(run, project, "es"), gguf_file.folder(run)
    parcels = {"parcel.zip": adapter.pack(run, project, "es"), "model.zip": zipped(whole), "gguf.zip": zipped(file)}
    for name, content in parcels.items():
        (tmp_path / name).write_bytes(content)
    paths = {name: tmp_path / name for name in parcels}
    paths |= {"model": whole, "gguf": file, "file.gguf": file / gguf_file.file_name(run, "f16")}
    return project, paths | {"adapter": run.adapter}


def test_whatever_she_kept_writes_again_and_says_the_same(given):
    said = {}
    for name, path in given[1].items():
        with kept.opened(path) as one:
            assert (one.task, one.language) == ("write", "es")
            said[name] = written(one)
    whole = {said.pop(name) for name in ("model.zip", "model")}  # rounded to bfloat16, as its base is
    assert [len(whole), len(set(said.values()))] == [1, 1]


def test_in_a_project_it_is_loaded_from_where_it_lies_and_only_a_zip_is_unpacked(given):
    project, paths = given
    there = {name: kept.at(project, path) for name, path in paths.items()}
    assert sorted(there[name] for name in ("gguf.zip", "model.zip", "parcel.zip")) == kept.loaded(project)
    assert there["gguf"] == there["file.gguf"] == paths["file.gguf"]
    assert all(there[name] == paths[name] for name in ("model", "adapter"))
    assert {path.name for path in there["parcel.zip"].iterdir()} == {*kept.ADAPTER, "README.md"}
    assert load(MODEL, there["model.zip"], "fp32").tokenizer.bos_id == 0


def test_the_command_writes_with_a_file_too_and_says_where_there_is_none(given, capsys):
    _, paths = given
    assert cli.main(["generate", str(paths["gguf.zip"]), "Abrí la ventana y", "--tokens", "5"]) == 0
    assert capsys.readouterr().out.strip()
    assert cli.main(["generate", str(paths["gguf"].parent), "Abrí la ventana y", "--language", "es"]) == 2
    assert texts.words("es", "errors")("not_an_adapter") in capsys.readouterr().err


@pytest.fixture
def file(tmp_path) -> bytes:
    """A GGUF file with a word or two in it."""
    from gguf import GGUFWriter

    writer = GGUFWriter(tmp_path / "a.gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(["a", "b"])
    writer.add_token_types([1, 1])
    writer.add_token_merges(["a z"])  # of a token that is not there
    writer.add_tensor("token_embd.weight", np.ones((2, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return (tmp_path / "a.gguf").read_bytes()


def test_a_damaged_gguf_file_ends_in_a_sentence_wherever_the_damage_is(loaded, file):
    project = loaded()
    draw = random.Random(7)
    flipped = [file[:at] + bytes([draw.randrange(256)]) + file[at + 1 :] for at in range(4, len(file) - 256, 3)]
    cut = [file[:at] for at in range(4, len(file), 5)]
    ends = set()
    for content in (*flipped, *cut):
        try:
            kept.unpack(project, content, "a.gguf")
            ends.add("taken")
        except LessonError as error:
            ends.add(error.code)
    assert ends == {"taken", "gguf_broken", "gguf_unknown"}


def test_one_that_opens_and_lacks_what_a_model_needs_is_said_when_it_is_to_write(loaded, file):
    project = loaded()
    taken = kept.unpack(project, file, "a.gguf")
    with pytest.raises(LessonError, match="gguf_broken"):
        load(MODEL, taken)
    with pytest.raises(LessonError, match="gguf_broken"):
        loaded_gguf.tokenizer(taken / "a.gguf")


def test_arrays_in_arrays_without_end_are_damage(loaded):
    deep = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<I", 9)
    with pytest.raises(LessonError, match="gguf_broken"):
        kept.unpack(loaded(), deep + struct.pack("<IQ", 9, 1) * 5000, "a.gguf")


def test_a_gguf_file_that_lacks_a_weight_is_never_filled_in_by_chance(given, tmp_path):
    _, paths = given
    content = paths["file.gguf"].read_bytes()
    assert content.count(b"blk.0.ffn_up.weight") == 1
    (tmp_path / "a.gguf").write_bytes(content.replace(b"blk.0.ffn_up.weight", b"blk.0.ffn_uq.weight"))
    with pytest.raises(LessonError, match="gguf_broken"):
        load(MODEL, tmp_path)


def test_a_gguf_file_of_another_kind_is_told_from_a_damaged_one(loaded, file):
    project = loaded()
    for ours, other in ((b"gpt-2", b"dolly"), (b"token_embd.weight", b"rope_freqs.weight")):
        with pytest.raises(LessonError, match="gguf_unknown"):
            kept.unpack(project, file.replace(ours, other), "otro.gguf")
    assert kept.loaded(project) == []


@pytest.mark.parametrize("name", ["nothing", "a text.txt", "empty folder"])
def test_a_place_where_no_model_is_is_said(loaded, tmp_path, name):
    (tmp_path / "a text.txt").write_text("hola")
    (tmp_path / "empty folder").mkdir()
    project = loaded()
    code = "kept_not_found" if name == "nothing" else "not_an_adapter"
    with pytest.raises(LessonError, match=code):
        kept.at(project, tmp_path / name)
    with pytest.raises(LessonError, match=code), kept.opened(tmp_path / name):
        pass
