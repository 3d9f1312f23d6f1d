"""What a plot of an evaluation must not say: that a difference of nothing is large."""

import pytest

from core.ui import evaluation_plots

NAMES = {"base": "Base", "adapted": "Adaptado"}


def drawn(base: float, adapted: float, shares: list[str]) -> list[float]:
    """Answers the axis on which two sides of one metric are drawn."""
    sides = {
        side: {"value": value, "low": None, "high": None} for side, value in zip(NAMES, (base, adapted), strict=True)
    }
    figure, _ = evaluation_plots.intervals({"Repetición": sides}, NAMES, "adapted", "hers", shares)
    return list(figure.layout.xaxis.range)


@pytest.mark.parametrize(("base", "adapted"), [(0.0, 0.0012), (0.481, 0.4815)])
def test_a_share_has_an_axis_on_which_a_thousandth_looks_small(base, adapted):
    low, high = drawn(base, adapted, ["Repetición"])
    assert high - low == pytest.approx(0.05)
    assert -0.005 < low < base
    assert adapted < high


def test_other_metrics_and_wide_shares_keep_the_axis_of_what_was_found():
    assert drawn(3.001, 3.002, []) == pytest.approx([3.001, 3.002], abs=0.0001)
    assert drawn(0.2, 0.6, ["Repetición"]) == pytest.approx([0.2 - 0.024, 0.6 + 0.024])
