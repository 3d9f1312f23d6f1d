"""What a decision stands on: what can be measured of an adapted model; None where nobody has measured it yet."""

import math
from dataclasses import dataclass

COPIED = 0.1  # of the words: one in ten is what a reader who knows the texts notices. A choice of the workshop
LONG_COPY = 15  # words in a row: two lines of verse, which nobody writes by chance. A choice of the workshop


@dataclass(frozen=True)
class Comparison:
    """The adapted model against one rival on the same test texts.

    `gain` is how much better the adapted model is, above 0 whichever way the metric goes: a share of the rival's value
    where it `is_share`, else in the metric's units. In 95 of 100 draws of the `rows` it lies between `low` and `high`,
    which are infinite where the rows are too few to say. `rival` is `base` (untouched), `few_shot` (the base with
    examples in its prompt), or the code of a rival that is no language model of this kind.
    """

    rival: str
    metric: str
    gain: float
    low: float
    high: float
    rows: int
    is_share: bool = False

    @property
    def wins(self) -> bool:
        """Says whether the adapted model is better, and that is more than luck."""
        return self.low > 0

    @property
    def loses(self) -> bool:
        return self.high < 0


@dataclass(frozen=True)
class Tasting:
    """A blind tasting: in `wins` of `pairs` the adapted model was preferred; the 95 % interval of that share.

    `tasters` is how many people chose: she alone, or with the friends whose answers came back.
    """

    wins: int
    pairs: int
    low: float
    high: float
    tasters: int = 1


@dataclass(frozen=True)
class Copying:
    """What of the `texts` that were looked at stands in the training texts: a share of the words, the longest copy."""

    texts: int
    share: float
    longest: int

    @property
    def is_high(self) -> bool:
        return self.share >= COPIED or self.longest >= LONG_COPY


@dataclass(frozen=True)
class Dose:
    """What the data-dose curve says (`core.training.dose.read`): a code, and the perplexity with half and with all."""

    code: str
    half: float
    all: float


@dataclass(frozen=True)
class Evidence:
    """All that was measured of a run; None where nobody has measured it yet.

    Times in seconds: of the adapting, of the evaluation, and of one text that the adapted model writes. Memory in MB.
    """

    rows: int | None = None
    comparisons: tuple[Comparison, ...] = ()
    tasting: Tasting | None = None
    train_seconds: float | None = None
    evaluation_seconds: float | None = None
    text_seconds: float | None = None
    memory_mb: float | None = None
    copying: Copying | None = None
    dose: Dose | None = None

    def against(self, rival: str) -> Comparison | None:
        return next((one for one in self.comparisons if one.rival == rival), None)

    @property
    def base(self) -> Comparison | None:
        return self.against("base")

    @property
    def simple(self) -> Comparison | None:
        """The rival without a large model that does best: the one that the adapted model beats by least."""
        rivals = [one for one in self.comparisons if one.rival not in ("base", "few_shot")]
        return min(rivals, key=_lead, default=None)

    @property
    def untouched(self) -> Comparison | None:
        """The better of the base as it is and the base with examples in its prompt."""
        return min((one for one in (self.against("few_shot"), self.base) if one), key=_lead, default=None)

    @property
    def closest(self) -> Comparison | None:
        """The rival that the adapted model beats by least."""
        return min(self.comparisons, key=_lead, default=None)

    @property
    def unsettled(self) -> Comparison | None:
        """A rival that the adapted model neither beats nor loses to for sure; None where it surely loses to any."""
        if any(one.loses for one in self.comparisons):
            return None
        return next((one for one in self.comparisons if not one.wins), None)


def _lead(one: Comparison) -> float:
    """How surely the adapted model is ahead, in widths of the interval: what compares across metrics."""
    width = one.high - one.low
    return -0.5 if math.isinf(width) else one.low / (width or 1e-9)
