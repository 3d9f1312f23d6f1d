"""What the curve says, in one remark, and one thing to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.training.watch import Curve, perplexity

NOISE = 0.01  # of the untouched model's loss: smaller changes between two evaluations say nothing
_RISE = 0.05  # of it, above the untouched model: what was there is being unlearned
_STILL = 3  # evaluations in a row without progress, from which the curve is flat


@dataclass(frozen=True)
class Remark:
    """A code of the texts (`narrator.CODE`: what is seen, and what to do) and the facts that fill it."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


def narrate(curve: Curve, is_over: bool) -> Remark | None:
    """Answers what the validation curve says so far; None before the untouched model was measured.

    In turn: `overfitting`, `diverging`, `flat`, `falling`, and `waiting` before the first evaluation. A run that is
    over gets the same codes with `.after`, for there is nothing left to stop.
    """
    if curve.base is None:
        return None
    remark = _seen(curve, curve.base)
    if not is_over:
        return remark
    return None if remark.code == "waiting" else Remark(f"{remark.code}.after", remark.facts)


def _seen(curve: Curve, base: float) -> Remark:
    best = curve.best
    if best is None:
        return Remark("waiting", {"before": perplexity(base)})
    noise = NOISE * base
    last = curve.validation[-1][1]
    facts = {"before": perplexity(base), "best": perplexity(best[1]), "now": perplexity(last), "step": best[0]}
    since_best = sum(step > best[0] for step, _ in curve.validation)
    if since_best >= 2 and last > best[1] + noise and _learns_by_heart(curve, base):
        return Remark("overfitting", facts)  # however far it rises: where steps are too large, nothing is learned
    if last > base * (1 + _RISE):
        return Remark("diverging", facts)
    losses = [base, *(loss for _, loss in curve.validation)]
    if len(losses) > _STILL and min(losses[:-_STILL]) - min(losses[-_STILL:]) < noise:
        return Remark("flat", facts)
    return Remark("falling", facts)


def _learns_by_heart(curve: Curve, base: float) -> bool:
    """Says whether the texts it learns from surprise it less and less, while the others no longer do."""
    half = len(curve.train) // 2
    if half < 2:
        return True
    before, after = (sum(loss for _, loss in part) / len(part) for part in (curve.train[:half], curve.train[half:]))
    return after < min(before, base)
