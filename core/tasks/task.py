"""What every task knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A task's columns, its prompt, and how it is measured.

    The model reads `source(row)` and then `cue(language)`, neither of them scored, and should write
    `completion(row)`. Both are empty where a task has nothing to read. `instruction(language)` asks the same of a
    model that was taught to talk, before the source; it is empty where nothing is asked. `column_names` are names
    that files commonly give each column, most telling first.
    """

    code: str
    columns: tuple[str, ...]
    column_names: Mapping[str, tuple[str, ...]]
    source: Callable[[Mapping[str, str]], str]
    cue: Callable[[str], str]
    completion: Callable[[Mapping[str, str]], str]
    instruction: Callable[[str], str]
    metrics: tuple[str, ...]
    sample: str
