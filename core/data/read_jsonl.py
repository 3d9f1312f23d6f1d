"""JSON lines: one object, or one string, a line."""

import json
import re

from core.data.table import Table
from core.errors import LessonError

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can spell half of an emoji; no file can hold it


def read_jsonl(text: str) -> Table:
    """Reads JSON lines; values that are not text are written as JSON. Raises LessonError `broken_json`."""
    rows: list[dict[str, str]] = []
    columns: dict[str, None] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise LessonError("broken_json", line=number) from error
        record = value if isinstance(value, dict) else {"text": value}
        row = {_as_text(name): _as_text(item) for name, item in record.items()}
        columns |= dict.fromkeys(row)
        rows.append(row)
    names = tuple(columns)
    return Table(names, [{name: row.get(name, "") for name in names} for row in rows])


def _as_text(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _HALF_CHARACTER.sub("\ufffd", text)
