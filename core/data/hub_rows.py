"""The rows of a Hub data set, of whatever types, as a table of text columns."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from core.data.read_json import as_text
from core.data.table import BATCH_ROWS, Progress, from_rows

_MEDIA = {"Image", "Audio", "Video", "Pdf", "Nifti", "Mesh"}  # feature types of `datasets` that are no text


def gather(
    rows: Iterable[Mapping[str, Any]], features: Mapping[str, Any], wanted: int, progress: Progress
) -> tuple[pa.Table, tuple[str, ...]]:
    """Answers the first `wanted` rows as text columns, and the names of the columns that no text can be made of.

    In blocks: as Python objects rows need several times the memory that they do as Arrow.
    """
    blocks: list[pa.Table] = []
    dropped: dict[str, None] = {}
    source = islice(rows, wanted)
    done = 0
    while True:
        block = []
        for row in islice(source, BATCH_ROWS):
            block.append(as_texts(row, features, dropped))
            done += 1
            progress(done / wanted)
        if not block:
            break
        blocks.append(from_rows(block, dict.fromkeys(name for row in block for name in row)).data)
    whole = pa.concat_tables(blocks, promote_options="default") if blocks else pa.table({})
    filled = [pc.fill_null(column, "") for column in whole.columns]
    return pa.table(filled, names=whole.column_names), tuple(dropped)


def as_texts(row: Mapping[str, Any], features: Mapping[str, Any], dropped: dict[str, None]) -> dict[str, str]:
    """Answers the row's columns as text, nested ones flattened with dots; adds to `dropped` those that are no text.

    `features` are the data set's, empty where it has none: they name the classes, and say what is an image.
    """
    texts: dict[str, str] = {}
    for name, value in row.items():
        for column, text in _columns(str(name), value, features.get(name), dropped):
            texts.setdefault(column, text)
    return texts


def _columns(name: str, value: Any, feature: Any, dropped: dict[str, None]) -> Iterator[tuple[str, str]]:
    if _is_unreadable(value, feature):
        dropped[name] = None
    elif isinstance(value, Mapping):
        inside = feature if isinstance(feature, Mapping) else {}
        for key, item in value.items():
            yield from _columns(f"{name}.{key}", item, inside.get(key), dropped)
    else:
        yield name, _text(value, feature)


def _is_unreadable(value: Any, feature: Any) -> bool:
    """Says whether a value is an image, sound or other bytes; a list of images is no text either."""
    media = {type(feature).__name__, type(getattr(feature, "feature", None)).__name__} & _MEDIA
    return bool(media) or isinstance(value, bytes | bytearray)


def _text(value: Any, feature: Any) -> str:
    if isinstance(value, int) and hasattr(feature, "int2str"):
        # -1 is what the Hub writes for a class that is kept back
        return feature.int2str(value) if 0 <= value < feature.num_classes else ""
    inside = getattr(feature, "feature", None)
    if isinstance(value, list) and hasattr(inside, "int2str"):
        return "\n".join(_text(item, inside) for item in value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return as_text(value)
