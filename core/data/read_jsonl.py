"""JSON lines: one object, or one string, a line."""

import json

from core.data.table import Table
from core.errors import LessonError


def read_jsonl(text: str) -> Table:
    """Reads JSON lines; values that are not text are written as JSON. Raises LessonError `broken_json`."""
    rows: list[dict[str, str]] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise LessonError("broken_json", line=number) from error
        record = value if isinstance(value, dict) else {"text": value}
        row = {str(name): _as_text(item) for name, item in record.items()}
        columns |= dict.fromkeys(row)
        rows.append(row)
    names = tuple(columns)
    return Table(names, [{name: row.get(name, "") for name in names} for row in rows])


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
