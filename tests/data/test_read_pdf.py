import random

import make_files as make
import pytest

from core.data import read_pdf as pdfs
from core.data.read_pdf import read_pdf
from core.data.table import Options, no_progress

POEM = "Niño, el corazón\ndice: mañana\n\ny el río\nse va"
PROSE = [
    "Había una vez una isla en el río donde vivía una mujer que hablaba con las co-",
    "sas de la casa, con las ollas y con las sillas, y también con el perro del vecino,",
    "que la escuchaba sin entender del todo, aunque moviendo la cola cada tanto, y así",
    "pasaban los días.",
]


def read(path):
    return read_pdf(path, Options(pieces="whole"), no_progress)


def test_verses_and_stanzas_stay(tmp_path):
    assert read(make.pdf(tmp_path / "a.pdf", [POEM])).data.column("text").to_pylist() == [POEM]


def test_cut_words_are_whole_again_in_prose_only(tmp_path):
    text = read(make.pdf(tmp_path / "a.pdf", ["\n".join(PROSE)])).data.column("text")[0].as_py()
    assert "las cosas\nde la casa" in text
    verse = read(make.pdf(tmp_path / "b.pdf", ["luz mar-\nina\nde la tarde que cae lenta\nsobre"]))
    assert "mar-\nina" in verse.data.column("text")[0].as_py()


def test_what_repeats_at_the_edges_goes_and_is_counted(tmp_path):
    table = read(make.pdf(tmp_path / "a.pdf", [f"{POEM}\n{word}" for word in ("sol", "mar", "sal", "pan")], edges=True))
    text = table.data.column("text")[0].as_py()
    assert "Antología" not in text
    assert "Página" not in text
    assert text.count("Niño") == 4
    assert [(note.code, dict(note.facts)) for note in table.notes] == [
        ("page_edges", {"count": 8, "example": "Antología de la isla"})
    ]


def with_tops(path, tops):
    pages = [f"{top}\n\n{POEM}\n{word}" for top, word in zip(tops, ("sol", "mar", "sal", "pan"), strict=True)]
    return read(make.pdf(path, pages, edges=True))


def test_a_numbered_title_on_each_page_is_no_page_edge(tmp_path):
    table = with_tops(tmp_path / "a.pdf", [f"Canto {n}" for n in (1, 2, 3, 4)])
    text = table.data.column("text")[0].as_py()
    assert [text.count(f"Canto {n}") for n in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert "Página" not in text
    assert "Antología" not in text


@pytest.mark.parametrize("top", ["{}", "- {} -", "pág. {}", "Página {} / 4", "Antología de la isla {}", "Isla 7"])
def test_page_numbers_and_running_headers_at_the_top_go(top, tmp_path):
    table = with_tops(tmp_path / "a.pdf", [top.format(n) for n in (1, 2, 3, 4)])
    assert table.data.column("text")[0].as_py().startswith("Niño")
    assert dict(table.notes[0].facts)["count"] == 12


def test_what_cannot_be_read_says_why(tmp_path, monkeypatch):
    assert make.outcome(read_pdf, make.pdf(tmp_path / "a.pdf", ["hola"], password="clave")) == "encrypted_file"
    assert make.outcome(read_pdf, make.pdf(tmp_path / "b.pdf", ["", "", "x"])) == "scanned_pdf"
    assert make.outcome(read_pdf, make.word(tmp_path / "c.pdf", ["x"])) == "misnamed_file"
    (tmp_path / "d.pdf").write_bytes(b"%PDF-1.7\nnada")
    assert make.outcome(read_pdf, tmp_path / "d.pdf") == "broken_file"
    monkeypatch.setattr(pdfs, "MAX_PAGES", 2)
    assert make.outcome(read_pdf, make.pdf(tmp_path / "e.pdf", ["x"] * 3)) == "too_many_pages"


def test_a_page_without_text_among_others_is_told(tmp_path):
    table = read(make.pdf(tmp_path / "a.pdf", [POEM, "", POEM]))
    assert ("pages_without_text", {"count": 1}) in [(note.code, dict(note.facts)) for note in table.notes]


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_pdf_gives_a_table_or_an_error(seed, tmp_path):
    make.outcome(read_pdf, make.mutated(make.pdf(tmp_path / "a.pdf", [POEM] * 3), random.Random(seed)))


def test_a_poem_on_each_page_is_a_text_and_prose_that_runs_on_is_not(tmp_path):
    poems = [
        "La luna\n\nsube\npor la escalera\n\ny no baja",
        "El pan\n\nsabe a horno y a domingo",
        "Carta\n\nquerida tía\nacá llueve\ny el gato mira\n\nun beso",
        "La mesa\n\ntiene cuatro patas\ny una ausencia",
    ]
    found = read_pdf(make.pdf(tmp_path / "poemas.pdf", poems), Options(), no_progress)
    assert (found.taken.pieces, len(found)) == ("page", 4)
    assert found.data["text"][0].as_py() == poems[0]
    line = "y la historia sigue sin parar hasta llegar al borde de la hoja donde dobla"
    prose = ["\n".join([line] * 6)] * 4
    found = read_pdf(make.pdf(tmp_path / "prosa.pdf", prose), Options(), no_progress)
    assert found.taken.pieces != "page"
    assert found.offers["pieces"]["page"] == 4
