"""Plain text and Markdown: one text between blank lines."""

import re

from core.data.table import Table


def read_txt(text: str) -> Table:
    """Splits text at blank lines; a text keeps its own line breaks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = [piece.strip("\n") for piece in re.split(r"\n[ \t]*(?:\n[ \t]*)+", lines)]
    return Table(("text",), [{"text": piece} for piece in pieces if piece.strip()])
