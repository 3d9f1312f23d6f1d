"""Every visible word, in both languages."""

import ast
import dataclasses
import datetime
import re
from pathlib import Path

import pytest

from core import glossary, texts
from core.data.read import READERS
from core.errors import LessonError
from core.sharing.cells import FORMS
from core.training.settings import OPTIONS, Settings

ROOT = Path(__file__).parent.parent
NAMES = sorted(path.stem for path in (texts.FOLDER / "es").glob("*.md"))
CODE = [*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "Home.py"]


def raised() -> dict[str, set[str]]:
    """The codes of every LessonError in core, with the facts that each is raised with."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "LessonError" and node.args
            if named and isinstance(node.args[0], ast.Constant):
                facts = {keyword.arg for keyword in node.keywords if keyword.arg}
                known = found.setdefault(node.args[0].value, facts)
                found[node.args[0].value] = known & facts
    return found


def test_both_languages_have_the_same_files():
    assert sorted(path.stem for path in (texts.FOLDER / "en").glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_keys_and_placeholders(name):
    spanish, english = (texts.words(language, name).blocks for language in texts.LANGUAGES)
    assert list(spanish) == list(english) or set(spanish) == set(english)
    for key, block in spanish.items():
        other = english[key]
        assert block.label
        assert other.label
        assert bool(block.body) == bool(other.body), key
        for mine, theirs in ((block.label, other.label), (block.body, other.body)):
            assert texts.placeholders(mine) == texts.placeholders(theirs), key


@pytest.mark.parametrize("name", NAMES)
def test_no_key_stands_twice_in_a_file(name):
    for language in texts.LANGUAGES:
        keys = re.findall(r"^## (.+)$", (texts.FOLDER / language / f"{name}.md").read_text(encoding="utf-8"), re.M)
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("code", "facts"), sorted(raised().items()))
def test_every_error_is_worded_in_three_parts_with_the_facts_it_has(code, facts):
    for language in texts.LANGUAGES:
        said = texts.explain(LessonError(code, **dict.fromkeys(facts, "x")), language)
        assert said.happened
        assert said.found
        assert said.advice
        assert not texts.placeholders(str(said)), f"{code} asks for facts it is not always raised with"
        block = texts.words(language, "errors").blocks[code]
        assert len(re.split(r"\n\n(?! )", block.body)) == 2, f"{code} says more than what was found and what to do"


def test_every_setting_and_option_has_its_words():
    for language in texts.LANGUAGES:
        words = texts.words(language, "settings")
        for field in dataclasses.fields(Settings):
            assert field.name in words
            if field.name != "dial":
                assert words.body(field.name)
        for name, options in OPTIONS.items():
            assert all(f"{name}.{option}" in words for option in options)


def test_every_reason_that_core_gives_has_its_words():
    given = set()
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_choice = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Choice" and len(node.args) == 3
            if is_choice and isinstance(node.args[1], ast.Constant):
                given.add(node.args[1].value)
    words = texts.words("es", "settings")
    assert len(given) > 8
    assert {reason for reason in given if f"reason.{reason}" not in words} == set()


def test_every_word_that_code_asks_for_by_name_exists():
    known = set().union(*(texts.words("es", name).blocks for name in NAMES))
    speaks = {"step", "words", "lesson", "step.section", "step.folded", "step.words.body", "words.body", "say", "text"}
    asked = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if (
                name in speaks
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                asked.add(node.args[0].value)
    files = set(NAMES)
    assert len(asked) > 80
    assert asked - known - files - {"es", "en"} == set()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_line_shouts(language):
    for name in NAMES:
        for block in texts.words(language, name).blocks.values():
            assert "!!" not in block.label + block.body


@pytest.mark.parametrize(
    ("value", "spanish", "english"),
    [(1234.5, "1.234", "1,234"), (0.002, "0,002", "0.002"), (6.9, "6,9", "6.9"), (47, "47", "47"), (0, "0", "0")],
)
def test_numbers_are_written_as_each_language_writes_them(value, spanish, english):
    assert texts.number(value, "es") == spanish
    assert texts.number(value, "en") == english


def test_a_fact_that_is_not_given_stays_visible_and_other_braces_stay():
    assert texts.fill("{a} {b} {C}", "es", {"a": "x"}) == "x {b} {C}"


def test_the_glossary_finds_words_without_their_accents():
    assert [term for term in glossary.terms("es", "epoca") if "poca" in term.label]


def test_the_file_formats_are_named_where_she_uploads():
    names = {
        "read_csv": ["CSV"],
        "read_json": ["JSON"],
        "read_text": ["TXT", "Markdown"],
        "read_sheet": ["Excel", "ODS"],
        "read_arrow": ["Parquet"],
        "read_document": ["Word", "ODT", "EPUB"],
        "read_pdf": ["PDF"],
        "read_zip": ["ZIP"],
    }
    assert set(names) == set(READERS.values())
    for language in texts.LANGUAGES:
        said = texts.words(language, "05_load_texts").body("file")
        assert [name for reader in names.values() for name in reader if name not in said] == []


def test_no_word_is_left_that_nobody_says():
    """A key is said where code has it whole, or has a pattern (`f"reason.{reason}"`) that it fits."""
    literals, patterns = set(), set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                literals.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
                if any(part and re.search("[a-z]", part) for part in parts):
                    patterns.add("".join(".+" if part is None else re.escape(part) for part in parts))
    # Put together from two names: `"missing." + stage`, `"shelf." + purpose`, `f"{setting}.{option}"`, a cell's form.
    patterns |= {r"missing\..+", r"shelf\..+", rf"({'|'.join(OPTIONS)})\..+", rf"\w+\.({'|'.join(FORMS)})"}
    unsaid = {
        f"{name}: {key}"
        for name in set(NAMES) - {"glossary"}
        for key in texts.words("es", name).blocks
        if key not in literals and not any(re.fullmatch(pattern, key) for pattern in patterns)
    }
    assert unsaid == set()


@pytest.mark.parametrize("page", sorted((ROOT / "pages").glob("[0-9]*.py")), ids=lambda page: page.stem)
def test_every_word_that_a_step_asks_for_is_in_the_files_it_opens(page):
    tree = ast.parse(page.read_text(encoding="utf-8"))
    calls = [(ast.unparse(node.func), node.args) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    (opened,) = [[ast.literal_eval(name) for name in args] for called, args in calls if called == "lesson.page"]
    words = texts.words("es", "frame", "home", "tasks", *opened[1:], opened[0])
    asking = {"step", "step.section", "step.folded", "step.words", "step.words.body"}
    asked = {args[0].value for called, args in calls if called in asking and args and isinstance(args[0], ast.Constant)}
    assert asked
    assert {key for key in asked if key not in words} == set()


@pytest.mark.parametrize(
    ("share", "spanish", "english"), [(0.123, "12\u00a0%", "12%"), (1.0, "100\u00a0%", "100%"), (0, "0\u00a0%", "0%")]
)
def test_a_share_is_written_as_each_language_writes_it(share, spanish, english):
    assert (texts.percent(share, "es"), texts.percent(share, "en")) == (spanish, english)


@pytest.mark.parametrize(
    ("seconds", "spanish", "english"),
    [(0.2, "1 segundo", "1 second"), (90, "90 segundos", "90 seconds"), (150, "2 minutos", "2 minutes")],
)
def test_a_time_is_said_as_a_person_says_it(seconds, spanish, english):
    assert (texts.duration(seconds, "es"), texts.duration(seconds, "en")) == (spanish, english)


@pytest.mark.parametrize(("rows", "said"), [(1, "1 fila leída"), (2, "2 filas leídas"), (0, "0 filas leídas")])
def test_a_word_agrees_with_its_number(rows, said):
    assert texts.fill("{rows} {rows|fila leída|filas leídas}", "es", {"rows": rows}) == said


def test_several_percentages_are_listed_as_each_language_lists_them():
    assert texts.percents([90, 99], "es") == "90 y 99\u00a0%"
    assert texts.percents([50, 90, 99], "en") == "50, 90 and 99%"


def test_an_afternoon_is_told_by_the_clock_of_24_hours():
    afternoon = datetime.datetime(2026, 11, 29, 14, 5, tzinfo=datetime.datetime.now().astimezone().tzinfo).timestamp()
    assert texts.moment(afternoon, "es") == "29/11/26, 14:05"
    assert texts.moment(afternoon, "en") == "29/11/2026, 14:05"


def test_a_size_is_said_in_the_unit_that_suits_it():
    assert texts.size(13.8, "es") == "14\u00a0MB"
    assert texts.size(18_721, "es") == "18,7\u00a0GB"
    assert texts.size(18_721, "en") == "18.7\u00a0GB"
