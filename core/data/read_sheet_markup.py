"""Tables in HTML, or in the XML of old Excel, that programs save under a workbook's name."""

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

from core.data.decode import find_encoding

_TABLES, _ROWS, _CELLS = {"table", "worksheet"}, {"tr", "row"}, {"td", "th", "cell"}
_BREAKS = {"br", "p", "div"}


def read_markup(path: Path) -> list[tuple[str, list[list[str]]]]:
    """Answers each table's name ("1", "2"… where it has none) and its rows. Raises what `find_encoding` does."""
    parser = _Tables()
    with path.open(encoding=find_encoding(path).name, errors="replace") as file:
        while block := file.read(1 << 20):
            parser.feed(block)
    parser.close()
    return [(name or str(place), rows) for place, (name, rows) in enumerate(parser.tables, start=1)]


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag in _TABLES and not (tag == "table" and self.tables and not self.tables[-1][1]):
            names = dict(attrs)
            self.tables.append((names.get("ss:name") or "", []))
        elif tag in _ROWS:
            self._end_cell()
            if not self.tables:
                self.tables.append(("", []))
            self.tables[-1][1].append([])
        elif tag in _CELLS:
            self._end_cell()
            self._cell = []
        elif tag in _BREAKS and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS | _ROWS:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self.tables and self.tables[-1][1]:
            lines = "".join(self._cell).split("\n")
            self.tables[-1][1][-1].append("\n".join(" ".join(line.split()) for line in lines).strip())
        self._cell = None
