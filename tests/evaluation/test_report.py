"""What is taken away of an evaluation: the numbers are the record's, and a text stays a text."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest

from core import texts
from core.evaluation import report, report_table, summary
from core.evaluation.measure import BETTER
from core.evaluation.sides import ORDER

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)
BOTH_TASKS = pytest.mark.parametrize("task", ["write", "summarize"])
PLANTED = 'Dijo: <script>alert("x")</script> & <img src="https://example.org/a.png"> {rows}'


def found(value, low=None, high=None, rows=206):
    return {"value": value, "low": low, "high": high, "rows": rows if low is not None else 0}


def versus(kind, difference, low, high, says):
    return {"kind": kind, "difference": difference, "low": low, "high": high, "says": says}


SCORED = {
    "adapted": {
        "loss": found(3.718, 3.6, 3.81),
        "perplexity": found(41.187, 36.6, 45.15),
        "bits_per_character": found(1.3125, 1.25, 1.375),
    },
    "base": {
        "loss": found(4.2, 4.1, 4.31),
        "perplexity": found(66.7, 60.3, 74.4),
        "bits_per_character": found(1.5, 1.4, 1.6),
    },
}
SIDES = {
    "write": {
        "adapted": SCORED["adapted"]
        | {"distinct1": found(0.41), "novelty": found(0.97, 0.95, 0.99), "verse_syllables": found(8.3, 8.1, 8.6)},
        "base": SCORED["base"]
        | {"distinct1": found(0.36), "novelty": found(0.999, 0.99, 1.0), "verse_syllables": found(9.7, 9.0, 10.2)},
        "ngram": {"bits_per_character": found(2.125, 2.0, 2.25), "novelty": found(0.61, 0.5, 0.7)},
        "hers": {"distinct1": found(0.47), "verse_syllables": found(8.05, 7.9, 8.2)},
    },
    "summarize": {
        "adapted": SCORED["adapted"]
        | {"rougeL_normalised": found(0.22, 0.19, 0.25), "bleu": found(4.1), "length_ratio": found(1.2, 1.1, 1.3)},
        "base": SCORED["base"]
        | {"rougeL_normalised": found(0.08, 0.06, 0.1), "bleu": found(0.3), "length_ratio": found(2.9, 2.5, 3.3)},
        "lead1": {
            "rougeL_normalised": found(0.24, 0.2, 0.27),
            "bleu": found(5.5),
            "length_ratio": found(1.6, 1.5, 1.7),
        },
    },
}
AGAINST = {
    "write": {
        "base": {
            "perplexity": versus("ratio", 0.6175, 0.58, 0.66, "better"),
            "novelty": versus("difference", -0.029, -0.05, -0.01, "worse"),
        },
        "ngram": {"bits_per_character": versus("difference", -0.8125, -0.9, -0.7, "better")},
    },
    "summarize": {
        "base": {
            "rougeL_normalised": versus("difference", 0.14, 0.11, 0.17, "better"),
            "bleu": versus("difference", 3.8, -0.4, 8.1, "unknown"),
        },
        "lead1": {"rougeL_normalised": versus("difference", -0.02, -0.05, 0.01, "unknown")},
    },
}


def made(task="write", **changed):
    """A record as `core.evaluation.evaluate` describes it."""
    shown = {"text": "Guardé la llave\ndebajo del limonero.", **({"summary": "Una llave."} if task != "write" else {})}
    by = "loss" if task == "write" else "rougeL_normalised"
    side = {by: 0.5, "written": PLANTED}
    return {
        "task": task, "language": "es", "model": "classroom", "run": "run-<1>", "rows": 206, "written_rows": 200,
        "opened": 2, "openings": [1764420000.1, 1764430000.7],
        "sides": SIDES[task], "against": AGAINST[task],
        "wins": {"novelty": {"side": "base", "second": "adapted", **versus("difference", 0.02, 0.01, 0.03, "better")}},
        "distributions": {by: {"edges": [0.0, 1.0, 2.5], "counts": {"adapted": [150, 56], "base": [100, 106]}}},
        "examples": [
            {"row": 16, "kinds": ["best", "changed"], "by": by, **shown, "sides": {
                "adapted": side, "base": side | {"written": ""},
            }},
            {"row": 3, "kinds": ["worst"], "by": by, **shown, "text": PLANTED, "sides": {"adapted": {by: 9.25}}},
        ],
        "empty": {"references": 1, "adapted": 0}, "unended": {"adapted": 12},
        "left_out": {"few_shot": "seq2seq"}, "seconds": 81.2, "adapter": "f", "written": 1764430099.2,
        **changed,
    }  # fmt: skip


def words(language="es"):
    return texts.words(language, *report.WORDS)


class Seen(HTMLParser):
    """The words that a person sees, and every tag with what it has."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "rect", "path"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open[-1:] != ["style"]:
            self.words.append(text)

    @property
    def text(self):
        return "\n".join(self.words)


# ------------------------------------------------------------------ the table


@IN_BOTH_LANGUAGES
@BOTH_TASKS
def test_the_table_has_every_side_and_metric_with_the_records_numbers(task, language):
    record = made(task)
    written = report_table.table(record, words(language))
    assert written.encode().startswith(b"\xef\xbb\xbf")
    separator, point = {"es": (";", ","), "en": (",", ".")}[language]
    head, *lines = csv.reader(io.StringIO(written.removeprefix("\ufeff")), delimiter=separator)
    assert len(set(head)) == len(report_table.COLUMNS)
    rows = [dict(zip(report_table.COLUMNS, line, strict=True)) for line in lines]
    number = {"": None}
    expected = {(side, name) for side, metrics in record["sides"].items() for name in metrics}
    assert {(row["side_code"], row["metric_code"]) for row in rows} == expected
    assert len(rows) == len(expected)
    for row in rows:
        read = {key: number.get(cell, cell) and float(cell.replace(point, ".")) for key, cell in row.items()
                if key in ("value", "low", "high", "rows")}  # fmt: skip
        assert read == record["sides"][row["side_code"]][row["metric_code"]]
        verdict = record["against"].get(row["side_code"], {}).get(row["metric_code"], {})
        assert (row["difference"] or None) == (repr(verdict["difference"]).replace(".", point) if verdict else None)
        assert row["says"] == (words(language)(f"report.says.{verdict['says']}") if verdict else "")


def test_the_table_is_read_by_the_workshops_own_reader(tmp_path):
    from core.data.read import read

    path = tmp_path / "run-1.csv"
    path.write_bytes(report_table.table(made(), words()).encode())
    assert read(path).data.num_rows == sum(map(len, SIDES["write"].values()))


# ------------------------------------------------------------------ the page


@IN_BOTH_LANGUAGES
@BOTH_TASKS
def test_the_page_asks_nothing_of_anywhere_and_runs_nothing(task, language):
    html = report.page(made(task), words(language))
    seen = Seen(html)
    assert seen.open == []
    assert not {tag for tag, _ in seen.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "a",
    }
    given = {name for _, attributes in seen.tags for name in attributes}
    assert not given & {"src", "href", "srcset", "data", "action", "style"}
    assert not {name for name in given if name.startswith("on")}
    assert not re.search(r"url\(|@import|javascript:", html)
    policy = next(a["content"] for tag, a in seen.tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")


@BOTH_TASKS
def test_what_was_written_is_shown_as_text_to_the_last_sign(task):
    seen = Seen(report.page(made(task), words()))
    assert seen.words.count(PLANTED) == 2  # one that the model wrote, one of hers
    assert "Guardé la llave\ndebajo del limonero." in seen.words
    assert "run-<1>" in seen.text
    assert words()("report.empty") in seen.words


@IN_BOTH_LANGUAGES
@BOTH_TASKS
def test_every_number_of_the_page_is_the_records(task, language):
    record = made(task)
    seen = Seen(report.page(record, words(language)))
    for metrics in record["sides"].values():
        for one in metrics.values():
            said = texts.number(one["value"], language)
            if one["low"] is not None:
                said = words(language)("report.value", value=said, low=one["low"], high=one["high"])
            assert said in seen.words


def test_a_bar_is_as_long_as_its_number():
    seen = Seen(report.page(made(), words()))
    wide = [float(a["width"]) for tag, a in seen.tags if tag == "rect" and a["height"] == "24"]
    assert wide[:3] == pytest.approx([1000 * value / 2.25 for value in (1.3125, 1.5, 2.125)], abs=0.1)


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("says", ["better", "worse", "unknown", "few"])
def test_the_verdict_says_what_the_comparison_found(says, language):
    against = {"base": {"perplexity": versus("ratio", 0.9, None, None, says)}}
    seen = Seen(report.page(made(against=against, wins={}), words(language)))
    said = words(language)(f"report.verdict.{says}", rows=206)
    others = [words(language)(f"report.verdict.{other}", rows=206) for other in ("better", "worse", "unknown", "few")]
    assert said in seen.text
    assert [other for other in others if other != said and other in seen.text] == []


@IN_BOTH_LANGUAGES
def test_the_limits_are_those_of_this_evaluation(language):
    said = words(language)
    seen = Seen(report.page(made(rows=12), said)).text
    assert said("report.few", rows=12) in seen
    assert said("report.reopened", opened=2) in seen
    assert said("unended.side", side=said("side.adapted"), count=12, rows=200) in seen
    assert said("left_out.seq2seq", side=said("side.few_shot")) in seen
    calm = Seen(report.page(made(opened=1, empty={}, unended={}, left_out={}), said)).text
    assert said("report.few", rows=206) not in calm
    assert said("report.reopened", opened=1) not in calm
    assert said.body("report.always").split("\n")[0] in calm


@IN_BOTH_LANGUAGES
def test_an_evaluation_of_which_hardly_anything_is_known_still_has_its_report(language):
    bare = made(sides={"adapted": {"loss": found(3.0)}}, against={}, wins={}, distributions={}, examples=[], rows=1)
    assert texts.number(3.0, language) in Seen(report.page(bare, words(language))).words
    assert len(report_table.table(bare, words(language)).splitlines()) == 2


@IN_BOTH_LANGUAGES
def test_nothing_is_left_unfilled(language):
    for task in ("write", "summarize"):
        seen = Seen(report.page(made(task), words(language)))
        assert [text for text in seen.words if texts.placeholders(text) and text != PLANTED] == []


@IN_BOTH_LANGUAGES
def test_every_side_and_direction_has_its_words(language):
    said = words(language)
    assert all(summary.direction(name, said) for name in BETTER)
    assert all(f"side.{side}" in said for side in ORDER)
