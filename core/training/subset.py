"""A part of the rows that a run reads: drawn by seed, one inside the other, and the only ones in the run's own copy."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core import storage
from core.data import table


def choose(rows: int, wanted: int, seed: int) -> list[int]:
    """Answers `wanted` places out of `rows`, in their order.

    Of one seed, fewer lie inside more: all choices begin the same shuffled row.
    """
    return sorted(np.random.default_rng(seed).permutation(rows)[:wanted].tolist())


def keep(tokens: Path, prepared: Path, part: str, places: Sequence[int]) -> None:
    """Leaves in a run's copy of tokens and prepared texts only these rows of `part`, and says so in both records.

    The files may be hard links to the project's: they are replaced, never written into.
    """
    wanted = pa.array(places, pa.int64())
    for folder in (tokens, prepared):
        record = storage.load_json(folder / "record.json")
        kept = table.read(folder / part).take(wanted)
        with storage.new_folder(folder / part) as fresh:
            table.save(kept, fresh)
        record["rows"] = {**record["rows"], part: len(kept)}
        if "length" in kept.column_names:
            record["tokens"] = {**record["tokens"], part: pc.sum(kept["length"]).as_py()}
        storage.write_json(folder / "record.json", record)


def keep_all(tokens: Path, prepared: Path, kept: Mapping[str, Sequence[int]]) -> None:
    """Does `keep` for every part that is named."""
    for part, places in kept.items():
        keep(tokens, prepared, part, places)
