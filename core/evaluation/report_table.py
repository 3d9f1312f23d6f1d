"""An evaluation's numbers as CSV: a row a side and metric, with its interval and its comparison with the adapted."""

import csv
import io

from core.evaluation.measure import BETTER
from core.evaluation.summary import direction
from core.texts import Words

COLUMNS = (
    "metric", "metric_code", "better", "side", "side_code", "value", "low", "high", "rows",
    "kind", "difference", "difference_low", "difference_high", "says",
)  # fmt: skip
_BOM = "\ufeff"  # without it, spreadsheets take UTF-8 for something else
# As each language's spreadsheets read a file: where the comma is in the numbers, it cannot part the cells.
_SEPARATORS = {"es": (";", ","), "en": (",", ".")}


def table(record: dict, words: Words) -> str:
    """Answers the CSV, its first line the columns' names. Numbers are whole, with the decimal mark of the language.

    `difference` (adapted / side where `kind` says ratio, else adapted - side) and what follows it are empty where
    nothing is compared: for the adapted model itself, for her own texts, and where neither more nor less is better.
    """
    separator, point = _SEPARATORS[words.language]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow([words(f"report.table.{column}") for column in COLUMNS])
    for name in BETTER:
        for side, found in record["sides"].items():
            if name in found:
                one, verdict = found[name], record["against"].get(side, {}).get(name, {})
                writer.writerow([
                    words(f"metric.{name}"), name, direction(name, words), words(f"side.{side}"), side,
                    *(_number(one.get(key), point) for key in ("value", "low", "high", "rows")),
                    words(f"report.kind_of.{verdict['kind']}") if verdict else "",
                    *(_number(verdict.get(key), point) for key in ("difference", "low", "high")),
                    words(f"report.says.{verdict['says']}") if verdict else "",
                ])  # fmt: skip
    return _BOM + out.getvalue()


def _number(value: float | None, point: str) -> str:
    return "" if value is None else repr(value).replace(".", point)
