"""What is looked at before a run, and what each look can say."""

from dataclasses import replace

import pytest

from core import machine, texts
from core.models import folder as models
from core.training import memory
from core.training.preflight import NO, OK, UNKNOWN, WARN, look
from core.training.promise import Promise
from core.training.settings import Settings


def verdicts(project, settings=Settings(), promised=None):  # noqa: B008  (frozen)
    return {check.code: check.verdict for check in look(project, settings, promised)}


def test_a_small_project_may_start_and_is_told_that_it_is_small(project):
    found = verdicts(project)
    assert found == {
        "data": WARN,
        "length": OK,
        "model": OK,
        "licence": OK,
        "settings": OK,
        "memory_reckoned": OK,
        "disk": OK,
    }


def with_free_memory(monkeypatch, mb):
    monkeypatch.setattr(machine, "free_memory_mb", lambda: mb)


def test_memory_that_was_measured_is_judged_by_that(project, monkeypatch):
    settings, measured = Settings(batch_size=64, max_length=512), Promise(60, 5000, {}, 10)
    monkeypatch.setattr(memory.promise, "read", lambda *_: measured)
    with_free_memory(monkeypatch, 10_000)
    assert verdicts(project, settings, measured)["memory"] == OK
    with_free_memory(monkeypatch, 5_000)
    assert verdicts(project, settings, measured)["reshaped"] == WARN


def test_too_little_memory_is_in_the_way(project, monkeypatch):
    with_free_memory(monkeypatch, 500)
    assert verdicts(project)["memory"] == NO


def test_a_full_disk_is_in_the_way(project, monkeypatch):
    here = machine.inspect()
    monkeypatch.setattr(machine, "inspect", lambda *_: replace(here, free_disk_gb=0.001))
    assert verdicts(project)["disk"] == NO


def test_a_model_that_went_away_is_in_the_way(project):
    assert verdicts(replace(project, model="/no/está"))["model"] == NO


def test_without_tokens_there_is_nothing_to_learn_from(project, tmp_path):
    assert verdicts(replace(project, folder=tmp_path)) == {"data": NO}


def test_the_adapters_size_is_peft_s_own(project, finished_run):
    from safetensors.torch import load_file

    saved = load_file(finished_run.adapter / "adapter_model.safetensors")
    rank = finished_run.settings().lora_rank
    facts = models.describe("classroom", models.find("classroom"))
    assert rank * facts.sides == sum(t.numel() for t in saved.values())


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_verdict_has_its_words(language):
    words = texts.words(language, "09_settings")
    told = [key.split(".")[1:] for key in words.blocks if key.startswith("check.")]
    assert {verdict for _, verdict in told} == {OK, WARN, NO, UNKNOWN}
    assert {code for code, _ in told} == {
        "data", "length", "model", "licence", "settings", "memory", "memory_reckoned", "reshaped", "disk", "limit",
        "line",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("card", "licence"),
    [("---\nlicense: apache-2.0\n---\n# X", "apache-2.0"), ('---\nlicense: "mit"\n---', "mit"), ("# X", "")],
)
def test_a_licence_is_what_the_models_card_names(tmp_path, card, licence):
    (tmp_path / "README.md").write_text(card)
    assert models.licence(tmp_path) == licence
    assert models.licence(tmp_path / "otra") == ""
