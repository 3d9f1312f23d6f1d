import dataclasses

import pytest

from core.errors import LessonError
from core.training.settings import GROUPS, OPTIONS, RANGES, SWITCHES, Settings, read_yaml


def test_everything_out_of_range_is_named_at_once():
    with pytest.raises(LessonError) as refused:
        Settings().changed({"learning_rate": 5, "lora_rank": 0, "schedule": "zigzag", "nonsense": 1, "epochs": "many"})
    assert refused.value.code == "settings_out_of_range"
    problems = refused.value.facts["problems"].split("; ")
    assert problems == [
        "nonsense = 1 (?)",
        "epochs = many (float)",
        "learning_rate = 5.0 (1e-06–1)",
        "lora_rank = 0 (1–256)",
        "schedule = zigzag (cosine, linear, constant)",
    ]


def test_text_is_put_in_its_type():
    changed = Settings().changed({"learning_rate": "1e-3", "batch_size": "4", "method": "qlora"})
    assert (changed.learning_rate, changed.batch_size, changed.method) == (0.001, 4, "qlora")
    assert type(changed.batch_size) is int


@pytest.mark.parametrize(
    ("name", "text"), [("batch_size", "4.5"), ("seed", ""), ("epochs", "nan"), ("max_steps", "-1")]
)
def test_text_that_is_no_such_number_is_refused(name: str, text: str):
    with pytest.raises(LessonError, match=name):
        Settings().changed({name: text})


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("False", False), (True, True), ("0", False)])
def test_a_switch_is_read_as_people_write_it(said, meant):
    assert Settings().changed({"gradient_checkpointing": said}).gradient_checkpointing is meant


def test_a_switch_that_is_neither_on_nor_off_is_refused():
    with pytest.raises(LessonError, match="gradient_checkpointing = maybe"):
        Settings().changed({"gradient_checkpointing": "maybe"})


def test_the_original_stays_as_it_was():
    original = Settings()
    assert original.changed({"epochs": 9}) is not original
    assert original == Settings()


def test_only_the_differences_are_told():
    other = Settings().changed({"epochs": 9, "seed": 8})
    assert other.differences(Settings()) == {"epochs": 9.0, "seed": 8}


def test_the_defaults_are_in_range():
    assert Settings().problems() == []


@pytest.mark.parametrize("name", list(RANGES))
def test_both_ends_of_a_range_are_inside_and_beyond_them_is_not(name: str):
    low, high = RANGES[name]
    of_its_type = type(getattr(Settings(), name))
    for end, beyond in ((low, -1), (high, +1)):
        assert Settings().changed({name: of_its_type(end)})
        with pytest.raises(LessonError, match=name):
            Settings().changed({name: of_its_type(end + beyond)})


def test_each_setting_has_a_range_or_options_and_a_place_behind_the_dial():
    names = {field.name for field in dataclasses.fields(Settings)}
    assert names == RANGES.keys() | OPTIONS.keys() | set(SWITCHES)
    assert names - {"dial"} == {name for group in GROUPS.values() for name in group}


def test_settings_written_as_yaml_are_read_back():
    settings = Settings(learning_rate=3e-4, method="qlora", epochs=2.5)
    assert read_yaml(settings.as_yaml(), "a.yaml") == settings
    assert read_yaml("epochs: 3", "a.yaml") == Settings(epochs=3.0)


@pytest.mark.parametrize("content", ["", "- 1", "hola", "a: [", "1: 2", "{" * 5000])
def test_a_file_without_settings_is_said(content):
    with pytest.raises(LessonError, match="settings_unreadable"):
        read_yaml(content, "a.yaml")


def test_a_file_with_bad_settings_names_them_all():
    with pytest.raises(LessonError) as error:
        read_yaml("epochs: -1\nmethod: magia\nnada: 3", "a.yaml")
    assert all(name in error.value.facts["problems"] for name in ("epochs", "method", "nada"))
