import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data import stages
from core.data.columns import guess_columns
from core.data.read import read_content
from core.data.table import rows
from core.errors import LessonError
from core.tasks import TASKS

POEM = "Niño, el corazón\ndice: «mañana»"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_spreadsheet_export_is_read_whatever_its_encoding_and_line_ends(encoding, end):
    rows = [f'{n};"Niño {n}; el corazón dice: ¿mañana?"' for n in range(20)]
    content = end.join([" id ; Texto  ", *rows]).encode(encoding)
    table = read_content(content, "poemas.csv")
    assert table.columns == ("id", "Texto")
    assert table.rows[3]["Texto"] == "Niño 3; el corazón dice: ¿mañana?"


def test_line_breaks_inside_quotes_stay():
    table = read_content(f'texto,autora\n"{POEM}",Ana\n'.encode(), "a.csv")
    assert table.rows == [{"texto": POEM, "autora": "Ana"}]


def test_nothing_is_guessed_to_be_a_number_or_missing():
    assert read_content(b"text\n007\nNA\nnull\n", "a.csv").rows == [{"text": "007"}, {"text": "NA"}, {"text": "null"}]


def test_json_lines_may_be_strings_or_objects_with_gaps():
    table = read_content(b'"uno"\n\n{"text": "dos", "n": 2}\n{"text": null}\n', "a.jsonl")
    assert table.columns == ("text", "n")
    assert table.rows == [{"text": "uno", "n": ""}, {"text": "dos", "n": "2"}, {"text": "", "n": ""}]


def test_plain_text_is_split_at_blank_lines_and_keeps_its_verses():
    assert [row["text"] for row in read_content(f"{POEM}\n\n \n\nOtro\n  con sangría\n".encode(), "a.txt").rows] == [
        POEM,
        "Otro\n  con sangría",
    ]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "empty_file"),
        (b"  \n ", "a.txt", "empty_file"),
        (b"text\n", "a.csv", "empty_file"),
        (bytes(range(256)) * 20, "a.csv", "binary_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a.csv", "binary_file"),
        (b"a,b\n1,2\n1,2,3,4\n", "a.csv", "broken_csv"),
        (b'{"text": ', "a.jsonl", "broken_json"),
        (b"x", "a.exe", "unknown_format"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_words(content, name, code):
    with pytest.raises(LessonError) as error:
        read_content(content, name)
    assert error.value.code == code


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.tsv", "a.jsonl", "a.txt", "a.md"]))
def test_no_bytes_give_anything_but_a_table_or_a_sentence(content, name):
    try:
        assert read_content(content, name).rows
    except LessonError:
        pass


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))), min_size=1))
def test_json_lines_give_back_what_was_written(texts):
    content = "\n".join(json.dumps({"text": text}) for text in texts).encode()
    assert [row["text"] for row in read_content(content, "a.jsonl").rows] == texts


def test_columns_are_guessed_by_name_then_by_length_each_with_a_reason():
    named = read_content(b"n,Resumen,Cuerpo\n1,corto,un texto largo de verdad\n", "a.csv")
    chosen = guess_columns(named, TASKS["summarize"])
    assert {name: choice.value for name, choice in chosen.items()} == {"text": "Cuerpo", "summary": "Resumen"}
    unnamed = read_content(b"a,b\n1,un texto largo\n", "a.csv")
    assert guess_columns(unnamed, TASKS["write"])["text"].value == "b"
    assert guess_columns(unnamed, TASKS["write"])["text"].reason == "column.by_length"


def test_an_upload_that_cannot_be_read_leaves_the_project_as_it_was(new_project):
    project = new_project()
    stages.keep_upload(project, b"text\nuno\n", "a.csv")
    with pytest.raises(LessonError):
        stages.keep_upload(project, b"\x00", "b.csv")
    assert stages.kept_source(project).table.rows == [{"text": "uno"}]


def test_a_hostile_file_name_stays_inside_the_project(new_project):
    project = new_project()
    stages.keep_upload(project, b"uno\n\ndos", "../../../evil.txt")
    assert [path.name for path in (project.folder / "source").iterdir()] == ["evil.txt"]


def test_in_a_file_of_one_column_commas_belong_to_the_text():
    table = read_content(b'texto\nHola, mundo, otra vez\n"Chau, mundo"\n', "a.csv")
    assert table.rows == [{"texto": "Hola, mundo, otra vez"}, {"texto": "Chau, mundo"}]
    assert table.notes == ()


def test_a_row_with_more_cells_than_the_header_is_refused_rather_than_cut():
    with pytest.raises(LessonError) as error:
        read_content(b"id,texto\n1,uno, y algo que no debe perderse\n2,dos\n", "a.csv")
    assert (error.value.code, error.value.facts) == ("broken_csv", {"line": 2})


def test_a_row_with_fewer_cells_has_empty_ones():
    assert read_content(b"id,texto\n1\n", "a.csv").rows == [{"id": "1", "texto": ""}]


def test_columns_without_a_name_or_with_the_same_one_stay_apart():
    table = read_content(b"texto,texto ,\nuno,dos,tres\n", "a.csv")
    assert table.columns == ("texto", "texto (2)", "(3)")
    assert table.rows == [{"texto": "uno", "texto (2)": "dos", "(3)": "tres"}]


def test_an_empty_cell_between_tabs_stays_in_its_place():
    assert read_content(b"a\tb\tc\n\t\tx\n", "a.tsv").rows == [{"a": "", "b": "", "c": "x"}]


def test_a_verse_keeps_its_indent_inside_quotes():
    assert read_content(b'n, texto\n1, "  uno\n    dos"\n', "a.csv").rows[0]["texto"] == "  uno\n    dos"


@pytest.mark.parametrize("text", ["El corazón está aquí.", "Árbol", "¿Mañana?", "pingüino y ñandú", "él"])
def test_a_short_old_export_keeps_its_accents(text):
    assert read_content(f"título;texto\nuno;{text}\n".encode("latin-1"), "a.csv").rows[0]["texto"] == text


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_only_a_line_break_ends_a_json_line(mark):
    content = json.dumps({"text": f"uno{mark}dos"}, ensure_ascii=False).encode()
    assert read_content(content, "a.jsonl").rows == [{"text": f"uno{mark}dos"}]


def test_half_an_emoji_is_read_as_a_mark_that_can_be_kept(new_project):
    project = new_project()
    stages.load_texts(project, stages.keep_upload(project, rb'{"text": "luna \ud83c"}', "a.jsonl"))
    assert rows(project.texts / "rows") == [{"row": 1, "text": "luna \ufffd"}]
