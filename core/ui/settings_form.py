"""Every knob behind the dial, in groups, each with what it is and what raising it does."""

from typing import Any

import streamlit as st

from core import workshop
from core.errors import LessonError
from core.project import Project
from core.texts import Words
from core.training import doubts
from core.training.settings import GROUPS, OPTIONS, RANGES, SWITCHES, Settings, read_yaml
from core.ui import problem

_LOADED = "09.loaded"  # the file that was taken last: a rerun must not take it again
_TURN = "09.turn"  # how many files were taken


def kept(project: Project, language: str) -> Settings | None:
    """Answers the settings kept before; says so where they cannot be used, and goes on as if there were none."""
    try:
        return workshop.kept_settings(project)
    except LessonError as error:
        problem.show(error, language)
        return None


def fresh(key: str) -> str:
    """Answers a widget's key, another one after each file taken: a widget keeps its value as long as it has its key."""
    turn = st.session_state.get(_TURN, 0)
    return f"{key}.{turn}" if turn else key


def ask(project: Project, words: Words, proposed: Settings, key: str) -> Settings:
    """Asks for every setting but the dial, starting from `proposed`; under each stands what speaks against it."""
    values: dict[str, object] = {}
    places: dict[str, Any] = {}
    for group, names in GROUPS.items():
        st.markdown(f"**{words(f'group.{group}')}**")
        for at in range(0, len(names), 2):
            for name, column in zip(names[at : at + 2], st.columns(2), strict=False):
                is_idle = name.startswith("lora_") and values["method"] == "full"
                with column:
                    values[name] = _ask_one(words, name, getattr(proposed, name), f"{key}.{name}", is_idle)
                    places[name] = st.empty()
    settings = proposed.changed(values)
    for doubt in doubts.of_project(project, settings):
        places[doubt.setting].warning(words(f"doubt.{doubt.code}", **doubt.facts), icon=":material/warning:")
    return settings


def _ask_one(words: Words, name: str, value: Any, key: str, is_idle: bool) -> object:
    label, meaning = words(f"{name}.knob" if f"{name}.knob" in words else name), words.body(name)
    if name in SWITCHES:
        return st.toggle(label, value, key=key, help=meaning)
    if name in OPTIONS:
        options = list(OPTIONS[name])
        return st.selectbox(
            label,
            options,
            options.index(value),
            format_func=lambda o: words(f"{name}.{o}"),
            key=key,
            help=meaning,
            disabled=is_idle,
        )
    low, high = RANGES[name]
    if isinstance(value, int):
        return st.number_input(label, int(low), int(high), value, key=key, help=meaning, disabled=is_idle)
    step = value / 10 if name == "learning_rate" else 0.05
    shown = "%.6f" if name == "learning_rate" else "%.2f"
    return st.number_input(
        label, float(low), float(high), float(value), step=step, format=shown, key=key, help=meaning, disabled=is_idle
    )


def save_or_load(words: Words, settings: Settings) -> Settings | None:
    """Offers the settings as a file, and takes one back. Answers what was in it, once; None otherwise."""
    st.download_button(
        words("file.save"), settings.as_yaml(), words("file.name"), "application/yaml", key="settings.save",
        icon=":material/download:",
    )  # fmt: skip
    given = st.file_uploader(words("file.load"), key="settings.load")
    if given is None or st.session_state.get(_LOADED) == given.file_id:
        return None
    st.session_state[_LOADED] = given.file_id
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    try:
        return read_yaml(given.getvalue().decode("utf-8-sig", "replace"), given.name)
    except LessonError as error:
        problem.show(error, words.language)
        return None
