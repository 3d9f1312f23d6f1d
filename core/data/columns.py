"""Which column holds what: guessed by its name and by what is in it, always with the reason."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from core.data.table import Table
from core.errors import LessonError
from core.machine import Choice
from core.tasks import TASKS, Task
from core.texts import unaccented

LOOKED_AT = 1000  # rows; enough to know what a column is like
# What files commonly call the columns that a task needs.
USUAL_NAMES = frozenset(name for task in TASKS.values() for names in task.column_names.values() for name in names)
_GROUP_NAMES = (
    *("group", "grupo", "libro", "book", "obra", "work", "autor", "autora", "author", "poeta", "poet"),
    *("cuaderno", "notebook", "poemario", "revista", "magazine"),
    *("documento", "document", "archivo", "file", "fuente", "source", "carta", "capitulo", "chapter", "coleccion"),
)


def guess_columns(table: Table, task: Task) -> dict[str, Choice]:
    """Answers a column of `table` for each column of `task`, with its reason.

    By its name; else the text is the longest column left, and a summary the longest one that is shorter than
    the text and seldom repeats itself. Raises LessonError `too_few_columns`.
    """
    if len(table.columns) < len(task.columns):
        raise LessonError("too_few_columns", found=", ".join(table.columns), needed=len(task.columns))
    free = sorted(table.columns, key=lambda name: -mean_length(table, name))
    chosen: dict[str, Choice] = {}
    for wanted in task.columns:
        named = [c for known in task.column_names[wanted] for c in free if unaccented(c.strip()) == known]
        named = [c for c in named if mean_length(table, c) > 0]
        if wanted == "summary":
            chosen[wanted] = _guess_summary(table, named, free, chosen["text"].value)
        elif named:
            chosen[wanted] = Choice(named[0], "column.by_name", {"column": named[0]})
        else:
            chosen[wanted] = Choice(
                free[0], "column.by_length", {"column": free[0], "mean": mean_length(table, free[0])}
            )
        free.remove(chosen[wanted].value)
    return chosen


def _guess_summary(table: Table, named: list[str], free: list[str], text: str) -> Choice:
    likely = named or [c for c in free if variety(table, c) > 0.5 and mean_length(table, c) > 0] or free
    column = likely[0]
    times = mean_length(table, text) / max(1, mean_length(table, column))
    reason = ("column.summary_named" if named else "column.shorter") if times >= 1.5 else "column.not_shorter"
    return Choice(column, reason, {"column": column, "times": times, "text": text})


def guess_group(table: Table, taken: list[str]) -> str:
    """Answers the column that tells which rows come from one book, author or document; "" where none does.

    It has a name that says so, more than two values, and on average at least two rows for each of them.
    """
    for known in _GROUP_NAMES:
        for column in table.columns:
            if unaccented(column.strip()) == known and column not in taken:
                values = pc.count_distinct(_looked_at(table, column)).as_py()
                if 2 < values <= min(LOOKED_AT, len(table)) / 2:
                    return column
    return ""


def check_columns(table: Table, columns: Mapping[str, str], task: Task) -> None:
    """Raises LessonError `column_not_found` or `same_column_twice`."""
    for wanted in (*task.columns, *(name for name in columns if name not in task.columns)):
        if columns.get(wanted) not in table.columns:
            raise LessonError("column_not_found", column=columns.get(wanted), columns=", ".join(table.columns))
    if len(set(columns.values())) < len(columns):
        raise LessonError("same_column_twice", column=columns["text"])


def mean_length(table: Table, column: str) -> float:
    """Answers the mean number of characters in a column's first 1000 rows."""
    return pc.mean(pc.utf8_length(_looked_at(table, column))).as_py() or 0.0


def variety(table: Table, column: str) -> float:
    """Answers which share of a column's first 1000 values are different ones."""
    values = _looked_at(table, column)
    return pc.count_distinct(values).as_py() / max(1, len(values))


def _looked_at(table: Table, column: str) -> pa.ChunkedArray:
    return table.data.column(column).slice(0, LOOKED_AT)
