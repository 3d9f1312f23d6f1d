import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.near import compare, components, sameness

LEXICON = [f"{a}{b}" for a in ("ca", "lu", "pe", "rio", "ma") for b in ("sa", "na", "ro", "tel", "go", "dre", "lla")]


def near_pairs(texts, likeness):
    return compare(texts, likeness).pairs


def array(*texts):
    return pa.chunked_array([list(texts[n : n + 7]) for n in range(0, len(texts), 7)], pa.string())


def prose(words, seed):
    return " ".join(random.Random(seed).choices(LEXICON, k=words))


def places(texts, likeness=0.8):
    return [pair[:2] for pair in near_pairs(array(*texts), likeness)]


def test_capitals_punctuation_and_spaces_do_not_make_another_text():
    assert sameness("¡Hola, mundo!") == sameness("  hola\nMUNDO") == sameness("hola—mundo…")
    assert sameness("cafe\u0301") == sameness("café")
    for one, other in (("papa", "papá"), ("…", "—"), ("te quiero ♥", "te quiero"), ("कि", "की"), ("sí", "si")):
        assert sameness(one) != sameness(other)
    assert 0 <= sameness("") < 2**64


@pytest.mark.parametrize("words", [11, 12, 13, 40])
def test_one_letter_more_is_nearly_the_same_and_another_text_is_not(words):
    text = prose(words, 1) + " alamedas"
    pairs = near_pairs(array(text, prose(words, 2), text[:-1]), 0.7)
    assert [pair[:2] for pair in pairs] == [(0, 2)]
    assert 0.7 <= pairs[0].likeness < 1


def test_likeness_is_the_share_of_three_word_pieces_in_both():
    words = prose(40, 3).split()
    (pair,) = near_pairs(array(" ".join(words), " ".join([*words[:-1], "otra"])), 0.8)
    first, second = ({tuple(w[n : n + 3]) for n in range(38)} for w in (words, [*words[:-1], "otra"]))
    assert pair.likeness == len(first & second) / len(first | second)


def test_a_poem_with_one_more_stanza_is_another_poem():
    assert places([prose(40, 4), prose(40, 4) + "\n\n" + prose(20, 5)]) == []


def test_equal_texts_are_a_chain_from_the_first():
    assert near_pairs(array("Uno dos", "otra cosa", "uno, dos", "UNO DOS"), 0.8) == [(0, 2, 1.0), (0, 3, 1.0)]


def test_empty_tiny_and_no_texts_are_no_trouble():
    assert places([]) == []
    assert places(["", "a", "b", "sí", "…"]) == []


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=30))
def test_the_same_texts_give_the_same_pairs_and_each_is_alike(chosen):
    texts = []
    for seed, changed in chosen:
        words = prose(31, seed).split()
        words[changed] = "distinta"
        texts.append(" ".join(words))
    pairs = near_pairs(array(*texts), 0.8)
    assert pairs == near_pairs(array(*texts), 0.8)
    for first, second, likeness in pairs:
        one, other = ({tuple(w[n : n + 3]) for n in range(29)} for w in (texts[first].split(), texts[second].split()))
        assert first < second
        assert likeness == len(one & other) / len(one | other) >= 0.8


def test_planted_pairs_are_found_and_nothing_else():
    texts = [prose(36, seed) for seed in range(300)]
    planted = [text.rsplit(" ", 1)[0] for text in texts[:60]]
    assert places(texts + planted) == [(n, 300 + n) for n in range(60)]


def test_a_template_repeated_thousands_of_times_is_joined_without_comparing_all():
    body = prose(40, 6)
    pairs = near_pairs(array(*(f"{body} {n}" for n in range(3000))), 0.8)
    assert len(pairs) < 3000 * 9
    assert set(components(3000, (pair[:2] for pair in pairs)).tolist()) == {0}


def test_those_that_did_not_meet_all_the_others_of_a_crowd_are_told():
    body = prose(40, 6)
    assert compare(array(*(f"{body} {n}" for n in range(9)), prose(40, 7)), 0.8).crowded.tolist() == []
    assert compare(array(prose(40, 7), *(f"{body} {n}" for n in range(10))), 0.8).crowded.tolist() == [*range(1, 11)]


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60))
def test_components_are_labelled_by_their_first_place(count, links):
    links = [(a % count, b % count) for a, b in links]
    groups = [{place} for place in range(count)]
    for a, b in links:
        one, other = (next(group for group in groups if end in group) for end in (a, b))
        if one is not other:
            groups.remove(other)
            one |= other
    expected = {place: min(group) for group in groups for place in group}
    assert components(count, links).tolist() == [expected[place] for place in range(count)]


def test_a_long_chain_in_any_order_is_one_component():
    links = np.random.default_rng(7).permutation([(n, n + 1) for n in range(50_000)])
    assert not components(50_001, map(tuple, links.tolist())).any()
