"""A pack made on one machine and opened on another; whatever is not as it should be leaves nothing behind."""

import json
import zipfile
from pathlib import Path

import pytest

from core import project as projects
from core.data import read, sources, stages, table
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.sharing import pack, sealed


def little_model(folder: Path) -> Path:
    """Writes a model by hand: all that a pack looks at, and one tensor of four numbers."""
    folder.mkdir(parents=True)
    tensor = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    header = json.dumps({"model.embed_tokens.weight": tensor}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(range(16)))
    (folder / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}))
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Project]:
    """A pack, and the project that it was made of. Neither is written to."""
    root = tmp_path_factory.mktemp("here")
    project = projects.create(root, "Prueba", "es", model=str(little_model(root / "modelito")))
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    return pack.make(root / "packed", project, "Taller: «jueves»"), project


def rewritten(path: Path, target: Path, change) -> Path:
    """A copy of a ZIP whose members `change(members)` may touch: {name: content}."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return target


def test_the_model_and_the_texts_come_out_as_they_went_in(made, tmp_path):
    path, project = made
    opened = pack.unpack(tmp_path / "elsewhere", path)
    assert (opened.name, opened.task, opened.language) == ("Taller: «jueves»", "write", "es")
    assert models.find(opened.model) == opened.folder / "model"
    for file in (opened.folder / "model").iterdir():
        assert file.read_bytes() == (Path(project.model) / file.name).read_bytes()
    there = read.read(opened.texts).data.column("text").to_pylist()
    assert there == table.read(project.texts / "rows").column("text").to_pylist()
    assert pack.opened(tmp_path / "elsewhere") == [opened]
    assert pack.unpack(tmp_path / "elsewhere", path) == opened, "opening it again changes nothing"


def test_no_path_of_this_machine_and_no_choice_of_hers_goes_along(made):
    path, project = made
    with zipfile.ZipFile(path) as packed:
        manifest = packed.read("pack.json").decode()
    assert project.id not in manifest
    assert str(Path(project.model).parent) not in manifest
    assert [left.name for left in path.parent.iterdir()] == [path.name]


def test_the_texts_stay_when_she_says_so(made, tmp_path):
    _, project = made
    path = pack.make(tmp_path, project, "solo el modelo", with_texts=False)
    assert not [name for name in zipfile.ZipFile(path).namelist() if name.startswith("texts/")]


def test_a_pack_of_the_classrooms_model_carries_only_texts(workspace, new_project):
    project = new_project()
    with pytest.raises(LessonError) as error:
        pack.make(workspace / "packed", project, "vacío")
    assert error.value.code == "pack_is_empty"
    stages.load_texts(project, sources.open_source("sample:poems", "es"))
    opened = pack.unpack(workspace / "otro", pack.make(workspace / "packed", project, "textos"))
    assert opened.model == models.CLASSROOM
    assert opened.texts


def truncated(members):
    members["model/model.safetensors"] = members["model/model.safetensors"][:-8]


def another_byte(members):
    content = bytearray(members["model/model.safetensors"])
    content[-1] ^= 1
    members["model/model.safetensors"] = bytes(content)


def listed(members, name, content=b"x"):
    """Adds a member that the list names, as someone with bad intentions would."""
    manifest = json.loads(members["pack.json"])
    members[name] = content
    manifest["files"][name] = {"bytes": len(content), "sha256": "0" * 64}
    members["pack.json"] = json.dumps(manifest).encode()


BAD = {
    "cut short": (truncated, "pack_damaged"),
    "another byte": (another_byte, "pack_damaged"),
    "a file that the list lacks": (lambda m: m.update({"model/extra.json": b"{}"}), "pack_damaged"),
    "a file that is missing": (lambda m: m.pop("model/config.json"), "pack_damaged"),
    "a way up": (lambda m: listed(m, "model/../../out.json"), "pack_damaged"),
    "a way from the root": (lambda m: listed(m, "/tmp/out.json"), "pack_damaged"),
    "a way of another system": (lambda m: listed(m, "model\\..\\out.json"), "pack_damaged"),
    "a folder more": (lambda m: listed(m, "model/deep/config.json"), "pack_damaged"),
    "a program": (lambda m: listed(m, "model/modeling.py"), "pack_damaged"),
    "pickled weights": (lambda m: listed(m, "model/pytorch_model.bin"), "pack_damaged"),
    "no list": (lambda m: m.pop("pack.json"), "not_a_pack"),
    "another's list": (lambda m: m.update({"pack.json": b'{"files": {}}'}), "not_a_pack"),
    "a task of nobody": (lambda m: m.update({"pack.json": m["pack.json"].replace(b'"write"', b'"..."')}), "not_a_pack"),
    "a list that is no list": (lambda m: m.update({"pack.json": b"[" * 5000}), "not_a_pack"),
    "a list of half": (lambda m: m.update({"pack.json": m["pack.json"][:-20]}), "not_a_pack"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_as_it_should_be_leaves_nothing(made, tmp_path, name):
    change, code = BAD[name]
    root = tmp_path / "elsewhere"
    with pytest.raises(LessonError) as error:
        pack.unpack(root, rewritten(made[0], tmp_path / "bad.zip", change))
    assert error.value.code == code
    assert pack.opened(root) == []
    assert not [path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_what_is_compressed_is_not_opened(made, tmp_path):
    with zipfile.ZipFile(made[0]) as old, zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(LessonError) as error:
        pack.unpack(tmp_path / "elsewhere", tmp_path / "z.zip")
    assert error.value.code == "pack_damaged"


def test_what_does_not_fit_is_said_before_anything_is_written(made, tmp_path, monkeypatch):
    monkeypatch.setattr(sealed.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10}))
    with pytest.raises(LessonError) as error:
        pack.unpack(tmp_path / "elsewhere", made[0])
    assert error.value.code == "pack_does_not_fit"


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"nothing of the kind")
    with pytest.raises(LessonError) as error:
        pack.unpack(tmp_path / "elsewhere", tmp_path / "x.zip")
    assert error.value.code == "broken_file"
