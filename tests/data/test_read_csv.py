"""Tables of text as people have them: every encoding, delimiter and mistake; nothing lost, nothing guessed."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.data import read_csv as module
from core.data.decode import LONGEST_CELL
from core.data.read_csv import read_csv
from core.data.table import MOST_COLUMNS, Options, no_progress
from core.errors import LessonError

POEM = "Niño, el corazón\ndice: «mañana»"
CELLS = st.text(
    st.characters(
        codec="utf-8", exclude_characters="\x00\x1e\x1f\x7f\x85\u2028\u2029\ufeff", exclude_categories=("Cc", "Cs")
    )
    | st.sampled_from("\n\x1e"),
    max_size=30,
)


def read(folder, content, name="a.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path, Options(), no_progress)


def rows(table):
    return table.data.to_pylist()


def notes(table):
    return {note.code: dict(note.facts) for note in table.notes}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_spreadsheet_export_is_read_whatever_its_encoding_and_line_ends(tmp_path, encoding, end):
    lines = [f'{n};"Niño {n}; el corazón dice: ¿mañana?"' for n in range(20)]
    table = read(tmp_path, end.join([" id ; Texto  ", *lines]).encode(encoding))
    assert table.columns == ("id", "Texto")
    assert rows(table)[3]["Texto"] == "Niño 3; el corazón dice: ¿mañana?"
    assert len(table) == 20
    assert "delimiter" in notes(table)


def test_line_breaks_inside_quotes_stay(tmp_path):
    text = POEM.replace("\n", "\r\n")
    assert rows(read(tmp_path, f'texto,autora\r\n"{text}",Ana\r\n')) == [{"texto": POEM, "autora": "Ana"}]


def test_nothing_is_guessed_to_be_a_number_or_missing(tmp_path):
    table = read(tmp_path, "text\n007\nNA\nnull\n1e5\n")
    assert [row["text"] for row in rows(table)] == ["007", "NA", "null", "1e5"]


def test_decimal_commas_stay_as_they_are(tmp_path):
    assert rows(read(tmp_path, "n;texto\n1,5;uno\n2,25;dos\n"))[1] == {"n": "2,25", "texto": "dos"}


def test_in_a_file_of_one_column_commas_belong_to_the_text(tmp_path):
    table = read(tmp_path, 'texto\nHola, mundo, otra vez\n"Chau, mundo"\n')
    assert rows(table) == [{"texto": "Hola, mundo, otra vez"}, {"texto": "Chau, mundo"}]
    assert notes(table) == {}


def test_texts_without_a_header_keep_their_first_one(tmp_path):
    first = "La abuela guardó la sombra en el cajón y no dijo nada hasta la noche siguiente"
    table = read(tmp_path, f"{first}\nEl gato soñó, y la casa también\nLlueve\n")
    assert [row["(1)"] for row in rows(table)] == [first, "El gato soñó, y la casa también", "Llueve"]
    assert "no_header" in notes(table)


def test_a_row_with_more_cells_than_the_header_keeps_them_joined_as_they_stood(tmp_path):
    table = read(tmp_path, "id,texto\n1,uno, y algo que no debe perderse\n2,dos\n3,tres,4,5\n")
    assert rows(table) == [
        {"id": "1", "texto": "uno, y algo que no debe perderse"},
        {"id": "2", "texto": "dos"},
        {"id": "3", "texto": "tres,4,5"},
    ]
    assert notes(table)["long_rows"] == {"count": 2, "rows": "1, 3"}


def test_a_row_with_fewer_cells_has_empty_ones(tmp_path):
    table = read(tmp_path, "id,texto\n1\n2,dos\n")
    assert rows(table)[0] == {"id": "1", "texto": ""}
    assert notes(table)["short_rows"] == {"count": 1, "rows": "1"}


def test_columns_without_a_name_or_with_the_same_one_stay_apart(tmp_path):
    table = read(tmp_path, "texto,texto ,\nuno,dos,tres\n")
    assert table.columns == ("texto", "texto (2)", "(3)")
    assert notes(table)["headers"] == {"count": 2}


def test_an_empty_cell_between_tabs_stays_in_its_place(tmp_path):
    assert rows(read(tmp_path, "a\tb\tc\n\t\tx\n", "a.tsv")) == [{"a": "", "b": "", "c": "x"}]


def test_a_verse_keeps_its_indent_inside_quotes(tmp_path):
    assert rows(read(tmp_path, 'n, texto\n1, "  uno\n    dos"\n'))[0]["texto"] == "  uno\n    dos"


def test_the_line_that_excel_puts_first_says_the_delimiter(tmp_path):
    assert rows(read(tmp_path, "sep=|\nid|texto\n1|uno, dos; tres\n")) == [{"id": "1", "texto": "uno, dos; tres"}]


def test_blank_lines_are_no_rows(tmp_path):
    assert len(read(tmp_path, "a,b\n\n1,2\n\n\n3,4\n")) == 2


@pytest.mark.parametrize("tail", ["", "\n", "\n5,seis\n"])
def test_a_quote_that_is_never_closed_is_said_with_its_line(tmp_path, tail):
    with pytest.raises(LessonError) as error:
        read(tmp_path, f'a,b\n1,dos\n2,"dos{tail}')
    assert (error.value.code, error.value.facts) == ("broken_csv", {"line": 3})


def test_a_quote_in_the_wrong_place_is_told_with_its_row(tmp_path):
    table = read(tmp_path, 'a,b\n1,"dos\n6,"siete"\n7,ocho\n8,"dijo "hola" y se fue"\n')
    assert rows(table)[0] == {"a": "1", "b": 'dos\n6,siete"'}
    assert rows(table)[1] == {"a": "7", "b": "ocho"}
    assert notes(table)["loose_quotes"] == {"count": 2, "rows": "1, 3"}


def test_a_cell_without_end_is_refused(tmp_path):
    with pytest.raises(LessonError, match="text_too_long"):
        read(tmp_path, f'a,b\n1,dijo "no\n2,"{"x" * (LONGEST_CELL + 1)}"\n')


def test_a_million_columns_are_refused(tmp_path):
    with pytest.raises(LessonError) as error:
        read(tmp_path, ",".join(f"c{n}" for n in range(1_000_000)) + "\n")
    assert error.value.facts == {"name": "a.csv", "columns": 1_000_000, "most": MOST_COLUMNS}


@pytest.mark.parametrize("text", ["El corazón está aquí.", "Árbol", "¿Mañana?", "pingüino y ñandú", "él"])
def test_a_short_old_export_keeps_its_accents(tmp_path, text):
    assert rows(read(tmp_path, f"título;texto\nuno;{text}\n".encode("latin-1")))[0]["texto"] == text


def test_a_file_broken_near_its_end_is_read_and_said_so(tmp_path):
    lines = "".join(f"{n},año {n}\n" for n in range(200_000))
    table = read(tmp_path, f"n,texto\n{lines}".encode() + b"200000,roto \xff aqu\xc3\xad\n")
    assert rows(table)[-1]["texto"] == "roto \ufffd aquí"
    assert notes(table)["replaced_characters"] == {"count": 1}


def test_a_record_separator_is_a_character_like_any_other(tmp_path):
    table = read(tmp_path, 'a,b\n1,uno\x1e\n\x1e\n2,"dos"" \x1e"\n\x1e')
    assert [row["a"] for row in rows(table)] == ["1", "\x1e", "2", "\x1e"]
    assert rows(table)[2]["b"] == 'dos" \x1e'


def test_a_delimiter_at_the_end_of_the_rows_is_no_part_of_the_text(tmp_path):
    table = read(tmp_path, "titulo,texto\nA,hola,\nB,chau,,\n")
    assert [row["texto"] for row in rows(table)] == ["hola", "chau"]
    assert notes(table) == {}


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("La luna sube, el mar espera\nEl gato duerme\nLlueve, llueve, y no para\n", "La luna sube, el mar espera"),
        ("La luna sube, el mar espera\nEl sol baja, la tarde llora\n", "La luna sube, el mar espera"),
        ("La luna sube y el mar espera", "La luna sube y el mar espera"),
        ("1,El poema dice,Borges\n2,Otro poema,Lorca\n", "1"),
        ("El poema dice;7,5\nOtro poema;10\n", "El poema dice"),
    ],
)
def test_a_first_row_that_is_a_text_or_has_a_number_above_numbers_is_no_header(tmp_path, content, first):
    table = read(tmp_path, content)
    assert "no_header" in notes(table)
    assert len(table) == len(content.splitlines())
    assert rows(table)[0]["(1)"] == first


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("2023,2024\nun texto,otro texto\n", ("2023", "2024")),
        ("pais,2023,2024\nAR,5,7\nUY,2,3\n", ("pais", "2023", "2024")),
        (" Poema \nLa luna sube, el mar espera\n", ("Poema",)),
        ("texto del poema\nLa luna, el mar\nEl sol, la tarde\n", ("texto del poema",)),
        ("Texto completo de cada poema\nuno\n", ("Texto completo de cada poema",)),
        ("¿Qué te gusta del río?\nel agua, los árboles\n", ("¿Qué te gusta del río?",)),
        ("frase\nLa luna, el mar\nEl sol, la tarde\n", ("frase",)),
        ("Nombre de la autora, Texto del poema\nAna, uno\nEva, dos\n", ("Nombre de la autora", "Texto del poema")),
        ("#,texto\n1,uno\n2,dos\n", ("#", "texto")),
        (",0\n0,uno\n1,dos\n", ("(1)", "0")),
    ],
)
def test_a_header_stays_a_header(tmp_path, content, columns):
    table = read(tmp_path, content)
    assert table.columns == columns
    assert not {"no_header", "title_rows"} & set(notes(table))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("cell", "text"), [("hola", "hola"), ('"dijo ""hola"""', 'dijo "hola"')]
)  # the quick way and the careful one
@pytest.mark.parametrize(
    ("above", "count"),
    [
        ("Mis poemas", 1),
        ("Mis poemas;;", 1),
        ("# Exportado el 3 de mayo; a mano;;", 1),
        ("Poemas, de 2023||# a mano", 2),
    ],
)
def test_titles_and_comments_above_the_header_are_passed_over(tmp_path, above, count, cell, text, end):
    lines = [*above.split("|"), "id;titulo;texto", f"1;A;{cell}", f"2;B;{cell}", "3;C"]
    table = read(tmp_path, end.join([*lines, *(f"{n};D;x" for n in range(20))]))
    assert table.columns == ("id", "titulo", "texto")
    assert rows(table)[0] == {"id": "1", "titulo": "A", "texto": text}
    assert notes(table)["title_rows"] == {"count": count}


def test_a_broken_quote_below_a_title_is_said_with_its_own_line(tmp_path):
    with pytest.raises(LessonError) as error:
        read(tmp_path, 'Mis poemas\n\nid;texto\n1;uno\n2;"dos\n' + "3;tres\n" * 3)
    assert error.value.facts == {"line": 5}


@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=15),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(deadline=None)
@example([("", "")], ",", "\n")
@example([("a", "\n"), ("", "")], ",", "\r\n")
def test_what_a_spreadsheet_writes_is_given_back_by_both_ways_of_reading(tmp_path_factory, cells, delimiter, end):
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    out.writerows([("uno", "dos"), *cells])
    path = tmp_path_factory.getbasetemp() / "given.csv"
    path.write_bytes(buffer.getvalue().encode())
    expected = [{"uno": a, "dos": b} for a, b in cells]
    assert rows(read_csv(path, Options(), no_progress)) == expected
    form = module.find_form(path, module.find_encoding(path))
    careful, said = module._read_any(path, form, no_progress)
    assert careful.slice(1).rename_columns(["uno", "dos"]).to_pylist() == expected
    assert said == []
    quick = module._read_regular(path, form, no_progress)
    assert quick is None or quick.to_pylist() == careful.to_pylist()


@given(st.binary(max_size=300) | st.text("ab,;\"\n\r\t '|á", max_size=60).map(str.encode))
@settings(deadline=None)
def test_no_bytes_give_anything_but_a_table_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    try:
        table = read_csv(path, Options(), no_progress)
    except LessonError:
        return
    assert all(column.null_count == 0 for column in table.data.columns)
