"""Rows of many lengths as one batch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.tokens.cut import IGNORED

if TYPE_CHECKING:
    import torch


def collate(rows: Sequence[dict], pad_id: int, multiple: int = 1) -> dict[str, "torch.Tensor"]:
    """Pads a batch to its longest row: ids [rows, longest], mask 0 and label -100 where there is only padding.

    Labels are padded to their own longest, which is the ids' in a causal model, and not in a seq2seq one. Padding is
    masked, so any id will do for it: a model needs none of its own. Both widths are rounded up to a `multiple`.
    """
    import torch

    longest, most_labels = (
        -(-max(len(row[name]) for row in rows) // multiple) * multiple for name in ("input_ids", "labels")
    )

    def padded(values: list[int], filling: int, width: int) -> list[int]:
        return values + [filling] * (width - len(values))

    return {
        "input_ids": torch.tensor([padded(row["input_ids"], pad_id, longest) for row in rows]),
        "attention_mask": torch.tensor([padded([1] * len(row["input_ids"]), 0, longest) for row in rows]),
        "labels": torch.tensor([padded(row["labels"], IGNORED, most_labels) for row in rows]),
    }
