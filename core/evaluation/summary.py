"""The record as lines of words: the table of every side, and who wins; for the page and for the command line."""

from core import texts
from core.evaluation.measure import BETTER
from core.texts import Words


def table(record: dict, words: Words) -> list[list[str]]:
    """Answers the table, its heading first: a line a metric, with who wins it and every side's value.

    `words` has the texts `metrics` and `evaluation`.
    """
    sides = list(record["sides"])
    heading = [words("table.metric"), words("table.says"), *(words(f"side.{side}") for side in sides)]
    return [heading, *(_line(record, name, sides, words) for name in names(record))]


def names(record: dict) -> list[str]:
    """Answers the metrics that any side has, in the order in which they are explained."""
    return [name for name in BETTER if any(name in metrics for metrics in record["sides"].values())]


def direction(name: str, words: Words) -> str:
    """Answers which way a metric is better; `words` has the texts `evaluation` and `report`."""
    way = BETTER[name]
    return words("table.nearer") if way == "nearer" else words(f"report.better.{way}")


def _line(record: dict, name: str, sides: list[str], words: Words) -> list[str]:
    found = (record["sides"][side].get(name) for side in sides)
    values = [texts.number(one["value"], words.language) if one else "—" for one in found]
    return [words(f"metric.{name}"), who_wins(record, name, words), *values]


def who_wins(record: dict, name: str, words: Words) -> str:
    """Answers who is best in a metric, or that it may be luck; of one that is neither good nor bad, nothing."""
    win = record["wins"].get(name)
    if win is None:
        return ""
    if win["says"] == "better":
        return words(f"side.{win['side']}")
    return words("table.few" if win["says"] == "few" else "table.luck")


def remarks(record: dict, words: Words) -> list[str]:
    """Answers what else has to be known to read the numbers: who is missing, what was empty, what never ended."""
    said = []
    for side, reason in record["left_out"].items():
        said.append(words(f"left_out.{reason}", side=words(f"side.{side}")))
    for side, count in record["empty"].items():
        if count and side == "references":
            said.append(words("empty.references", count=count))
        elif count:
            said.append(words("empty.side", side=words(f"side.{side}"), count=count))
    for side, count in record["unended"].items():
        if count:
            facts = {"count": count, "rows": record["written_rows"]}
            said.append(words("unended.side", side=words(f"side.{side}"), **facts))
    return said


def as_text(record: dict, words: Words) -> str:
    """Answers the table with its columns in line, and the remarks under it."""
    lines = table(record, words)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*shown, "", *remarks(record, words)]).rstrip()
