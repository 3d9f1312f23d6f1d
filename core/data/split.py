"""Train, validation and test: seeded, and what says the same stays on one side."""

import numpy as np

from core.errors import LessonError

PARTS = ("train", "validation", "test")  # a row's part is its place here
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
FEWEST_ROWS = 10  # with fewer, a tenth is not even one
FEWEST_GROUPS = 3  # one for each part
_TRAIN, _VALIDATION, _TEST = range(len(PARTS))


def assign(keys: np.ndarray, seed: int) -> np.ndarray:
    """Answers each row's part (int8, a place of `PARTS`); rows with one key never fall on two sides.

    `keys` are integers, one a row. Test and validation aim at a tenth of the rows each, and at least one. The groups
    pass in a seeded order; each goes to whichever of the two lacks more, if it fits there, or else to train.
    Raises LessonError `too_few_texts` under 10 rows, and `too_few_groups` under 3 different keys.
    """
    names, groups, sizes = np.unique(np.asarray(keys), return_inverse=True, return_counts=True)
    if len(groups) < FEWEST_ROWS:
        raise LessonError("too_few_texts", found=len(names), needed=FEWEST_ROWS)
    if len(names) < FEWEST_GROUPS:
        raise LessonError("too_few_groups", groups=len(names), rows=len(groups), needed=FEWEST_GROUPS)
    return _parts_of_groups(sizes, _held_out(len(groups)), seed)[groups]


def naive(count: int, seed: int) -> np.ndarray:
    """Answers the parts that a shuffle of the rows alone would give, whatever they say: int8, as `assign`."""
    return _parts_of_groups(np.ones(count, np.int64), _held_out(count), seed)


def leak(parts: np.ndarray, keys: np.ndarray) -> dict:
    """Answers how many `test` rows have a sibling (a row with the same key) in train: `leaked`, and its `share`."""
    test = np.asarray(keys)[parts == _TEST]
    leaked = int(np.isin(test, np.asarray(keys)[parts == _TRAIN]).sum())
    return {"test": len(test), "leaked": leaked, "share": leaked / len(test) if len(test) else 0.0}


def honest_word(rows_in_test: int) -> str:
    """Answers what a test set of this size can tell: `few` (a hint), `some` (with wide margins) or `enough`.

    Under 10 one text decides the figure; from 30 on, the usual rule of thumb for a mean's margin holds.
    """
    if rows_in_test < 10:
        return "few"
    return "some" if rows_in_test < 30 else "enough"


def _held_out(rows: int) -> int:
    return max(1, round(SHARES["test"] * rows))


def _parts_of_groups(sizes: np.ndarray, held_out: int, seed: int) -> np.ndarray:
    """Answers each group's part, int8."""
    parts = np.full(len(sizes), _TRAIN, np.int8)
    lacks = {_TEST: held_out, _VALIDATION: held_out}
    order = np.random.default_rng(seed).permutation(len(sizes))
    for group, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        part = max(lacks, key=lacks.__getitem__)
        if size <= lacks[part]:
            parts[group] = part
            lacks[part] -= size
            if not any(lacks.values()):
                break
    for part in (_TEST, _VALIDATION):
        if lacks[part] == held_out and len(sizes) >= FEWEST_GROUPS:  # every group was too big: the smallest, then
            in_train = order[parts[order] == _TRAIN]
            parts[in_train[np.argmin(sizes[in_train])]] = part
    return parts
