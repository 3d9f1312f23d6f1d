import json

import pyarrow as pa

from core.classroom import sample_path
from core.data.overview import overview


def table(*texts, **more):
    return pa.table({"text": pa.array(texts, pa.string()), **more})


def sample(name):
    rows = [json.loads(line) for line in sample_path(name, "es").read_text(encoding="utf-8").splitlines()]
    return pa.table({column: [row[column] for row in rows] for column in rows[0]})


def test_rows_characters_and_words_are_counted_by_hand():
    seen = overview(table("uno dos", "¿Qué? Sí.", "", "tres"), ["text"], "es")
    assert (seen["rows"], seen["looked_at"]) == (4, 4)
    assert (seen["characters"]["total"], seen["characters"]["min"], seen["characters"]["max"]) == (20, 0, 9)
    assert (seen["words"]["total"], seen["words"]["max"]) == (5, 2)
    assert sum(seen["words"]["bins"]["counts"]) == 4


def test_every_row_stands_in_a_bar_whatever_the_lengths():
    for lengths in ([1], [0, 0], [0, 1, 2, 5000], list(range(300)), [7] * 20 + [90_000]):
        bins = overview(table(*("a " * length for length in lengths)), ["text"], "es")["words"]["bins"]
        assert sum(bins["counts"]) == len(lengths)
        assert len(bins["edges"]) == len(bins["counts"]) + 1 <= 41
        assert bins["scale"] == ("log" if 5000 in lengths or 90_000 in lengths else "linear")


def test_no_rows_and_blank_rows_have_an_overview_too():
    for texts in ((), ("", " \n ")):
        seen = overview(table(*texts), ["text"], "es")
        assert seen["languages"] == {}
        assert seen["openings"] == seen["frequent"] == []
        assert json.loads(json.dumps(seen)) == seen


def test_many_rows_are_looked_at_here_and_there_but_counted_whole():
    seen = overview(table(*["una casa blanca"] * 60_000), ["text"], "es")
    assert (seen["rows"], seen["looked_at"]) == (60_000, 50_000)
    assert (seen["characters"]["total"], seen["words"]["total"]) == (900_000, 180_000)


def test_openings_that_repeat_are_told_and_those_that_do_not_are_not():
    texts = ["Había una vez un perro", "«Había una vez» un gato", "Otra cosa muy distinta", "Había una"]
    assert overview(table(*texts), ["text"], "es")["openings"] == [{"opening": "había una vez", "count": 2}]
    many = [f"texto número {n} aquí" for n in range(298)] + ["Había una vez"] * 2  # two, but under 1 %
    assert overview(table(*many), ["text"], "es")["openings"] == []


def test_frequent_words_are_those_that_say_something():
    words = overview(table("El río y el RÍO, 12 de la casa; vos sos río", "casa"), ["text"], "es")["frequent"]
    assert words == [{"word": "río", "count": 3}, {"word": "casa", "count": 2}]
    words = overview(table("The river isn’t 'deep', it's the river's own"), ["text"], "en")["frequent"]
    assert {word["word"] for word in words} == {"river", "deep", "river's"}


def test_our_poems_are_seen_as_verse_in_spanish():
    seen = overview(sample("poems"), ["text"], "es")
    assert max(seen["languages"], key=seen["languages"].get) == "es"
    assert seen["languages"]["es"] > 0.97
    assert seen["verse"]["share"] > 0.97
    assert seen["verse"]["lines"]["min"] >= 2
    assert seen["pairs"] is None


def test_our_notes_are_prose_with_summaries_shorter_than_they_are():
    seen = overview(sample("notes"), ["text", "summary"], "es")
    assert seen["verse"] is None or seen["verse"]["share"] < 0.1
    assert 0 < seen["pairs"]["ratio"]["5"] <= seen["pairs"]["ratio"]["95"] < 1
