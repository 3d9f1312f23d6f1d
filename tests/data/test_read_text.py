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
    assert offers == {"blank_line": 4, "line": 8, "heading": 3, "separator": 2, "page": 0, "whole": 1}
    for way, count in offers.items():
        assert len(divide(text, Options(pieces=way))) == (count or 1)


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


@pytest.mark.parametrize(
    "front",
    ["título: Poemas", "# suyo\n\ntags:\n- luna\n- mar\nautora:\n    nombre: Ana\n", "resumen: |\n  uno\n\n  dos"],
)
def test_front_matter_may_have_lists_comments_and_indented_lines(tmp_path, front):
    table = read(tmp_path, f"---\n{front}\n---\nuno\n\ndos".encode(), "a.md")
    assert texts(table) == ["uno", "dos"]


@pytest.mark.parametrize("end", ["\nFin\n", "---\nFin\n"])
def test_an_indented_poem_under_a_rule_is_no_front_matter_and_takes_no_time(tmp_path, end):
    verse = "    verde que te quiero verde"
    table = read(tmp_path, ("---\n" + f"{verse}\n" * 40 + end).encode(), "a.md")
    assert "\n".join(texts(table)).count(verse.strip()) == 40
    assert "front_matter" not in [note.code for note in table.notes]


@pytest.mark.parametrize("rule", ["=====", "-----"])
def test_underlined_titles_are_headings_and_no_separators(rule):
    text = "\n\n".join(f"{title}\n{rule}\nverso de {title}\n\notra estrofa" for title in ("Luna", "Sol", "Mar"))
    table = divide(text, Options())
    assert table.taken.pieces == "heading"
    assert table.data.to_pylist()[1] == {"title": "Sol", "text": "verso de Sol\n\notra estrofa"}
    assert table.offers["pieces"]["separator"] == 0


def test_a_rule_between_blank_lines_separates_below_an_underlined_title_too():
    text = "Poemas\n------\n\nuno\n\n---\n\ndos\n\n---\n\ntres"
    assert texts(divide(text, Options(pieces="separator"))) == ["Poemas\n------\n\nuno", "dos", "tres"]


def test_a_comment_in_a_block_of_code_is_no_heading():
    text = "# Uno\na\n\n```python\n# comentario\n---\nx = 1\n```\n\n# Dos\nb\n\n# Tres\nc\n\n```\n# Cuatro\nd"
    table = divide(text, Options(pieces="heading"))
    assert [row["title"] for row in table.data.to_pylist()] == ["Uno", "Dos", "Tres", "Cuatro"]
    assert table.offers["pieces"]["separator"] == 0


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
@pytest.mark.parametrize(
    "text",
    [
        "con su polisón",
        "El niño",
        "¿Mañana?",
        "El niño la mira, mira.\nEl niño la está mirando.",
        "«¡Ay, corazón!», PERDÍ",
        "pingüino y ñandú",
        "a lição não é difícil: coração",
        "schöne Mädchen, größer",
    ],
)
def test_an_old_file_keeps_its_accents_however_short(tmp_path, encoding, text):
    table = read(tmp_path, text.encode(encoding))
    assert texts(table) == text.split("\n")
    assert [dict(note.facts) for note in table.notes] == [{"encoding": encoding}]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
@pytest.mark.parametrize(
    "text", ["— ¿Qué?\n— Nada…", "—Hola —dijo él—. ¿Venís?", "“Wait…”, she said—“it’s naïve”", "d’àvia, l’été, œuvre"]
)
def test_dashes_and_quotes_of_an_old_file_are_not_taken_for_letters(tmp_path, encoding, text):
    assert texts(read(tmp_path, text.encode(encoding))) == text.split("\n")


def test_bytes_that_are_no_letters_in_any_encoding_are_refused(tmp_path):
    with pytest.raises(LessonError, match="binary_file"):
        read(tmp_path, bytes(range(128, 256)) * 4)


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
