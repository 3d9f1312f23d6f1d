import io
import json
import zipfile

import pytest

from core import storage
from core.errors import LessonError
from core.sharing import adapter
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
    folder = adapter.unpack(project, adapter.pack(made, project, "es"), "mi adaptador.zip")
    for name in adapter.WANTED:
        assert (folder / name).read_bytes() == (made.adapter / name).read_bytes()
    assert adapter.loaded_adapters(project) == [folder]


def test_the_parcel_holds_the_classroom_base_and_a_card(run):
    project, made = run
    names = zipfile.ZipFile(io.BytesIO(adapter.pack(made, project, "es"))).namelist()
    assert {"README.md", "base/model.safetensors", "base/config.json", *adapter.WANTED} <= set(names)


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
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


GOOD = {"adapter_config.json": b'{"base_model_name_or_path": "classroom"}', "adapter_model.safetensors": b"x"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip at all", "not_an_adapter"),
        (zipped(**{"README.md": b"x"}), "not_an_adapter"),
        (zipped(**{**GOOD, "adapter_config.json": b"not json"}), "adapter_of_another_base"),
        (
            zipped(**{**GOOD, "adapter_config.json": b'{"base_model_name_or_path": "otro/modelo"}'}),
            "adapter_of_another_base",
        ),
    ],
)
def test_what_is_no_adapter_of_this_base_is_refused_and_nothing_is_kept(run, content, code):
    project, _ = run
    with pytest.raises(LessonError, match=code):
        adapter.unpack(project, content, "a.zip")
    assert adapter.loaded_adapters(project) == []


def test_a_path_that_climbs_out_of_the_parcel_writes_nothing_outside(run):
    project, _ = run
    before = set(project.folder.parent.parent.rglob("*"))
    evil = zipped(**{f"../../../{name}": content for name, content in GOOD.items()}, **{"../evil.py": b"x"})
    folder = adapter.unpack(project, evil, "../../evil.zip")
    assert folder.parent == project.folder / "adapters"
    new = set(project.folder.parent.parent.rglob("*")) - before
    assert all(folder.parent in (path, *path.parents) for path in new)
    assert {path.name for path in folder.iterdir()} == set(adapter.WANTED)
