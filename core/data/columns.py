"""Which column holds what: guessed by name, else by length, always with the reason."""

from core.data.table import Table
from core.errors import LessonError
from core.machine import Choice
from core.tasks import Task
from core.texts import unaccented


def guess_columns(table: Table, task: Task) -> dict[str, Choice]:
    """Answers a column of `table` for each column of `task`, with its reason.

    Raises LessonError `too_few_columns` where the table has fewer columns than the task needs.
    """
    if len(table.columns) < len(task.columns):
        raise LessonError("too_few_columns", found=", ".join(table.columns), needed=len(task.columns))
    free = sorted(table.columns, key=lambda name: -mean_length(table, name))
    chosen: dict[str, Choice] = {}
    for wanted in task.columns:
        named = [c for known in task.column_names[wanted] for c in free if unaccented(c.strip()) == known]
        if named:
            chosen[wanted] = Choice(named[0], "column.by_name", {"column": named[0]})
        else:
            chosen[wanted] = Choice(
                free[0], "column.by_length", {"column": free[0], "mean": mean_length(table, free[0])}
            )
        free.remove(chosen[wanted].value)
    return chosen


def check_columns(table: Table, columns: dict[str, str], task: Task) -> None:
    """Raises LessonError `column_not_found` or `same_column_twice`."""
    for wanted in task.columns:
        if columns.get(wanted) not in table.columns:
            raise LessonError("column_not_found", column=columns.get(wanted), columns=", ".join(table.columns))
    if len(set(columns.values())) < len(task.columns):
        raise LessonError("same_column_twice", column=columns["text"])


def mean_length(table: Table, column: str) -> float:
    """Answers the mean number of characters in a column's first 1000 rows."""
    rows = table.rows[:1000]
    return sum(len(row[column]) for row in rows) / max(1, len(rows))
