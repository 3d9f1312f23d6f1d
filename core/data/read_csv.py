"""CSV and TSV: the delimiter is found, everything is read as text, nothing is guessed to be a number or missing."""

import csv
import io
import re
from collections.abc import Sequence

from core.data.table import Table
from core.errors import LessonError

_DELIMITERS = ",;\t|"
_NO_DELIMITER = "\x1f"  # stands in no text, so that commas stay where there is one column only


def read_csv(text: str) -> Table:
    """Reads delimited text with a header line.

    Raises LessonError `broken_csv`, also for a row with more cells than the header: they would be lost.
    """
    import pandas as pd

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = find_delimiter(text)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            header=None,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            index_col=False,
        )
        header, *lines = frame.itertuples(index=False, name=None)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise LessonError("broken_csv", line=int(line[1]) if line else 1) from error
    columns = name_columns(header)
    rows = [dict(zip(columns, line, strict=True)) for line in lines]
    return Table(columns, rows, ("delimiter",) if delimiter not in (",", _NO_DELIMITER) else ())


def name_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Answers the header's names without needless spaces; one that is empty, or there already, gets its place."""
    names: list[str] = []
    for place, given in enumerate(header, start=1):
        name = " ".join(given.split())
        names.append(name if name and name not in names else f"{name} ({place})".strip())
    return tuple(names)


def find_delimiter(text: str) -> str:
    """Answers the delimiter of the header line; one that no text has where there is one column only."""
    header = next((line for line in text.split("\n") if line.strip()), "")
    try:
        return csv.Sniffer().sniff(header, _DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=header.count) if any(d in header for d in _DELIMITERS) else _NO_DELIMITER
