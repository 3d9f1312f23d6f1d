"""The model that comes along is the one that its record speaks of."""

import pytest

from core import classroom, storage
from core.pretraining import card, export, held_out


def test_its_files_are_the_recorded_ones_byte_for_byte():
    record = storage.load_json(classroom.MODEL.parent / export.RECORD)
    assert export.checksums(classroom.MODEL) == record["sha256"]


def test_it_guesses_our_own_texts_as_well_as_its_record_says():
    record = storage.load_json(classroom.MODEL.parent / export.RECORD)
    for name, one in held_out.measure_folder(classroom.MODEL, card.passage()).items():
        wanted = record["passage"][name]
        assert (one.characters, one.tokens) == (wanted["characters"], wanted["tokens"])
        assert one.bits_per_character == pytest.approx(wanted["bits_per_character"], rel=1e-3)


def test_no_file_of_it_is_larger_than_what_any_place_takes():
    assert max(path.stat().st_size for path in classroom.MODEL.iterdir()) <= 15e6
