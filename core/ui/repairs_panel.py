"""The doctor's list of step 6: what each repair found, what it would do, and whether it is on."""

from dataclasses import asdict
from typing import Any

import streamlit as st

from core import storage
from core.data import stages
from core.data.clean import DIVIDED, Cleaned, Finding
from core.data.recipe import PERSONAL, Recipe, repairs_of
from core.machine import Choice
from core.tasks import TASKS
from core.ui import diff_view
from core.ui.lesson import Lesson
from core.ui.plain import in_code
from core.ui.waiting import waiting

LIVE_ROWS = 2000  # up to here a change is looked at as soon as it is made: it takes less than a second
# What else a repair asks for: its number, with the least, the most and the step.
_NUMBERS = {
    "long_texts": ("longest", 100, 100_000, 100),
    "short_texts": ("shortest", 1, 5000, 5),
    "near_duplicates": ("likeness", 0.5, 1.0, 0.05),
}


def ask_recipe(step: Lesson) -> tuple[Recipe, Cleaned, bool]:
    """Shows the list and answers the recipe as she has it, what cleaning does, and whether that is up to date."""
    assert step.project
    proposed, reasons = stages.proposed(step.project)
    before = stages.kept_recipe(step.project) or proposed
    texts = storage.load_json(step.project.texts / "record.json")
    live = texts["rows"] <= LIVE_ROWS
    cleaned = _look(step, _last_seen(step, before, live))
    place = st.container()
    codes = repairs_of(TASKS[texts["task"]])
    found = [code for code in codes if code in cleaned.findings]
    changes: dict[str, Any] = {}
    with place:
        _empty(step, cleaned.findings.get("empty"))
        for code in found:
            changes |= _ask(step, code, cleaned.findings[code], before, reasons, texts["fingerprint"])
        quiet = [step(f"repair.{code}.short") for code in codes if code not in found]
        if quiet:
            st.caption(step("nothing_found", repairs=", ".join(quiet)))
    recipe = before.changed(changes)
    if recipe != before:
        stages.keep_recipe(step.project, recipe, step.kept("seed", 7))
        if live:
            st.rerun()
    return recipe, cleaned, live or stages.is_looked_at(step.project, recipe)


def say_found(step: Lesson, cleaned: Cleaned) -> None:
    """Says how many rows stay, go and changed, and why they may be more than were read."""
    assert step.project
    kept, gone = len(cleaned.kept), len(cleaned.left_out)
    st.markdown(step("found", kept=kept, gone=gone, mended=cleaned.mended))
    read = storage.load_json(step.project.texts / "record.json")["rows"]
    if kept + gone > read:
        st.caption(step("found.divided", read=read))


def _last_seen(step: Lesson, recipe: Recipe, live: bool) -> Recipe:
    """Answers the recipe to look with: with many rows the last one looked at, so that a click does not wait."""
    assert step.project
    return recipe if live else stages.seen_recipe(step.project) or recipe


def _look(step: Lesson, recipe: Recipe) -> Cleaned:
    assert step.project
    if stages.is_looked_at(step.project, recipe):
        return stages.look_clean(step.project, recipe)
    with waiting(step("looking")) as progress:
        return stages.look_clean(step.project, recipe, progress)


def _empty(step: Lesson, finding: Finding | None) -> None:
    if finding:
        with st.container(border=True):
            st.markdown(f"**{step('repair.empty')}** · {_rows(step, finding)}")
            st.caption(step.words.body("repair.empty"))


def _ask(
    step: Lesson, code: str, finding: Finding, recipe: Recipe, reasons: dict[str, Choice], texts: str
) -> dict[str, Any]:
    """One repair: on or off, its number if it has one, what it means and its examples. Answers what she chose."""
    answer: dict[str, Any] = {}
    with st.container(border=True):
        title = f"**{step(f'repair.{code}')}** · {_rows(step, finding)}"
        if code == "personal":
            st.markdown(title)
            answer[code] = st.segmented_control(
                step(f"repair.{code}"),
                PERSONAL,
                default=recipe.personal,
                required=True,
                format_func=lambda choice: step(f"personal.{choice}"),
                key=f"repair.{texts}.{code}",
                label_visibility="collapsed",
            )
        else:
            answer[code] = st.toggle(title, getattr(recipe, code), key=f"repair.{texts}.{code}")
        st.caption(step.words.body(f"repair.{code}"))
        if code in reasons:
            st.caption(step(f"reason.{reasons[code].reason}", **reasons[code].facts))
        if code in _NUMBERS and answer[code]:
            name, least, most, by = _NUMBERS[code]
            key = f"repair.{texts}.{name}"
            answer[name] = st.number_input(step(f"number.{name}"), least, most, getattr(recipe, name), by, key=key)
            if name in reasons:
                st.caption(step(f"reason.{reasons[name].reason}", **reasons[name].facts))
        with st.expander(step("examples", count=len(finding.examples)), key=f"examples.{texts}.{code}"):
            for example in finding.examples:
                _show(step, code, example)
    return answer


def _rows(step: Lesson, finding: Finding) -> str:
    return step("rows", count=finding.count) if finding.count > 1 else step("rows.one")


def _show(step: Lesson, code: str, example: dict) -> None:
    if "twin" in example:
        facts = {"row": example["row"], "twin": example["twin_row"], "likeness": round(100 * example["likeness"])}
        st.caption(step("example.same" if example["likeness"] == 1 else "example.twin", **facts))
        diff_view.show(example["twin"], example["before"])
        return
    st.caption(step("example.row", row=example["row"]))
    if code == "long_texts":
        diff_view.show_parts(example["after"].split(DIVIDED))
        return
    diff_view.show(example["before"], example["after"])
    if code == "other_language":
        key = f"language.{example['language']}"
        st.caption(step("example.language", language=step(key) if key in step.words else in_code(example["language"])))


def recipe_file(recipe: Recipe) -> str:
    """Answers a recipe as the JSON that `python3 -m core adapt --recipe` reads."""
    import json

    return json.dumps(asdict(recipe), indent=2) + "\n"
