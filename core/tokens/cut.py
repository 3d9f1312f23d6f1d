"""What a maximum length keeps of rows that are ids already, thousands at a time."""

import numpy as np
import pyarrow as pa

from core.tokens.form import Form
from core.tokens.tokenise import counts
from core.tokens.tokenizer import Tokenizer

IGNORED = -100  # the label that torch's cross entropy leaves out by default
COLUMNS = ("row", "input_ids", "labels", "length", "characters")
_IDS = pa.list_(pa.int32())
SCHEMA = pa.schema(zip(COLUMNS, (pa.int64(), _IDS, _IDS, pa.int32(), pa.int32()), strict=True))


class Cut:
    """`encode_rows` for rows that are tokenised already, thousands at a time; a test holds them equal."""

    def __init__(self, tokenizer: Tokenizer, form: Form, max_length: int) -> None:
        self.tokenizer = tokenizer
        self.form = form
        self.max_length = max_length

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        whole = counts(batch["completion"])
        read, scored = self.form.kept(counts(batch["source"]), whole, self.max_length)
        kept = np.minimum(scored, whole)
        values, starts, sizes = self._stretches(batch, read, kept, scored - kept)
        if self.form.is_apart:
            ids = _lists(values, starts[:, :3], sizes[:, :3])
            labels = _lists(values, starts[:, 3:], sizes[:, 3:])
        else:
            ids = _lists(values, starts, sizes)
            is_scored = np.repeat(np.tile([False, False, False, True, True, True], len(batch)), sizes.ravel())
            scored_ids = np.where(is_scored, ids.values.to_numpy(), np.int32(IGNORED))
            labels = pa.ListArray.from_arrays(ids.offsets, pa.array(scored_ids))
        columns = [
            batch["row"],
            ids,
            labels,
            pa.array(sizes.sum(axis=1), pa.int32()),
            pa.array(self._characters(batch, whole, kept), pa.int32()),
        ]
        return pa.record_batch(columns, schema=SCHEMA)

    def _stretches(
        self, batch: pa.RecordBatch, read: np.ndarray, kept: np.ndarray, ended: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Answers one long array and, of each row's six stretches, where in it they start and their sizes [rows, 6].

        They are begin, source, cue, lead, completion, end.
        """
        form, sources, completions = self.form, batch["source"], batch["completion"]
        fixed = np.array(form.begin + form.cue + form.lead + form.end, np.int32)
        values = np.concatenate([fixed, sources.flatten().to_numpy(), completions.flatten().to_numpy()])
        after_fixed, after_sources = len(fixed), len(fixed) + len(sources.flatten())
        first_source, first_completion = sources.offsets.to_numpy(), completions.offsets.to_numpy()
        starts = np.zeros((len(batch), 6), np.int64)
        starts[:, 1] = after_fixed + first_source[:-1] - first_source[0]
        starts[:, 2] = len(form.begin)
        starts[:, 3] = len(form.begin + form.cue)
        starts[:, 4] = after_sources + first_completion[:-1] - first_completion[0]
        starts[:, 5] = len(form.begin + form.cue + form.lead)
        sizes = np.zeros_like(starts)
        sizes[:, 0], sizes[:, 2], sizes[:, 3] = len(form.begin), len(form.cue), len(form.lead)
        sizes[:, 1], sizes[:, 4], sizes[:, 5] = read, kept, ended
        return values, starts, sizes

    def _characters(self, batch: pa.RecordBatch, whole: np.ndarray, kept: np.ndarray) -> np.ndarray:
        characters = batch["characters"].to_numpy().copy()
        places = np.flatnonzero(kept < whole)
        cut = [batch["completion"][int(place)].as_py()[: kept[place]] for place in places]
        characters[places] = [len(text) for text in self.tokenizer.decode_all(cut)]
        return characters


def _lists(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> pa.ListArray:
    """Answers one list a row: its stretches of `values`, one after the other."""
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes.sum(axis=1))]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(values[_ranges(starts.ravel(), sizes.ravel())]))


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Answers start, start + 1, … for each of many stretches, one after the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())
