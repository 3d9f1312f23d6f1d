"""Cleaning: each step is on or off, and every row that goes says why."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.tasks import Task

STEPS = ("whitespace", "empty", "duplicates")


@dataclass(frozen=True)
class Cleaned:
    """The rows that stay, the rows that go (each with its `reason`), and how many were only tidied."""

    kept: list[dict]
    dropped: list[dict]
    tidied: int

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(row["reason"] for row in self.dropped))


def clean(rows: Sequence[dict], task: Task, steps: Sequence[str] = STEPS) -> Cleaned:
    """Tidies spaces, then leaves out empty rows and exact duplicates, as `steps` say.

    Empty rows always go, whatever `steps` say: nothing can be learned from them. Two rows are duplicates when
    they differ only in case and spaces; the first one stays. `row` is the row's number in her file, from 1.
    """
    kept, dropped, tidied = [], [], 0
    seen: set[str] = set()
    for row in rows:
        if "whitespace" in steps:
            tidy = {**row, **{column: tidy_spaces(row[column]) for column in task.columns}}
            tidied += tidy != row
            row = tidy
        if any(not row[column].strip() for column in task.columns):
            dropped.append({**row, "reason": "empty"})
            continue
        key = sameness(row)
        if "duplicates" in steps and key in seen:
            dropped.append({**row, "reason": "duplicate"})
            continue
        seen.add(key)
        kept.append(row)
    return Cleaned(kept, dropped, tidied)


def tidy_spaces(text: str) -> str:
    """Answers `text` in NFC, without control characters, trailing spaces or more than one blank line in a row.

    Spaces at the start of a line stay: in a poem they mean something.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf") or c in "\u200d\u200c")
    text = unicodedata.normalize("NFC", text)  # last: what went may have stood between a letter and its accent
    lines = [re.sub(r"(?<=\S)[ \t]+", " ", line).rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n").rstrip()


def sameness(row: dict) -> str:
    """Answers a key that is equal for rows whose text differs only in case and spaces."""
    return " ".join(row["text"].casefold().split())
