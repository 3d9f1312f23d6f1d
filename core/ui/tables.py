"""Small tables of facts and of her rows."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import texts
from core.machine import Choice
from core.texts import Words
from core.ui.plain import plain

_ROW = 38  # pixels


def facts_table(words: Words, facts: Mapping[str, object], heads: tuple[str, str] = ("fact", "value")) -> None:
    """Shows facts as lines: the label of each key, its value and, where the key has a body, what it means."""
    lines = [f"| {words(heads[0])} | {words(heads[1])} |", "|---|---|"]
    for key, value in facts.items():
        shown = texts.number(value, words.language) if isinstance(value, int | float) else str(value)
        meaning = f"<br><small>{words.body(key)}</small>" if words.body(key) else ""
        lines.append(f"| {words(key)}{meaning} | **{plain(shown)}** |")
    st.markdown("\n".join(lines), unsafe_allow_html=True)


def reasons_table(words: Words, chosen: Mapping[str, Choice]) -> None:
    """Shows what was chosen for her: each setting, its value, and why. On a telephone, look.css makes it a list."""
    lines = [f"| {words('setting')} | {words('value')} | {words('reason')} |", "|---|---|---|"]
    for name, choice in chosen.items():
        if name == "dial":
            continue
        facts = {
            fact: texts.size(1000 * found, words.language)
            if isinstance(found, float) and fact.endswith("_gb")
            else found
            for fact, found in choice.facts.items()
        }
        reason = words(f"reason.{choice.reason}", **facts)
        lines.append(f"| {words(name)} | **{setting(words, name, choice.value)}** | {reason} |")
    st.container(key="reasons").markdown("\n".join(lines))


def setting(words: Words, name: str, value: object) -> str:
    """Answers a setting's value as a person reads it, as Markdown."""
    if isinstance(value, bool):
        return words("switch.on" if value else "switch.off")
    if f"{name}.{value}" in words:
        return words(f"{name}.{value}")
    return texts.number(value, words.language) if isinstance(value, int | float) else plain(value)


def lines_table(heading: Sequence[str], lines: Sequence[Sequence[str]], key: str) -> None:
    """Shows lines of words whole, none scrolled away; on a telephone the first column stays while the others move."""
    shown = [dict(zip(heading, line, strict=True)) for line in lines]
    pinned = {heading[0]: st.column_config.TextColumn(pinned=True)}
    height = _ROW * (len(lines) + 1) + 3
    st.dataframe(shown, key=key, hide_index=True, height=height, width="stretch", row_height=_ROW, column_config=pinned)


def rows_table(rows: Sequence[Mapping], columns: Mapping[str, str], key: str, height: int = 320) -> None:
    """Shows rows as a table; `columns` maps each field to its heading. Cells are shown as text."""
    shown = [{heading: row[field] for field, heading in columns.items()} for row in rows]
    st.dataframe(shown, key=key, hide_index=True, height=height, width="stretch", row_height=_ROW)
