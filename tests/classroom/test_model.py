"""The model that comes along is the one that its record speaks of."""

import pytest

from core import classroom, texts
from core.pretraining import card, export, held_out, record


def test_its_files_are_the_recorded_ones_byte_for_byte():
    known = classroom.record()
    assert export.checksums(classroom.MODEL) == known["sha256"]


def test_it_guesses_our_own_texts_as_well_as_its_record_says():
    known = classroom.record()
    for name, one in held_out.measure_folder(classroom.MODEL, record.passage()).items():
        wanted = known["passage"][name]
        assert (one.characters, one.tokens) == (wanted["characters"], wanted["tokens"])
        assert one.bits_per_character == pytest.approx(wanted["bits_per_character"], rel=1e-3)


def test_no_file_of_it_is_larger_than_its_recipe_allows():
    most = classroom.record()["recipe"]["largest_file"]
    assert max(path.stat().st_size for path in classroom.MODEL.iterdir()) <= float(most.removesuffix("MB")) * 1e6


def test_its_card_is_the_one_that_its_record_tells():
    assert (classroom.MODEL / card.FILE).read_text(encoding="utf-8") == card.as_markdown(classroom.record())


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_where_the_pages_say_its_size_it_is_its_size(language):
    millions = texts.number(round(classroom.record()["parameters"] / 1e6), language)
    said = {"es": f"{millions} millones", "en": f"{millions} million"}[language]
    for page, key in {"03_choose_model": "learn", "glossary": "parameter"}.items():
        assert said in texts.words(language, page).body(key)
