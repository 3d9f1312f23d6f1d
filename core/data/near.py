"""Texts that say the same, or nearly: MinHash proposes pairs in one pass over the texts, Jaccard decides."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.table import Progress, no_progress

_PERMUTATIONS = 128  # slots of a signature: the usual number, and an estimate good to about 0.04
_SURE = 0.99  # how often, at least, a pair that is just as alike as asked must be proposed
_SEED = 7  # any; fixed, so that the same texts give the same pairs
_BYTES = 4_000_000  # of text looked at together: some tens of megabytes of arrays
_NEIGHBOURS = 8  # in a bucket, each text meets the first one and this many before it: never all with all
_REMEMBERED = 20_000_000  # pairs looked at; past this they are forgotten, which costs time and nothing else
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, 2^64 over the golden ratio: Knuth's multiplicative hashing

# Pieces of 3 words say most, but of a text of few words one changed word breaks them all: there, 5 characters.
# A text of 10 to 12 words is looked at both ways, so that two neighbours in length always meet.
_WORDS, _CHARACTERS = 3, 5
_FEWEST_WORDS, _FEW_WORDS = 10, 12


class Pair(NamedTuple):
    """Two texts by their places, `first` < `second`, and their likeness: Jaccard of their pieces, 0 to 1."""

    first: int
    second: int
    likeness: float


class Compared(NamedTuple):
    """The pairs that are alike, and the places of the texts that, among many, were not compared with all of them."""

    pairs: list[Pair]
    crowded: np.ndarray


def sameness(text: str) -> int:
    """Answers a 64-bit key, equal for texts that differ only in capitals, punctuation and spaces.

    A text with nothing else (an ellipsis, a row of dashes) is equal only to itself.
    """
    bare = _apart().sub("", text.casefold()) or text
    if not bare.isascii():
        bare = unicodedata.normalize("NFC", bare)
    return int.from_bytes(hashlib.blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@cache
def _apart() -> re.Pattern[str]:
    """Punctuation, spaces and controls; symbols stay: a heart more is another text."""
    marks = (chr(code) for code in (*range(0x3040), *range(0xFE00, 0x10000)))  # where nearly all of them stand
    return re.compile("[" + re.escape("".join(m for m in marks if unicodedata.category(m) in _APART)) + "]+")


_APART = {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs", "Zl", "Zp", "Cc", "Cf", "Sk"}


def compare(texts: pa.ChunkedArray, likeness: float, progress: Progress = no_progress) -> Compared:
    """Answers the pairs of texts whose Jaccard likeness is at least `likeness` (0.5 to 1), by their places.

    Texts of one `sameness` are pairs of likeness 1, each later one with the first, and only the first is compared
    with others. Among many alike (more than 9 in a bucket of MinHash) not every pair is told, only enough to join
    them: each text meets the first one and the 8 before it, so that n texts cost at most 9 n comparisons a band.
    """
    same = np.fromiter((sameness(text.as_py()) for text in texts), np.uint64, len(texts))
    _, first, inverse = np.unique(same, return_index=True, return_inverse=True)
    progress(0.2)
    origin = first[inverse]
    again = np.flatnonzero(origin != np.arange(len(texts)))
    pairs = dict.fromkeys(zip(origin[again].tolist(), again.tolist(), strict=True), 1.0)
    firsts, crowded = np.sort(first), np.zeros(len(texts), bool)
    for width, began in ((_WORDS, 0.2), (_CHARACTERS, 0.6)):

        def tell(share: float, began: float = began) -> None:
            progress(began + 0.4 * share)

        places, codes = _codes(texts, firsts, width, likeness, tell)
        pairs |= _joined(texts, places, codes, width, likeness, tell)
        crowded[places[_crowded(codes)]] = True
    return Compared([Pair(*ends, jaccard) for ends, jaccard in sorted(pairs.items())], np.flatnonzero(crowded))


def components(count: int, links: Iterable[tuple[int, int]]) -> np.ndarray:
    """Answers a label for each of `count` places: the first place that links lead to from it."""
    ends = np.array(list(links), np.int64).reshape(-1, 2)
    label = np.arange(count)
    while True:
        here, there = label[ends[:, 0]], label[ends[:, 1]]
        if (here == there).all():
            return label
        # Each root goes under the lowest it touches; at least half of those that touch another are gone each time.
        np.minimum.at(label, np.maximum(here, there), np.minimum(here, there))
        while not np.array_equal(label, up := label[label]):
            label = up


def _codes(
    texts: pa.ChunkedArray, places: np.ndarray, width: int, likeness: float, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Answers the places of the texts that have pieces of this width, and a code of each for every band (bands, n)."""
    from rensa import RMinHash

    rows = _rows_of_a_band(likeness)
    found, codes = [], []
    for batch in _batches(texts, places):
        hashes, owners = _pieces(texts.take(batch), width)
        having = np.unique(owners)
        if len(having):
            ends = np.append(0, np.searchsorted(owners, having, "right")).astype(np.uint64)
            digests = RMinHash.digest_matrix_from_flat_token_hashes(hashes, ends, _PERMUTATIONS, _SEED)
            slots = np.array(digests.to_rows(), np.uint64)
            bands = slots[:, : _PERMUTATIONS // rows * rows].reshape(len(having), -1, rows)
            codes.append((_mixed(bands) >> np.uint64(32)).astype(np.uint32).T)
            found.append(batch[having])
        progress(0.7 * (batch[-1] + 1) / len(texts))
    if not found:
        return places[:0], np.empty((0, 0), np.uint32)
    return np.concatenate(found), np.concatenate(codes, axis=1)


def _rows_of_a_band(likeness: float) -> int:
    """Answers the most slots a band may have: more means fewer false proposals, as long as `_SURE` holds."""
    sure = [r for r in range(1, 33) if 1 - (1 - likeness**r) ** (_PERMUTATIONS // r) >= _SURE]
    return max(sure, default=1)


def _joined(
    texts: pa.ChunkedArray, places: np.ndarray, codes: np.ndarray, width: int, likeness: float, progress: Progress
) -> dict[tuple[int, int], float]:
    """Looks for each band at the texts that share a code; answers the pairs that are alike, and how much."""
    pairs: dict[tuple[int, int], float] = {}
    label, seen = np.arange(len(places)), np.empty(0, np.int64)
    for done, band in enumerate(codes, start=1):
        for one, other, crowded in _met(band):
            pair = one * len(places) + other
            # Among many alike, two that others have joined already need not meet.
            fresh = ~np.isin(pair, seen) & ~(crowded & (label[one] == label[other]))
            pair, at = np.unique(pair[fresh], return_index=True)
            one, other = one[fresh][at], other[fresh][at]
            jaccard = _jaccard(texts, places[one], places[other], width)
            alike = np.flatnonzero(jaccard >= likeness)
            one, other = one[alike], other[alike]
            ends = zip(places[one].tolist(), places[other].tolist(), strict=True)
            pairs.update(zip(ends, jaccard[alike].tolist(), strict=True))
            label = components(len(label), np.stack([label[one], label[other]], axis=1))[label]
            seen = np.union1d(seen, pair) if len(seen) < _REMEMBERED else pair
        progress(0.7 + 0.3 * done / len(codes))
    return pairs


def _met(codes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Gives who meets whom: each with the first of its bucket, then with its neighbours; and whether it is crowded."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.append(True, codes[order][1:] != codes[order][:-1]))
    sizes = np.diff(np.append(starts, len(codes)))
    start, crowded = np.repeat(starts, sizes), np.repeat(sizes > _NEIGHBOURS + 1, sizes)
    rank = np.arange(len(codes)) - start
    at = np.flatnonzero(rank > 0)
    yield order[start[at]], order[at], crowded[at]
    later = [np.flatnonzero(rank > lag) for lag in range(1, _NEIGHBOURS + 1)]
    at = np.concatenate(later)
    before = np.concatenate([places - lag for lag, places in enumerate(later, start=1)])
    yield order[before], order[at], crowded[at]


def _crowded(codes: np.ndarray) -> np.ndarray:
    """Answers which columns stand, in any band, in a bucket where not all meet."""
    crowded = np.zeros(codes.shape[1], bool)
    for band in codes:
        _, bucket, sizes = np.unique(band, return_inverse=True, return_counts=True)
        crowded |= sizes[bucket] > _NEIGHBOURS + 1
    return crowded


def _jaccard(texts: pa.ChunkedArray, firsts: np.ndarray, seconds: np.ndarray, width: int) -> np.ndarray:
    """Answers the likeness of each pair: pieces in both over pieces in either."""
    likeness = np.zeros(len(firsts))
    for chosen in _batches(texts, np.arange(len(firsts)), firsts):
        places, ends = np.unique(np.stack([firsts[chosen], seconds[chosen]]), return_inverse=True)
        one, other = ends.reshape(2, -1)
        hashes, owners = _pieces(texts.take(places), width)
        known, at = np.unique(_owned(hashes, owners), return_index=True)  # the owner is in the key
        at.sort()
        hashes, owners = hashes[at], owners[at]
        sizes = np.bincount(owners, minlength=len(places))
        of_pair = np.repeat(np.arange(len(one)), sizes[one])
        begins = np.cumsum(sizes) - sizes
        step = np.arange(len(of_pair)) - np.repeat(np.cumsum(sizes[one]) - sizes[one], sizes[one])
        wanted = _owned(hashes[begins[one][of_pair] + step], other[of_pair])
        found = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
        both = np.bincount(of_pair[found], minlength=len(one))
        likeness[chosen] = both / (sizes[one] + sizes[other] - both)
    return likeness


def _owned(hashes: np.ndarray, owners: np.ndarray) -> np.ndarray:
    return hashes ^ ((owners + 1).astype(np.uint64) * _SPREAD)


def _pieces(texts: pa.ChunkedArray | pa.Array, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers the pieces of all texts in a row, hashed (uint64), and to which text each belongs (rising)."""
    plain = pc.utf8_lower(pc.utf8_normalize(texts, form="NFC"))
    plain = pc.utf8_trim(pc.replace_substring_regex(plain, r"[^\p{L}\p{M}\p{N}]+", " "), " ")
    plain = plain.combine_chunks() if isinstance(plain, pa.ChunkedArray) else plain
    counts = pc.count_substring(plain, " ").to_numpy() + 1
    chosen = np.flatnonzero(counts >= _FEWEST_WORDS if width == _WORDS else counts <= _FEW_WORDS)
    plain = plain.take(pa.array(chosen))
    if width == _WORDS:
        sizes, units = counts[chosen], _words(plain)
    else:
        sizes = pc.utf8_length(plain).to_numpy()
        units = np.frombuffer("".join(plain.to_pylist()).encode("utf-32-le"), np.uint32).astype(np.uint64)
    owners = np.repeat(chosen, sizes)
    if len(owners) < width:
        return np.empty(0, np.uint64), owners[:0]
    whole = owners[width - 1 :] == owners[: len(owners) - width + 1]
    windows = np.lib.stride_tricks.sliding_window_view(units, width)
    return _mixed(windows)[whole], owners[: len(whole)][whole]


def _words(texts: pa.Array) -> np.ndarray:
    from pandas.util import hash_array

    words = pc.split_pattern(texts, " ").flatten().dictionary_encode()
    return hash_array(words.dictionary.to_numpy(zero_copy_only=False), categorize=False)[words.indices.to_numpy()]


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Makes one 64-bit number of those along the last axis."""
    mixed = np.zeros(numbers.shape[:-1], np.uint64)
    for place in range(numbers.shape[-1]):
        mixed = (mixed ^ numbers[..., place]) * _SPREAD
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _batches(texts: pa.ChunkedArray, rows: np.ndarray, places: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Gives `rows` in pieces of about `_BYTES` of text; `places` says where the text of each stands, if not there."""
    if len(rows):
        sizes = np.concatenate([pc.binary_length(chunk).to_numpy() for chunk in texts.chunks])
        heap = np.cumsum(sizes[rows if places is None else places], dtype=np.int64) // _BYTES
        yield from np.split(rows, np.flatnonzero(np.diff(heap)) + 1)
