"""What the report says of itself: what was measured, on what, and what the numbers do not tell."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from core import texts
from core.evaluation import summary
from core.models.folder import CLASSROOM, public_name
from core.texts import Words

FEW = 30  # rows: with fewer, a single odd text moves a mean by more than three per cent of itself
# By what a task is judged first, and what is drawn on top; where a rival lacks one, the next.
_FIRST = {"write": ("perplexity", "bits_per_character"), "summarize": ("rougeL_normalised", "rougeL", "chrf")}
ON_TOP = {"write": ("bits_per_character", "perplexity"), "summarize": ("rougeL_normalised", "chrf")}


@dataclass(frozen=True)
class Verdict:
    """What came out against a `rival` in a `metric`: what the comparison `says` (see `evaluate`), and both values."""

    rival: str
    metric: str
    says: str
    rows: int
    mine: float
    theirs: float


def verdicts(record: dict) -> list[Verdict]:
    """Answers how hers did against each rival, in the order of the sides, in the first metric that both have."""
    judged = {rival: _judged_by(record, rival) for rival in record["sides"] if rival in record["against"]}
    return [_against(record, rival, name) for rival, name in judged.items() if name]


def on_top(record: dict) -> list[str]:
    """Answers the metrics that are drawn."""
    return [name for name in ON_TOP[record["task"]] if name in summary.names(record)]


def value(one: dict, words: Words) -> str:
    """Writes a value with the ends of its interval."""
    say = texts.number(one["value"], words.language)
    if one["low"] is None or one["low"] == one["high"]:
        return say
    return words("report.value", value=say, low=one["low"], high=one["high"])


def _judged_by(record: dict, rival: str) -> str | None:
    return next((name for name in _FIRST[record["task"]] if name in record["against"][rival]), None)


def _against(record: dict, rival: str, name: str) -> Verdict:
    mine, theirs = (record["sides"][side][name] for side in ("adapted", rival))
    says = record["against"][rival][name]["says"]
    return Verdict(rival, name, says, mine["rows"] or record["rows"], mine["value"], theirs["value"])


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
