import datetime
import random
import re

import make_files as make
import openpyxl
import pytest
import xlwt

from core.data.read_sheet import as_read, read_sheet
from core.data.table import Options, no_progress

ROWS = [["Título", "Poema"], ["Uno", "Niño,\nel río"], ["Dos", "<script>alert(1)</script>"]]


def read(path, **options):
    return read_sheet(path, Options(**options), no_progress)


def codes(table):
    return {note.code: dict(note.facts) for note in table.notes}


def xls(path, rows):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            sheet.write(y, x, cell)
    book.save(str(path))
    return path


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.ods", "a.xls"])
def test_every_kind_of_workbook_gives_its_texts_as_they_are(name, tmp_path):
    makers = {".ods": make.ods, ".xls": xls}
    path = tmp_path / name
    if path.suffix in makers:
        makers[path.suffix](
            path, [[cell.replace("<", "&lt;") if name == "a.ods" else cell for cell in r] for r in ROWS]
        )
    else:
        make.workbook(path, {"Hoja": ROWS})
    table = read(path)
    assert table.columns == ("Título", "Poema")
    assert table.data.column("Poema").to_pylist()[1] == ROWS[2][1]
    assert table.taken.sheet == "Hoja"
    assert table.notes == ()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (7.0, "7"), (7.5, "7.5"), (0.1 + 0.2, "0.3"), (1e20, "1e+20"), (True, "TRUE"), (None, ""), ("007", "007"),
        (datetime.date(2020, 1, 2), "2020-01-02"), (datetime.datetime.fromisoformat("2020-01-02"), "2020-01-02"),
        (datetime.datetime.fromisoformat("2020-01-02T03:04"), "2020-01-02 03:04:00"),
        (datetime.timedelta(hours=30), "30:00:00"),
        (datetime.time(3, 4), "03:04:00"), ("a\r\nb", "a\nb"), ("\ud800", "?"),
    ],
)  # fmt: skip
def test_a_cell_reads_as_a_person_reads_it(cell, said):
    assert as_read(cell) == said


def test_the_sheet_with_most_text_is_taken_and_another_may_be_chosen(tmp_path):
    path = make.workbook(tmp_path / "a.xlsx", {"Índice": [["n"], ["1"]], "Poemas": ROWS, "Vacía": []})
    table = read(path)
    assert table.offers == {"sheet": {"Índice": 1, "Poemas": 2}}
    assert table.taken.sheet == "Poemas"
    assert read(path, sheet="Índice").columns == ("n",)
    assert read(path, sheet="no está").taken.sheet == "Poemas"


def test_titles_above_the_header_are_passed_over_and_told(tmp_path):
    rows = [["Mis poemas de 2020"], [], ["Título", "Poema", "Año"], ["Uno", "verso", 2020], [], ["Dos", "otro", 2021]]
    table = read(make.workbook(tmp_path / "a.xlsx", {"Hoja": rows}))
    assert table.columns == ("Título", "Poema", "Año")
    assert table.data.to_pylist()[1] == {"Título": "Dos", "Poema": "otro", "Año": "2021"}
    assert codes(table) == {"title_rows": {"count": 1}}


def test_blank_repeated_and_padded_headers_get_names_and_empty_columns_go(tmp_path):
    rows = [[" a ", None, "a", "vacía", None], ["1", "2", "3", None, None], ["4", "5", "6", None, None]]
    rows[0][3] = None
    table = read(make.workbook(tmp_path / "a.xlsx", {"Hoja": rows}))
    assert len(set(table.columns)) == 3
    assert table.columns[0] == "a"
    assert codes(table)["headers"] == {"count": 2}


def test_a_sheet_without_header_loses_no_row(tmp_path):
    rows = [[f"Un texto muy largo, que no puede ser el nombre de una columna, {'y sigue ' * 12}"] for _ in range(4)]
    table = read(make.workbook(tmp_path / "a.xlsx", {"Hoja": rows}))
    assert len(table) == 4
    assert "no_header" in codes(table)


VERSES = ["Verde que te quiero verde", "Verde viento, verdes ramas", "El barco sobre la mar", "y el caballo"]


def test_a_lone_column_of_verses_keeps_its_first_verse(tmp_path):
    table = read(make.workbook(tmp_path / "a.xlsx", {"Hoja": [[verse] for verse in VERSES]}))
    assert table.data.column(0).to_pylist() == VERSES
    assert "no_header" in codes(table)


def test_a_row_with_a_number_over_numbers_is_no_header_even_where_numbers_are_text(tmp_path):
    rows = [["1", "Verde que te quiero verde"], ["2", "Verde viento"], ["3", "El barco"]]
    table = read(make.workbook(tmp_path / "a.xlsx", {"Hoja": rows}))
    assert table.data.column(1).to_pylist() == [row[1] for row in rows]
    assert "no_header" in codes(table)


@pytest.mark.parametrize(
    "header",
    [["texto"], ["Poema"], ["texto del poema"], ["Mis versos"], ["autora", "título", "texto"], ["2019", "poema"]],
    ids=" ".join,
)
def test_a_real_header_stays_one(header, tmp_path):
    rows = [header, *([verse] * len(header) for verse in VERSES)]
    table = read(make.workbook(tmp_path / "a.xlsx", {"Hoja": rows}))
    assert table.columns == tuple(header)
    assert table.notes == ()


def merged_xlsx(path, rows, ranges):
    book = openpyxl.load_workbook(make.workbook(path, {"Hoja": rows}))
    for where in ranges:
        book["Hoja"].merge_cells(where)
    book.save(path)
    return path


def merged_xls(path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja")
    for y, row in enumerate([["libro", "poema"], *([None, verse] for verse in VERSES)]):
        sheet.write(y + 3, 3, row[1])
    sheet.write(3, 2, "libro")
    sheet.write_merge(4, 6, 2, 2, "Romancero")
    sheet.write(7, 2, "Otro")
    book.save(str(path))
    return path


def test_a_book_named_in_merged_cells_is_in_each_of_its_rows(tmp_path):
    rows = [[], [None, "libro", "poema"], *([None, None, verse] for verse in VERSES)]
    rows[2][1], rows[5][1] = "Romancero", "Otro"
    books = ["Romancero", "Romancero", "Romancero", "Otro"]
    table = read(merged_xlsx(tmp_path / "a.xlsx", rows, ["B3:B5"]))
    assert table.data.to_pydict() == {"libro": books, "poema": VERSES}
    assert read(merged_xls(tmp_path / "a.xls")).data.to_pydict() == {"libro": books, "poema": VERSES}


def test_a_text_in_merged_cells_and_rows_that_only_give_it_room_are_not_doubled(tmp_path):
    long = "Un poema que ocupa varias filas " * 5
    rows = [["título", "poema", "nota"], ["Uno", long, "a"], [None, None, "b"], [], ["Dos", "corto", "c"]]
    table = read(merged_xlsx(tmp_path / "a.xlsx", rows, ["A2:A4", "B2:B4"]))
    assert table.data.column("título").to_pylist() == ["Uno", "Uno", "Dos"]
    assert table.data.column("poema").to_pylist() == [long, "", "corto"]


def test_hidden_sheets_with_text_are_told_by_name(tmp_path):
    path = make.workbook(tmp_path / "a.xlsx", {"Hoja": ROWS, "Vacía": [], **{f"Oculta {n}": ROWS for n in range(6)}})
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:]:
        sheet.sheet_state = "hidden"
    book.save(path)
    table = read(path)
    names = "Oculta 0, Oculta 1, Oculta 2, Oculta 3, Oculta 4, …"
    assert codes(table) == {"hidden_sheets": {"count": 6, "names": names}}
    assert table.offers == {}
    assert read(path, sheet="Oculta 1").taken.sheet == "Hoja"


def test_line_breaks_and_tabs_inside_an_ods_cell_part_its_words(tmp_path):
    broken = "<text:span>uno<text:line-break/>dos</text:span><text:tab></text:tab>tres"
    table = read(make.ods(tmp_path / "a.ods", [["título", "texto"], ["a", broken], ["b", "cuatro"]]))
    assert table.data.column("texto").to_pylist() == ["uno\ndos\ttres", "cuatro"]


FAR = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>z</t></is></c></row></sheetData>'


def test_two_cells_at_the_ends_of_a_sheet_are_refused_before_the_library_makes_room(tmp_path):
    path = make.workbook(tmp_path / "a.xlsx", {"Hoja": ROWS})
    make.repacked(path, lambda n, c: (n, c.replace(b"</sheetData>", FAR)))
    assert make.outcome(read_sheet, path) == "unpacks_too_big"


def test_far_cells_with_a_colour_and_nothing_else_do_not_count(tmp_path):
    path = make.workbook(tmp_path / "a.xlsx", {"Hoja": ROWS})
    far = b'<row r="1048576" ht="12.8" customFormat="false"><c r="XFD1048576" s="1"/></row></sheetData>'
    make.repacked(path, lambda n, c: (n, c.replace(b"</sheetData>", far)))
    assert len(read(path)) == 2


def test_a_far_cell_is_seen_wherever_a_block_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("core.data.archive._BLOCK", 7)
    path = make.workbook(tmp_path / "a.xlsx", {"Hoja": ROWS})
    make.repacked(path, lambda n, c: (n, c.replace(b"</sheetData>", FAR)))
    assert make.outcome(read_sheet, path) == "unpacks_too_big"


@pytest.mark.parametrize(
    "change",
    [
        lambda n, c: (n, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:ZZZ9"', c)),
        lambda n, c: None if "styles" in n else (n, c),
        lambda n, c: (n.replace("sharedStrings", "sharedstrings"), c),
    ],
    ids=["bad dimension", "no styles", "lower-case shared strings"],
)
def test_what_strict_readers_refuse_is_read(change, tmp_path):
    path = make.repacked(make.workbook(tmp_path / "a.xlsx", {"Hoja": ROWS}), change)
    assert len(read(path)) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Título,Poema\nUno,verso\nDos,otro\n", "CSV"),
        ("<html><table><tr><th>Título<th>Poema<tr><td>Uno<td>verso<tr><td>Dos</td><td>otro</td></table>", "HTML"),
        (
            '<?xml version="1.0"?><Workbook xmlns:ss="x"><Worksheet ss:Name="H"><Table><Row><Cell><Data>Título</Data>'
            "</Cell><Cell><Data>Poema</Data></Cell></Row><Row><Cell><Data>Uno</Data></Cell><Cell><Data>verso</Data>"
            "</Cell></Row><Row><Cell><Data>Dos</Data></Cell><Cell><Data>otro</Data></Cell></Row></Table></Worksheet>"
            "</Workbook>",
            "XML",
        ),
    ],
)
def test_a_table_of_another_kind_called_xls_is_read_and_told(content, said, tmp_path):
    path = tmp_path / "a.xls"
    path.write_text(content, encoding="utf-8")
    table = read(path)
    assert table.data.to_pylist()[1] == {"Título": "Dos", "Poema": "otro"}
    assert codes(table)["not_a_workbook"] == {"format": said}


def test_what_cannot_be_read_says_why(tmp_path):
    path = make.workbook(tmp_path / "a.xlsx", {"Hoja": ROWS})
    path.write_bytes(path.read_bytes()[:3000])
    assert make.outcome(read_sheet, path) == "broken_file"
    assert make.outcome(read_sheet, make.word(tmp_path / "b.xlsx", ["x"])) == "misnamed_file"
    assert make.outcome(read_sheet, make.workbook(tmp_path / "c.xlsx", {"Hoja": []})) == "empty_file"
    wide = make.workbook(tmp_path / "d.xlsx", {"Hoja": [["x"] * 1001, ["y"] * 1001]})
    assert make.outcome(read_sheet, wide) == "too_many_columns"
    locked = tmp_path / "e.xlsx"
    locked.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage\0".encode("utf-16-le"))
    assert make.outcome(read_sheet, locked) == "encrypted_file"


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.xls"])
def test_a_damaged_workbook_gives_a_table_or_an_error(name, seed, tmp_path):
    maker = {"a.ods": make.ods, "a.xls": xls}.get(name, lambda path, rows: make.workbook(path, {"Hoja": rows}))
    path = maker(tmp_path / name, [["a", "b"], ["uno", "dos"], ["tres", "cuatro"]])
    make.outcome(read_sheet, make.mutated(path, random.Random(seed)))
