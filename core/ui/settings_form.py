"""Every knob behind the dial, in groups, each with what it is and what raising it does."""

from typing import Any

import streamlit as st

from core import workshop
from core.errors import LessonError
from core.project import Project
from core.texts import Words
from core.training.settings import GROUPS, OPTIONS, RANGES, Settings
from core.ui import problem


def kept(project: Project, language: str) -> Settings | None:
    """Answers the settings kept before; says so where they cannot be used, and goes on as if there were none."""
    try:
        return workshop.kept_settings(project)
    except LessonError as error:
        problem.show(error, language)
        return None


def ask(words: Words, proposed: Settings, key: str) -> dict[str, object]:
    """Asks for every setting but the dial, starting from `proposed`. Answers the values by name."""
    values: dict[str, object] = {}
    for group, names in GROUPS.items():
        st.markdown(f"**{words(f'group.{group}')}**")
        columns = st.columns(2)
        for place, name in enumerate(names):
            with columns[place % 2]:
                values[name] = _ask_one(words, name, getattr(proposed, name), f"{key}.{name}")
    return values


def _ask_one(words: Words, name: str, value: Any, key: str) -> object:
    label, meaning = words(name), words.body(name)
    if name in OPTIONS:
        options = list(OPTIONS[name])
        return st.selectbox(
            label,
            options,
            options.index(value),
            format_func=lambda o: words(f"{name}.{o}"),
            key=key,
            help=meaning,
        )
    low, high = RANGES[name]
    if isinstance(value, int):
        return st.number_input(label, int(low), int(high), value, key=key, help=meaning)
    step = value / 10 if name == "learning_rate" else 0.05
    shown = "%.6f" if name == "learning_rate" else "%.2f"
    return st.number_input(label, float(low), float(high), float(value), step=step, format=shown, key=key, help=meaning)
