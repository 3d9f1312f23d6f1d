"""The real client asks a small Hub on loopback: what is found, what a model's label says, and each refusal."""

import json
import time

import pytest
from hub_server import FILES, Repository, facts, point_at, serving

from core.classroom import MODEL
from core.errors import LessonError
from core.models import fit, folder, search

CONFIG = json.loads(FILES["config.json"])


def config(**changes) -> dict[str, bytes]:
    return {**FILES, "config.json": json.dumps({**CONFIG, **changes}).encode()}


PROGRAM = {"AutoConfig": "modeling.C", "AutoModelForCausalLM": "modeling.M"}
MODELS = {
    "prueba/coplas": Repository(FILES, facts=facts()),
    "prueba/coplas-en": Repository(FILES, facts=facts(tags=["en"], downloads=90)),
    "prueba/coplas-resumen": Repository(FILES, facts=facts(pipeline_tag="summarization", downloads=50)),
    "prueba/coplas-fotos": Repository(
        config(architectures=["BlipForConditionalGeneration"], model_type="blip"),
        facts=facts(pipeline_tag="image-to-text", downloads=5),
    ),
    "prueba/coplas-programa": Repository(
        config(architectures=["NewForCausalLM"], model_type="new", auto_map=PROGRAM),
        facts=facts(tags=["safetensors", "custom_code", "es"], downloads=4),
    ),
    "prueba/coplas-encurtidas": Repository(
        {"config.json": FILES["config.json"], "pytorch_model.bin": b"x"},
        facts=facts(safetensors=None, tags=["pytorch", "es"], downloads=3),
    ),
    "prueba/callado": Repository({n: c for n, c in FILES.items() if not n.startswith("tokenizer")}, facts=facts()),
    "prueba/cerrado": Repository(FILES, closed=True, token="hf_abierto", facts=facts(gated="manual", downloads=2)),
    "prueba/roto": Repository({**FILES, "model.safetensors": b"\xff" * 4000}, facts=facts()),
    "prueba/harto": Repository(refusal=(429, "")),
    "prueba/enfermo": Repository(refusal=(503, "")),
    "prueba/portal": Repository(refusal=(200, "")),  # a page on the way that answers for it
    "prueba/token": Repository(refusal=(401, "")),
    "prueba/lento": Repository(silent=True),
}


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with serving(models=MODELS) as server:
        point_at(monkeypatch, server, tmp_path / "cache")
        yield server


def test_a_search_tells_of_each_model_what_the_hub_says(hub):
    found = {label.id.removeprefix("prueba/"): label for label in search.search("coplas")}
    assert list(found)[:2] == ["coplas-en", "coplas-resumen"], "the most downloaded first"
    assert found["coplas"] == search.Label("prueba/coplas", 6_917_376, "mit", ("es", "ca"), search.OPEN, downloads=10)
    troubles = {name: label.trouble for name, label in found.items() if label.trouble}
    assert troubles == {"coplas-fotos": "not_text", "coplas-programa": "code", "coplas-encurtidas": "pickled"}
    assert hub.served == 0, "no file came down"


def test_a_search_asks_for_a_language_and_a_task(hub):
    assert [label.id for label in search.search("coplas", "en")] == ["prueba/coplas-en"]
    assert [label.id for label in search.search("coplas", task="summarize")] == ["prueba/coplas-resumen"]
    assert search.search("nadie-lo-llamó-así") == []


def test_a_look_reckons_as_the_files_themselves_do_without_bringing_the_weights(hub):
    began = time.monotonic()
    looked = search.look("prueba/coplas")
    assert time.monotonic() - began < 2
    assert hub.served < 150_000
    own = folder.describe("classroom", MODEL)
    assert fit.needs(looked.shape, "bf16") == fit.needs(own, "bf16")
    assert (looked.context, looked.kind, looked.is_rough) == (own.context, own.kind, False)
    assert looked.bytes == sum(len(content) for content in FILES.values())


def test_a_gated_model_says_so_before_anything_comes_down(hub):
    looked = search.look("prueba/cerrado")
    assert (looked.label.access, looked.may_have, looked.is_rough) == (search.BY_HAND, False, True)
    assert looked.shape.parameters == 6_917_376
    assert hub.served == 0


def test_a_gated_model_whose_terms_were_accepted_is_looked_at_like_any_other(hub):
    looked = search.look("prueba/cerrado", "hf_abierto")
    assert (looked.label.access, looked.may_have, looked.is_rough) == (search.BY_HAND, True, False)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("prueba/coplas-fotos", "not_a_writer"),
        ("prueba/coplas-programa", "model_needs_code"),
        ("prueba/coplas-encurtidas", "pickled_weights"),
        ("prueba/callado", "no_tokenizer"),
        ("prueba/borrado", "model_not_found"),
        ("prueba/harto", "hub_busy"),
        ("prueba/enfermo", "hub_ill"),
        ("prueba/portal", "hub_ill"),
        ("no es un nombre", "model_not_a_name"),
    ],
)
def test_what_cannot_be_used_is_said_in_words_and_at_once(hub, name, code):
    began = time.monotonic()
    with pytest.raises(LessonError) as refused:
        search.look(name)
    assert refused.value.code == code
    assert time.monotonic() - began < 2


def test_headers_that_cannot_be_read_leave_a_rough_reckoning(hub):
    looked = search.look("prueba/roto")
    assert looked.is_rough
    assert looked.shape == fit.by_size(6_917_376)


def test_a_hub_that_never_answers_is_slow(hub, monkeypatch):
    monkeypatch.setattr(search, "SEARCH_SECONDS", 0.5)
    monkeypatch.setattr("core.models.fetch.ANSWER_SECONDS", 0.5)
    for asked in (lambda: search.search("silencio"), lambda: search.look("prueba/lento")):
        with pytest.raises(LessonError, match="hub_slow"):
            asked()


def test_no_connection_is_said(hub, monkeypatch):
    """To search, the client tries again and again: it is no longer waited for before it gives up."""
    monkeypatch.setattr(search, "SEARCH_SECONDS", 0.5)
    hub.stop()
    with pytest.raises(LessonError, match="hub_slow"):
        search.search("coplas")
    with pytest.raises(LessonError, match="no_connection"):
        search.look("prueba/coplas")


@pytest.mark.parametrize(
    ("card", "licence", "languages"),
    [
        ({"license": "other", "license_name": "gemma"}, "gemma", ("es",)),
        ({"license": ["mit", "apache-2.0"], "language": "en"}, "mit", ("en",)),
        ({"language": ["en", "code", "multilingual"]}, "", ("en",)),
        (None, "", ("es",)),
    ],
)
def test_a_card_says_its_licence_and_languages_in_many_ways(card, licence, languages):
    from huggingface_hub.hf_api import ModelInfo

    label = search.label(ModelInfo(id="a/b", tags=["es", "safetensors"], cardData=card))
    assert (label.licence, label.languages) == (licence, languages)
