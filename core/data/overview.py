"""What she sees of her texts before anything is done to them: how many, how long, in which language, how they begin."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data import language as languages
from core.data.table import BATCH_ROWS, Progress, no_progress

_ROWS_LOOKED_AT = 50_000  # for what is costly: the shares of so many differ from the whole's by less than 1 %
_BYTES_LOOKED_AT = 50_000_000  # and fewer where rows are long, so that books take no longer than poems
_ROWS_OF_LANGUAGES = 500
_PERCENTILES = (5, 25, 50, 75, 95)
_MOST_BINS = 40
_VERSE_LINE = 60  # characters: an alexandrine has some 50, a page's line 65 or more
_WORD = r"[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*"
_NOT_WORDS = r"[^\p{L}\p{M}\p{N}'’]+"  # an apostrophe may be within a word
# What the library's lists lack.
_EMPTY = {
    "es": "vos tenés sos acá allá ahí así aún aun sino pues aunque mientras tan tal tales cada según ante tras hacia "
    "aquel aquella aquellos aquellas cuyo cuya entonces luego quién quien quienes va van voy vas ir ser si sí ya",
    "en": "will would can could shall should may might must just upon one i'm i'll it's that's don't didn't s t",
}


def overview(data: pa.Table, columns: Sequence[str], language: str, progress: Progress = no_progress) -> dict[str, Any]:
    """Answers figures about the first of `columns` (the text) and, where there is a second, how it compares.

    `rows` and `characters` are of every row; the rest of `looked_at` rows, evenly spaced, at most 50,000, and
    `words.total` is then an estimate. `languages` are shares of `languages_looked_at` rows long enough to tell.
    `openings` are the first three words that 1 % of the rows, and at least two, share. `verse` is None where no
    text looks like verse, and `pairs` without a second column. All of it can be written as JSON.
    """
    text = data.column(columns[0])
    characters = _lengths(text)
    progress(0.2)
    sample = data.select(list(columns)).take(_spaced(len(text), _enough(text)))
    looked = sample.column(columns[0])
    words = _counts(pc.count_substring_regex(batch, _WORD) for batch in _batches(looked))
    progress(0.4)
    texts = looked.to_pylist()
    told, told_of = _languages([texts[place] for place in _spaced(len(texts), _ROWS_OF_LANGUAGES).tolist()])
    progress(0.6)
    seen: dict[str, Any] = {
        "rows": len(text),
        "looked_at": len(texts),
        "characters": _figures(characters),
        "words": _figures(words) | {"bins": _bins(words)},
        "languages": told,
        "languages_looked_at": told_of,
        "openings": _openings(texts),
        "frequent": _frequent(looked, language),
        "verse": _verse(texts),
        "pairs": _pairs(sample, columns) if len(columns) > 1 else None,
    }
    if len(texts) < len(text):
        seen["words"]["total"] = round(words.mean() * len(text))
    progress(1.0)
    return seen


def _enough(text: pa.ChunkedArray) -> int:
    """Answers how many rows to look at."""
    size = sum(int(pc.sum(pc.binary_length(chunk)).as_py() or 0) for chunk in text.chunks)
    mean = max(1, size // max(1, len(text)))
    return min(_ROWS_LOOKED_AT, max(_ROWS_OF_LANGUAGES, _BYTES_LOOKED_AT // mean))


def _spaced(count: int, most: int) -> np.ndarray:
    """Answers at most `most` places of `count`, evenly spaced."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def _batches(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    for chunk in column.chunks:
        for start in range(0, len(chunk), BATCH_ROWS):
            yield chunk.slice(start, BATCH_ROWS)


def _counts(batches: Iterator[pa.Array]) -> np.ndarray:
    arrays = [batch.to_numpy(zero_copy_only=False) for batch in batches]
    return np.concatenate(arrays).astype(np.int64) if arrays else np.empty(0, np.int64)


def _lengths(column: pa.ChunkedArray) -> np.ndarray:
    return _counts(pc.utf8_length(batch) for batch in _batches(column))


def _percentiles(values: np.ndarray) -> dict[str, float]:
    found = np.percentile(values, _PERCENTILES) if len(values) else np.zeros(len(_PERCENTILES))
    return {str(name): float(value) for name, value in zip(_PERCENTILES, found, strict=True)}


def _figures(values: np.ndarray) -> dict[str, Any]:
    """Answers whole numbers: total, least, most and percentiles."""
    return {
        "total": int(values.sum()),
        "min": int(values.min(initial=values[0])) if len(values) else 0,
        "max": int(values.max(initial=0)),
        "percentiles": {name: round(value) for name, value in _percentiles(values).items()},
    }


def _bins(values: np.ndarray) -> dict[str, Any]:
    """Answers `edges` (whole numbers; one more than `counts`), `counts` and the `scale` that reads better.

    Logarithmic where the longest is over 20 times the usual one, or all the rest would stand in one bar.
    """
    if not len(values):
        return {"scale": "linear", "edges": [], "counts": []}
    low, high = int(values.min()), int(values.max()) + 1
    log = high > 20 * max(1.0, float(np.median(values)))
    if log:
        edges = np.unique(np.geomspace(max(1, low), high, _MOST_BINS).round().astype(np.int64))
        edges = np.append(low, edges) if low < edges[0] else edges  # texts without words
    else:
        width = -(-(high - low) // _MOST_BINS)
        edges = np.arange(low, high + width, width)
    counts = np.histogram(values, edges)[0]
    return {"scale": "log" if log else "linear", "edges": edges.tolist(), "counts": counts.tolist()}


def _languages(texts: Sequence[str]) -> tuple[dict[str, float], int]:
    found = Counter(told[0] for text in texts if (told := languages.detect(text)))
    return {code: count / found.total() for code, count in found.most_common()}, found.total()


def _openings(texts: Sequence[str]) -> list[dict[str, Any]]:
    begun: Counter[str] = Counter()
    for text in texts:
        words = [bare for word in text[:200].split() if (bare := word.strip(".,;:¡!¿?«»“”\"'()[]—–-…").lower())]
        if len(words) >= 3:
            begun[" ".join(words[:3])] += 1
    fewest = max(2, len(texts) / 100)
    return [{"opening": opening, "count": count} for opening, count in begun.most_common(10) if count >= fewest]


def _frequent(column: pa.ChunkedArray, language: str) -> list[dict[str, Any]]:
    """Answers the 20 most frequent words that say something, without capitals and with their accents."""
    from stop_words import safe_get_stop_words

    empty = set(safe_get_stop_words(language)) | set(_EMPTY.get(language, "").split())
    counts: Counter[str] = Counter()
    for batch in _batches(column):
        plain = pc.utf8_lower(pc.utf8_normalize(batch, form="NFC"))
        plain = pc.replace_substring(pc.replace_substring_regex(plain, _NOT_WORDS, " "), "’", "'")
        found = pc.utf8_trim(pc.utf8_split_whitespace(plain).flatten(), "'").value_counts()
        counts.update(dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)))
    telling = ((w, n) for w, n in counts.most_common() if w not in empty and len(w) > 1 and not w.isnumeric())
    return [{"word": word, "count": count} for (word, count), _ in zip(telling, range(20), strict=False)]


def _verse(texts: Sequence[str]) -> dict[str, Any] | None:
    """Looks at the texts of several lines, four in five of them short."""
    poems = []
    for text in texts:
        if "\n" in text.strip():
            lengths = [len(line.strip()) for line in text.splitlines() if line.strip()]
            if len(lengths) > 1 and sum(length <= _VERSE_LINE for length in lengths) >= 0.8 * len(lengths):
                poems.append(lengths)
    if not poems:
        return None
    of_line = np.array([length for lengths in poems for length in lengths], np.int64)
    return {
        "share": len(poems) / len(texts),
        "poems": len(poems),
        "lines": _figures(np.array([len(lengths) for lengths in poems])),
        "line_characters": _figures(of_line) | {"bins": _bins(of_line)},
    }


def _pairs(sample: pa.Table, columns: Sequence[str]) -> dict[str, Any]:
    """Answers how long the second column is (`characters`) and its share of the first one's length (`ratio`)."""
    text, summary = (_lengths(sample.column(name)) for name in columns[:2])
    ratio = summary[text > 0] / text[text > 0]
    return {"characters": _figures(summary), "ratio": {n: round(v, 4) for n, v in _percentiles(ratio).items()}}
