"""In which order a run reads its texts: those of like lengths together, since a batch is padded to its longest."""

from collections.abc import Iterator, Sequence

import numpy as np

_SORTED_TOGETHER = 50  # batches: more would be alike from epoch to epoch, fewer would pad more


class LikeLengths:
    """A sampler, as Trainer wants one: the places of all texts, in an order that only the seed and the epoch decide.

    Transformers' own draws from torch's state, which dropout has moved: a run continued in mid-epoch would read the
    rest of it in another order. And it sorts a quarter of the texts at a time: of 206 short poems in batches of
    sixteen, a sixth of what is computed is padding, here a twenty-fifth.

    `together` is how many texts are read between two updates. `blanks` are rows after the last text, read at the end.
    """

    def __init__(self, lengths: Sequence[int], together: int, seed: int, blanks: int = 0) -> None:
        self.lengths, self.together, self.seed, self.blanks = np.asarray(lengths), together, seed, blanks
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths) + self.blanks

    def __iter__(self) -> Iterator[int]:
        """Answers batches in random order, the one with the longest text first: what does not fit shows at once.

        The texts that fill no whole batch come last, drawn at random like all else.
        """
        draw = np.random.default_rng((self.seed, self.epoch))
        places = draw.permutation(len(self.lengths))
        whole = len(places) - len(places) % self.together
        batches: list[np.ndarray] = []
        for start in range(0, whole, _SORTED_TOGETHER * self.together):
            some = places[start : min(whole, start + _SORTED_TOGETHER * self.together)]
            some = some[np.argsort(self.lengths[some], kind="stable")]
            batches += np.split(some, len(some) // self.together)
        draw.shuffle(batches)
        if batches:
            longest = max(range(len(batches)), key=lambda at: self.lengths[batches[at]].max())
            batches[0], batches[longest] = batches[longest], batches[0]
        for batch in [*batches, places[whole:]]:
            yield from batch.tolist()
        yield from range(len(places), len(self))
