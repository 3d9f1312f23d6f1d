"""Running text: where one text ends and the next begins."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.read_text import divide, read_text
from core.data.table import PIECES, Options, no_progress
from core.errors import LessonError

POEM = "Niño, el corazón\n  dice: «mañana»"


def texts(table):
    return table.data.column("text").to_pylist()


def read(folder, content, name="a.txt"):
    (folder / name).write_bytes(content)
    return read_text(folder / name, Options(), no_progress)


def test_plain_text_is_divided_at_blank_lines_and_keeps_its_verses(tmp_path):
    table = read(tmp_path, f"{POEM}\n\n \n\nOtro\n  con sangría\n".encode())
    assert texts(table) == [POEM, "Otro\n  con sangría"]
    assert table.taken.pieces == "blank_line"


def test_every_way_says_how_many_texts_it_would_give():
    text = "# Uno\na\nb\n\n# Dos\nc\n\n***\n\n# Tres\nd"
    offers = divide(text, Options()).offers["pieces"]
    assert offers == {"blank_line": 4, "line": 8, "heading": 3, "separator": 2, "whole": 1}
    for way, count in offers.items():
        assert len(divide(text, Options(pieces=way))) == count


def test_a_heading_becomes_the_title_of_its_text():
    table = divide("# Uno\nprimer poema\n\nsegunda estrofa\n\n# Dos\notro poema\n\n# Tres\ny otro", Options())
    assert table.taken.pieces == "heading"
    assert table.data.to_pylist()[0] == {"title": "Uno", "text": "primer poema\n\nsegunda estrofa"}


@pytest.mark.parametrize("heading", ["CAPÍTULO", "Capítulo {}", "{}.", "LA CASA {}"])
def test_headings_need_no_marks(heading):
    body = "Un párrafo largo que cuenta algo de la casa y sigue contando."
    pieces = "\n\n".join(f"{heading.format(number)}\n\n{body} {number}" for number in ("I", "II", "III"))
    table = divide(pieces, Options(pieces="heading"))
    assert [text.split()[-1] for text in texts(table)] == ["I", "II", "III"]


@pytest.mark.parametrize("line", ["***", "---", "* * *", "~~~~", "======", "  ***  "])
def test_separators_divide_by_themselves(line):
    table = divide(f"uno\n\ndos\n{line}\ntres\n{line}\ncuatro\n{line}\ncinco", Options())
    assert texts(table) == ["uno\n\ndos", "tres", "cuatro", "cinco"]
    assert table.taken.pieces == "separator"


def test_a_separator_of_hers_divides():
    table = divide("uno\n%%\ndos\n%%\n", Options(pieces="separator", separator="%%"))
    assert texts(table) == ["uno", "dos"]


def test_single_blank_lines_part_stanzas_where_runs_part_poems():
    text = "a1\n\na2\n\n\n\nb1\n\nb2\n\n\n\nc1\n\nc2"
    table = divide(text, Options())
    assert texts(table) == ["a1\n\na2", "b1\n\nb2", "c1\n\nc2"]
    assert [note.code for note in table.notes] == ["runs_divide"]


def test_lines_without_blank_ones_are_a_text_each():
    table = divide("uno\ndos\ntres", Options())
    assert (texts(table), table.taken.pieces) == (["uno", "dos", "tres"], "line")


def test_front_matter_of_markdown_is_left_out_and_said(tmp_path):
    table = read(tmp_path, b"---\ntitle: Poemas\ntags: [a]\n---\nuno\n\ndos", "a.md")
    assert texts(table) == ["uno", "dos"]
    assert "front_matter" in [note.code for note in table.notes]


def test_only_blanks_are_an_empty_file(tmp_path):
    with pytest.raises(LessonError, match="empty_file"):
        read(tmp_path, b" \n\n\t\n")


@given(st.text(max_size=300), st.sampled_from(["", *PIECES]))
@settings(deadline=None)
def test_no_letter_is_lost_or_added_by_dividing(text, way):
    table = divide(text, Options(pieces=way))
    said = "".join(table.data.column(name)[place].as_py() for place in range(len(table)) for name in table.columns)
    if table.taken.pieces in ("blank_line", "line", "whole"):
        assert sorted("".join(said.split())) == sorted("".join(text.split()))
    assert table.offers["pieces"][table.taken.pieces] in (0, len(table))
