"""CSV and TSV: the delimiter is found, everything is read as text, nothing is guessed to be a number or missing."""

import csv
import io
import re

from core.data.table import Table
from core.errors import LessonError

_DELIMITERS = ",;\t|"


def read_csv(text: str) -> Table:
    """Reads delimited text with a header line. Raises LessonError `broken_csv`."""
    import pandas as pd

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = find_delimiter(text)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        line = re.search(r"line (\d+)", str(error))
        raise LessonError("broken_csv", line=int(line[1]) if line else 1) from error
    columns = tuple(" ".join(str(name).split()) for name in frame.columns)
    rows = [dict(zip(columns, values, strict=True)) for values in frame.itertuples(index=False, name=None)]
    return Table(columns, rows, ("delimiter",) if delimiter != "," else ())


def find_delimiter(text: str) -> str:
    """Answers the delimiter of the header line; a comma where there is one column only."""
    header = next((line for line in text.split("\n") if line.strip()), "")
    try:
        return csv.Sniffer().sniff(header, _DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=header.count) if any(d in header for d in _DELIMITERS) else ","
