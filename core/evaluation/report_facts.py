"""What the report says of itself: what was measured, on what, and what the numbers do not tell."""

import datetime
from collections.abc import Iterator

from core import texts
from core.evaluation import summary
from core.models.folder import CLASSROOM, public_name
from core.texts import Words

FEW = 30  # rows: with fewer, a single odd text moves a mean by more than three per cent of itself


def measured(record: dict, words: Words) -> Iterator[str]:
    model = words("report.classroom") if record["model"] == CLASSROOM else public_name(record["model"])
    yield words("report.model", model=model, language=words(f"report.language.{record['language']}"))
    yield words("report.rows", rows=record["rows"], written=record["written_rows"])
    times = "; ".join(date(at, words.language) for at in record["openings"])
    yield words("report.opened", opened=record["opened"], times=times)
    yield words("report.seconds", time=texts.duration(record["seconds"], words.language))
    yield words("report.interval")


def limits(record: dict, words: Words) -> Iterator[str]:
    if record["rows"] < FEW:
        yield words("report.few", rows=record["rows"])
    if record["opened"] > 1:
        yield words("report.reopened", opened=record["opened"])
    yield from summary.remarks(record, words)
    yield from words.body("report.always").split("\n")


def date(seconds: float, language: str) -> str:
    from babel.dates import format_datetime

    when = datetime.datetime.fromtimestamp(seconds).astimezone()
    return format_datetime(when, "d MMM y, HH:mm", locale=texts.LOCALES[language])
