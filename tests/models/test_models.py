import json
import shutil
import socket
import time
from types import SimpleNamespace

import pytest
from hub_server import NOWHERE, point_at

from core.classroom import MODEL
from core.errors import LessonError
from core.models import folder as models
from core.models.hub import is_hub_id


@pytest.fixture
def find(monkeypatch, tmp_path):
    """Looks for a model at a Hub. Answers its folder, or the code of what is refused."""

    def look(id, server):
        point_at(monkeypatch, server, tmp_path / "cache")
        try:
            return models.find(id)
        except LessonError as error:
            return error.code

    return look


@pytest.fixture
def copied(tmp_path):
    return shutil.copytree(MODEL, tmp_path / "modelo")


def test_a_model_of_the_hub_is_downloaded_once_and_then_found_without_connection(hub, find):
    first = find("prueba/classroom", hub)
    found = models.describe("prueba/classroom", first).parameters
    assert found == models.describe("classroom", MODEL).parameters
    assert not (first / "pytorch_model.bin").exists()
    hub.stop()
    assert find("prueba/classroom", hub) == first


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("prueba/nadie", "model_not_found"),
        ("prueba/gated", "model_gated"),
        ("prueba/closed", "model_gated"),
        ("prueba/pickled", "pickled_weights"),
        ("prueba/ill", "hub_ill"),
    ],
)
def test_what_the_hub_refuses_is_said_in_words(hub, find, id, code):
    assert find(id, hub) == code


def test_no_connection_is_said_within_fifteen_seconds(find):
    began = time.monotonic()
    assert find("prueba/classroom", NOWHERE) == "no_connection"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("reference", ["../secreto", "/etc", "a b", "a/b/c", "", "-x/../y"])
def test_what_is_no_hub_id_is_never_asked_of_the_hub(reference):
    assert not is_hub_id(reference)


def test_the_count_of_parameters_is_torchs_own():
    from core.generation.loaded import load

    parameters = sum(parameter.numel() for parameter in load(MODEL).model.parameters())
    assert models.describe("classroom", MODEL).parameters == parameters


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(LessonError, match="model_folder_empty"):
        models.find(str(tmp_path))


def test_pickled_weights_are_refused(copied):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(LessonError, match="pickled_weights"):
        models.find(str(copied))


def test_a_model_of_another_kind_is_refused(copied):
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "architectures": ["BertForMaskedLM"]}))
    with pytest.raises(LessonError, match="not_a_writer"):
        models.find(str(copied))


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x10\x00\x00\x00\x00\x00\x00\x00not json at all!"])
def test_broken_weights_are_refused_without_loading_them(copied, content):
    (copied / "model.safetensors").write_bytes(content)
    with pytest.raises(LessonError, match="broken_model"):
        models.describe("x", copied)


def test_a_hub_that_takes_the_question_and_never_answers_is_slow(find):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        there = SimpleNamespace(address=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert find("prueba/classroom", there) == "hub_slow"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("content", [b"[]", b'{"a": 1}', b'{"a": {"shape": "x"}}', b"null"])
def test_a_header_of_another_shape_is_broken_too(copied, content):
    (copied / "model.safetensors").write_bytes(len(content).to_bytes(8, "little") + content)
    with pytest.raises(LessonError, match="broken_model"):
        models.describe("x", copied)


def test_weights_that_end_too_soon_are_said_in_words(copied):
    from core.generation.loaded import load

    with (copied / "model.safetensors").open("r+b") as file:
        file.truncate((MODEL / "model.safetensors").stat().st_size - 5000)
    with pytest.raises(LessonError, match="broken_model"):
        load(copied)


def test_a_configuration_that_is_no_object_is_no_model(copied):
    (copied / "config.json").write_text("[]")
    with pytest.raises(LessonError, match="model_folder_empty"):
        models.find(str(copied))


def test_a_folder_is_named_by_its_last_part_even_once_it_is_gone(copied):
    assert models.public_name(str(copied)) == "modelo"
    shutil.rmtree(copied)
    assert models.public_name(str(copied)) == "modelo"
    assert models.public_name("classroom") == "classroom"
    assert models.public_name("DeepESP/gpt2-spanish") == "DeepESP/gpt2-spanish"
