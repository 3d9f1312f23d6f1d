import re
from itertools import combinations

import pytest

from core.classroom import MODEL, sample_path
from core.data.read import read

# Two texts of a voice may share a turn of phrase; sharing a fifth of their word triples would be a repeat.
MOST_SHARED = 0.2


def rows(name: str, language: str) -> list[dict]:
    return read(sample_path(name, language)).data.to_pylist()


def triples(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


@pytest.mark.parametrize(
    ("name", "language", "fewest"),
    [("poems", "es", 240), ("notes", "es", 160), ("poems", "en", 120), ("notes", "en", 80)],
)
def test_the_samples_are_many_and_none_repeats_another(name, language, fewest):
    texts = [row["text"] for row in rows(name, language)]
    assert len(texts) >= fewest
    shared = [triples(text) for text in texts]
    for one, other in combinations(shared, 2):
        assert len(one & other) <= MOST_SHARED * min(len(one), len(other))


@pytest.mark.parametrize("language", ["es", "en"])
def test_poems_have_four_to_eight_lines_and_share_none(language):
    lines = [line.strip().lower() for row in rows("poems", language) for line in row["text"].split("\n")]
    assert all(4 <= len(row["text"].split("\n")) <= 8 for row in rows("poems", language))
    assert len(lines) - len(set(lines)) <= 2


@pytest.mark.parametrize("language", ["es", "en"])
def test_notes_have_fifty_to_120_words_and_a_summary_of_one_sentence_of_its_own(language):
    for row in rows("notes", language):
        assert 50 <= len(row["text"].split()) <= 120
        assert 6 <= len(row["summary"].split()) <= 30
        assert row["summary"] not in row["text"]
        assert not re.search(r"[.!?…]\s+[A-ZÁÉÍÓÚÑ¿¡]", re.sub(r"\b(St|Mr|Mrs|Dr|Sra?)\.", "", row["summary"]))


def test_the_model_is_safetensors_with_its_card_and_nothing_that_is_code():
    assert {path.suffix for path in MODEL.iterdir()} == {".json", ".safetensors", ".md"}
