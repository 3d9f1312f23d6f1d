"""What a blind tasting's answers can say: a rule for stopping that is never wrong too often, and an interval.

Each answered pair is a win of the adapted model, a win of the base, or neither. As in the sign test, an answer that
prefers none says nothing of which is preferred and is left out of the rate (Dixon and Mood, 1946, "The statistical
sign test"); the page counts it beside. What is left is a row of coins, each a win with one unknown chance p.

She may stop when it is settled, which is looked at after every answer: each look is a test, and together they must not
err too often. The boundary has one nominal level for all looks (Pocock, 1977, "Group sequential methods in the design
and analysis of clinical trials"), and its error is counted exactly, path by path, not approximated by a normal law.
She may also stop when she likes: being blind, she cannot stop because of who is ahead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb

ERROR = Fraction(1, 20)  # how often, at most, two models between which there is no difference are told apart
COVERAGE = 0.95
_HALVINGS = 40  # of a bisection: 1e-12


@dataclass(frozen=True)
class Boundary:
    """`wins[n - 1]` is how many wins of n preferences settle it; above n where no number does.

    `error` is the exact chance that it is settled, for one or the other, when p is one half.
    """

    wins: tuple[int, ...]
    error: Fraction


@lru_cache(maxsize=64)
def boundary(most: int) -> Boundary:
    """Answers the widest boundary for at most `most` preferences whose error is no more than ERROR."""
    tails = {_tail(n, wins) for n in range(1, most + 1) for wins in range(n // 2 + 1, n + 1)}
    levels = sorted(tail for tail in tails if 2 * tail <= ERROR)
    low, high = -1, len(levels) - 1  # the error grows with the level
    while low < high:
        middle = (low + high + 1) // 2
        if _error(_at_level(most, levels[middle])) <= ERROR:
            low = middle
        else:
            high = middle - 1
    wins = _at_level(most, levels[low] if low >= 0 else Fraction(-1))
    return Boundary(wins, _error(wins))


def settled(wins: int, losses: int, most: int) -> str | None:
    """Answers who has won by now, `adapted` or `base`; None as long as it may be chance."""
    needed = boundary(most).wins[wins + losses - 1] if wins + losses else 1
    return "adapted" if wins >= needed else "base" if losses >= needed else None


@lru_cache(maxsize=4096)
def interval(wins: int, losses: int, most: int) -> tuple[float, float]:
    """Answers between which chances of winning (0 to 1) the true one lies, 95 times of 100.

    Outcomes are in the order of their stages: to have been settled for the adapted model sooner speaks more for it,
    and of those that were not, more wins do (Jennison and Turnbull, 2000, "Group Sequential Methods", section 8.4).
    Of the outcome itself half the chance counts (the mid-p of Lancaster, 1961), without which the interval of so few
    answers would cover well over 95 of 100.
    An interval of what is not settled reaches one half, which the boundary has not ruled out.
    Counted exactly for 20 pairs that all get a preference, it covers 97 of 100 over all true chances alike, and over
    single ones 93 to 99.6, since so few answers have few intervals.
    """
    preferences = wins + losses
    if not preferences:
        return 0.0, 1.0
    ordered = _outcomes(boundary(most).wins[:preferences])
    place = ordered.index((preferences, wins, _paths(boundary(most).wins[:preferences])[preferences][wins]))
    beyond = (1 - COVERAGE) / 2

    def above(p: float) -> float:
        return _chance(ordered[place + 1 :], p) + _chance(ordered[place : place + 1], p) / 2

    low, high = _where(above, beyond), _where(above, 1 - beyond)
    return (low, high) if settled(wins, losses, most) else (min(low, 0.5), max(high, 0.5))


def _tail(n: int, wins: int) -> Fraction:
    """Answers the chance of so many wins or more of n when p is one half."""
    return Fraction(sum(comb(n, k) for k in range(wins, n + 1)), 2**n)


def _at_level(most: int, level: Fraction) -> tuple[int, ...]:
    return tuple(
        next((wins for wins in range(n // 2 + 1, n + 1) if _tail(n, wins) <= level), n + 1) for n in range(1, most + 1)
    )


def _error(boundary: Sequence[int]) -> Fraction:
    paths = _paths(boundary)
    return sum(
        (Fraction(2 * paths[n][w], 2**n) for n, needed in enumerate(boundary, 1) for w in range(needed, n + 1)),
        Fraction(0),
    )


@lru_cache(maxsize=256)
def _paths(boundary: tuple[int, ...]) -> list[list[int]]:
    """Answers `[n][w]`: in how many orders w wins of n come about without its having been settled before."""
    paths = [[1]]
    for n, _ in enumerate(boundary, 1):
        needed = boundary[n - 2] if n > 1 else n
        open_before = [count if max(w, n - 1 - w) < needed else 0 for w, count in enumerate(paths[-1])]
        paths.append([(open_before[w] if w < n else 0) + (open_before[w - 1] if w else 0) for w in range(n + 1)])
    return paths


@lru_cache(maxsize=256)
def _outcomes(boundary: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Answers all that can come out (preferences, wins, paths), from what speaks most for the base."""
    paths, last = _paths(boundary), len(boundary)
    lost, won, open_ = [], [], []
    for n, needed in enumerate(boundary, 1):
        for w, count in enumerate(paths[n]):
            if count and w >= needed:
                won.append((n, w, count))
            elif count and n - w >= needed:
                lost.append((n, w, count))
            elif count and n == last:
                open_.append((n, w, count))
    return [
        *sorted(lost, key=lambda one: (one[0], one[1])),
        *open_,
        *sorted(won, key=lambda one: (-one[0], one[1])),
    ]


def _chance(outcomes: Sequence[tuple[int, int, int]], p: float) -> float:
    return sum(count * p**w * (1 - p) ** (n - w) for n, w, count in outcomes)


def _where(grows: Callable[[float], float], mark: float) -> float:
    """Answers where in 0 to 1 a function that grows reaches `mark`; an end of that range where it does nowhere."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if grows(middle) < mark else (low, middle)
    return (low + high) / 2
