"""What a maximum length keeps of rows that are ids already, thousands at a time."""

import numpy as np
import pyarrow as pa

from core.tokens.tokenise import counts, ends
from core.tokens.tokenizer import Tokenizer

IGNORED = -100  # the label that torch's cross entropy leaves out by default
COLUMNS = ("row", "input_ids", "labels", "length", "characters")
_IDS = pa.list_(pa.int32())
SCHEMA = pa.schema(zip(COLUMNS, (pa.int64(), _IDS, _IDS, pa.int32(), pa.int32()), strict=True))


def fit(source: list[int], scored: list[int], room: int) -> tuple[list[int], list[int]]:
    """Cuts to `room` tokens: first the end of the source, which keeps half the room; then the end of the rest."""
    kept, rest = fit_counts(np.array(len(source)), np.array(len(scored)), room)
    return source[: int(kept)], scored[: int(rest)]


def fit_counts(source: np.ndarray, scored: np.ndarray, room: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers how many tokens `fit` keeps of sources and of what is scored, from how many there are."""
    room = max(0, room)
    kept = np.minimum(source, np.maximum(room - scored, room // 2))
    return kept, np.minimum(scored, room - kept)


class Cut:
    """`encode_rows` for rows that are tokenised already, thousands at a time; a test holds them equal."""

    def __init__(self, tokenizer: Tokenizer, cue: list[int], max_length: int) -> None:
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.begin, self.end = ends(tokenizer)
        self.cue = cue

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        sources, completions = batch["source"], batch["completion"]
        whole = counts(completions)
        room = self.max_length - len(self.begin) - len(self.cue)
        read, scored = fit_counts(counts(sources), whole + len(self.end), room)
        kept = np.minimum(scored, whole)
        # Five stretches a row, each with its place in one long array: begin, source, cue, completion, end.
        fixed = np.array(self.begin + self.cue + self.end, np.int32)
        values = np.concatenate([fixed, sources.flatten().to_numpy(), completions.flatten().to_numpy()])
        after_fixed, after_sources = len(fixed), len(fixed) + len(sources.flatten())
        first_source, first_completion = sources.offsets.to_numpy(), completions.offsets.to_numpy()
        starts = np.zeros((len(batch), 5), np.int64)
        starts[:, 1] = after_fixed + first_source[:-1] - first_source[0]
        starts[:, 2] = len(self.begin)
        starts[:, 3] = after_sources + first_completion[:-1] - first_completion[0]
        starts[:, 4] = len(self.begin) + len(self.cue)
        sizes = np.zeros_like(starts)
        sizes[:, 0], sizes[:, 2] = len(self.begin), len(self.cue)
        sizes[:, 1], sizes[:, 3], sizes[:, 4] = read, kept, scored - kept
        ids = values[_ranges(starts.ravel(), sizes.ravel())]
        is_scored = np.repeat(np.tile([False, False, False, True, True], len(batch)), sizes.ravel())
        lengths = sizes.sum(axis=1)
        offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
        columns = [
            batch["row"],
            pa.ListArray.from_arrays(offsets, pa.array(ids)),
            pa.ListArray.from_arrays(offsets, pa.array(np.where(is_scored, ids, np.int32(IGNORED)))),
            pa.array(lengths, pa.int32()),
            pa.array(self._characters(batch, whole, kept), pa.int32()),
        ]
        return pa.record_batch(columns, schema=SCHEMA)

    def _characters(self, batch: pa.RecordBatch, whole: np.ndarray, kept: np.ndarray) -> np.ndarray:
        characters = batch["characters"].to_numpy().copy()
        places = np.flatnonzero(kept < whole)
        cut = [batch["completion"][int(place)].as_py()[: kept[place]] for place in places]
        characters[places] = [len(text) for text in self.tokenizer.decode_all(cut)]
        return characters


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Answers start, start + 1, … for each of many stretches, one after the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())
