"""Whether a model fits: what is reckoned orders as it must, and each verdict is said where it belongs."""

import pytest

from core.models import fit, licence
from core.models.fit import by_size
from core.models.shelf import SHELF

LARGE = by_size(1_700_000_000)


def test_each_way_of_training_needs_more_than_using_and_all_weights_need_the_most():
    needs = fit.needs(LARGE, "bf16")
    assert needs["use"] < needs["qlora"] < needs["lora"] < needs["full"]
    assert fit.needs(LARGE, "fp32")["use"] > 1.8 * needs["use"]


@pytest.mark.parametrize(("free", "verdict"), [(64_000, fit.FITS), (5_000, fit.TIGHT), (2_000, fit.NO), (500, fit.NO)])
def test_the_same_model_fits_is_tight_or_does_not_fit_as_memory_goes(free, verdict):
    assert fit.verdict(LARGE, "bf16", free) == verdict


def test_a_verdict_of_use_leaves_room_for_nothing_else():
    shape = fit.Shape(100_000_000, 250_000, 24, 256, 1024, 400_000)
    free = fit.using(shape, "bf16").total / fit.ROOM + 1
    assert fit.verdict(shape, "bf16", free) == fit.USE


def test_what_the_shelf_says_of_each_model_is_whole():
    assert len({model.id for model in SHELF}) == len(SHELF)
    assert all(model.parameters >= 50 for model in SHELF)
    assert [model.id for model in SHELF if model.is_gated] == ["google/gemma-3-270m"]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("apache-2.0", licence.FREE), ("MIT", licence.FREE), ("cc-by-4.0", licence.FREE),
        ("cc-by-sa-4.0", licence.ALIKE), ("gpl-3.0", licence.ALIKE), ("agpl-3.0", licence.ALIKE),
        ("cc-by-nc-sa-4.0", licence.NON_COMMERCIAL), ("cc-by-nc-4.0", licence.NON_COMMERCIAL),
        ("mrl-research", licence.NON_COMMERCIAL),
        ("gemma", licence.TERMS), ("llama3.2", licence.TERMS), ("other", licence.TERMS),
        ("", licence.NONE), ("unknown", licence.NONE),
    ],
)  # fmt: skip
def test_a_licence_is_put_in_plain_words(name, meaning):
    assert licence.meaning(name) == meaning
