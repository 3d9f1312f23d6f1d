"""Train, validation and test: seeded, and what says the same stays on one side."""

import random
from collections.abc import Sequence

from core.data.clean import sameness
from core.errors import LessonError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
FEWEST_ROWS = 10


def split(rows: Sequence[dict], seed: int) -> dict[str, list[dict]]:
    """Divides rows 80/10/10 after a seeded shuffle, at least one in each; equal texts go together.

    Raises LessonError `too_few_texts` under 10 different texts: with fewer, a tenth is not even one.
    """
    groups: dict[str, list[dict]] = {}
    for row in rows:
        groups.setdefault(sameness(row), []).append(row)
    if len(groups) < FEWEST_ROWS:
        raise LessonError("too_few_texts", found=len(groups), needed=FEWEST_ROWS)
    keys = sorted(groups)
    random.Random(seed).shuffle(keys)
    held_out = max(1, round(SHARES["test"] * len(keys)))
    parts = {
        "test": keys[:held_out],
        "validation": keys[held_out : 2 * held_out],
        "train": keys[2 * held_out :],
    }
    return {name: [row for key in parts[name] for row in groups[key]] for name in SHARES}
