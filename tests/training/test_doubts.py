"""Settings that work against one another are all named at once, each beside its field and in both languages."""

import pytest

from core import texts
from core.machine import Choice
from core.training import doubts
from core.training.doubts import look
from core.training.settings import Settings

ROWS, CONTEXT = 40, 512


def named(**changes: object) -> dict[str, str]:
    return {doubt.setting: doubt.code for doubt in look(Settings(**changes), ROWS, CONTEXT)}


@pytest.fixture(autouse=True)
def without_bf16(monkeypatch):
    monkeypatch.setattr(doubts.machine, "precision", lambda: Choice("fp32", "precision.cpu_fp32", {}))


def test_the_defaults_raise_no_doubt():
    assert named() == {}


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"max_steps": 10}, "epochs"),
        ({"max_length": 513}, "max_length"),
        ({"batch_size": 21, "gradient_accumulation_steps": 2}, "batch_size"),
        ({"max_steps": 3, "evaluations": 4}, "evaluations"),
        ({"evaluations": 4, "patience": 4}, "patience"),
        ({"method": "full", "learning_rate": 2e-3}, "learning_rate"),
        ({"precision": "bf16"}, "precision"),
    ],
)
def test_each_is_named_beside_its_field(changes, setting):
    assert setting in named(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_length": 512},
        {"batch_size": 20, "gradient_accumulation_steps": 2},
        {"evaluations": 5, "patience": 4},
        {"method": "full", "learning_rate": 5e-4},
    ],
)
def test_what_is_just_inside_raises_none(changes):
    assert named(**changes) == {}


def test_all_are_named_at_once():
    found = named(batch_size=64, max_steps=2, patience=9, method="full", precision="bf16", max_length=9999)
    assert set(found) == {
        "epochs", "max_length", "batch_size", "evaluations", "patience", "learning_rate", "precision",
    }  # fmt: skip


def test_a_processor_that_computes_in_bf16_is_not_doubted(monkeypatch):
    monkeypatch.setattr(doubts.machine, "precision", lambda: Choice("bf16", "precision.cpu_bf16", {}))
    assert named(precision="bf16") == {}


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_doubt_has_its_words(language):
    words = texts.words(language, "settings")
    found = look(
        Settings(batch_size=64, max_steps=2, patience=9, method="full", precision="bf16", max_length=9999),
        ROWS,
        CONTEXT,
    )
    told = {f"doubt.{doubt.code}" for doubt in found}
    assert told == {key for key in words.blocks if key.startswith("doubt.")}
    assert not any(texts.placeholders(words(f"doubt.{doubt.code}", **doubt.facts)) for doubt in found)
