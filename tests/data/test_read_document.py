import random
import re
import tempfile

import make_files as make
import pytest

from core.data import read_document as documents
from core.data.read_document import read_document, running_text
from core.data.table import Options, no_progress

BOOK = """# Uno

Verso uno\\
verso dos con nota[^1]

[^1]: Una nota.

# Dos

Otro texto, con ![foto](nada.png) y <script>alert(1)</script>.
"""


@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.epub", "a.rtf", "a.html", "a.htm"])
def test_headings_verses_and_accents_stay_and_notes_and_images_go(name, tmp_path):
    text, _ = running_text(make.pandoc(tmp_path / name, BOOK.replace("Otro", "Ñandú, otro")))
    assert "# Uno\n" in text
    assert "Verso uno\nverso dos con nota" in text
    assert "Ñandú" in text
    assert "nada.png" not in text or name == "a.rtf"  # pandoc writes a missing image's name into an RTF
    assert "[1]" not in text
    assert name == "a.rtf" or "Una nota" not in text


def test_a_poem_typed_a_paragraph_a_verse_is_a_poem(tmp_path):
    path = make.word(tmp_path / "a.docx", make.POEMS)
    table = read_document(path, Options(), no_progress)
    assert table.data.column("text").to_pylist() == [
        "\n".join(make.POEMS[:2]),
        "y el río\nse va",
        "última copla\nsin luz",
    ]
    assert {note.code: dict(note.facts) for note in table.notes} == {"verses": {"count": 6}}


def test_several_empty_paragraphs_are_told_apart_from_one(tmp_path):
    text, _ = running_text(
        make.word(tmp_path / "a.docx", ["uno", "dos", "", "tres", "cuatro", "", "", "cinco", "seis"])
    )
    assert text == "uno\ndos\n\ntres\ncuatro\n\n\ncinco\nseis\n"


def test_a_verse_and_an_empty_paragraph_each_time_is_double_spacing(tmp_path):
    lines = [part for n in range(12) for part in (f"verso {n}", *([""] * (2 if n % 4 == 3 else 1)))]
    text, _ = running_text(make.word(tmp_path / "a.docx", lines))
    assert text.startswith("verso 0\nverso 1\nverso 2\nverso 3\n\n")


def test_prose_keeps_its_paragraphs_apart(tmp_path):
    long = "Una oración de prosa que es bastante más larga que cualquier verso corriente, y que sigue. " * 3
    text, notes = running_text(make.word(tmp_path / "a.docx", [long, long, "", long, long]))
    assert text.count("\n\n") == 3
    assert notes == ()


@pytest.mark.parametrize("name", ["a.odt", "a.rtf", "a.html"])
def test_empty_paragraphs_count_in_other_formats_too(name, tmp_path):
    path = tmp_path / name
    if name == "a.rtf":
        path.write_bytes(rb"{\rtf1\ansi\ansicpg1252 uno\par dos\par\par tres ni\'f1o\par cuatro\par}")
    elif name == "a.html":
        path.write_text("<html><p>uno</p><p>dos</p><p>&nbsp;</p><p>tres niño</p><p>cuatro</p></html>", encoding="utf-8")
    else:
        make.pandoc(path, "uno\n\ndos\n\nVACIO\n\ntres niño\n\ncuatro")
        make.repacked(path, lambda n, c: (n, c.replace(b">VACIO</text:p>", b"></text:p>")))
    assert running_text(path)[0] == "uno\ndos\n\ntres niño\ncuatro\n"


def with_box(path, box):
    """A document of three paragraphs, the middle one with a box between its two words."""
    if path.suffix == ".docx":
        make.word(path, ["uno", "CAJA", "dos"])
        return make.repacked(path, lambda n, c: (n, c.replace(b"<w:t>CAJA</w:t></w:r>", _runs(box))))
    make.pandoc(path, "uno\n\nCAJA\n\ndos")
    return make.repacked(
        path, lambda n, c: (n, re.sub(rb">CAJA</text:p>", f">antes {box}después</text:p>".encode(), c))
    )


def _runs(box):
    return f"<w:t>antes </w:t></w:r><w:r>{box}</w:r><w:r><w:t>después</w:t></w:r>".encode()


_WORD_BOX = "<w:txbxContent><w:p><w:r><w:t>En la</w:t></w:r></w:p><w:p><w:r><w:t>caja</w:t></w:r></w:p></w:txbxContent>"
_OLD_SHAPE = (
    f'<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textbox>{_WORD_BOX}</v:textbox></v:shape></w:pict>'
)
_NEW_SHAPE = (
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="wps"><w:drawing><wps:txbx xmlns:wps="http://schemas.microsoft.com/office/word/2010/'
    f'wordprocessingShape">{_WORD_BOX}</wps:txbx></w:drawing></mc:Choice><mc:Fallback>{_OLD_SHAPE}</mc:Fallback>'
    "</mc:AlternateContent>"
)
_LINES = "<text:p>En la</text:p><text:p>caja</text:p>"


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("a.docx", _OLD_SHAPE),
        ("a.docx", _NEW_SHAPE),
        ("a.odt", f"<draw:frame><draw:text-box>{_LINES}</draw:text-box></draw:frame>"),
        ("a.odt", f"<draw:custom-shape>{_LINES}<draw:enhanced-geometry/></draw:custom-shape>"),
    ],
    ids=["old Word", "Word", "frame", "shape"],
)
def test_what_stands_in_a_text_box_comes_once_after_its_paragraph(name, box, tmp_path):
    text, notes = running_text(with_box(tmp_path / name, box))
    assert text == "uno\n\nantes después\n\nEn la\n\ncaja\n\ndos\n"
    assert notes == ()


def test_a_box_in_a_box_stays_after_the_line_that_it_hangs_from(tmp_path):
    inner = "<draw:frame><draw:text-box><text:p>adentro</text:p></draw:text-box></draw:frame>"
    outer = (
        f"<draw:frame><draw:text-box><text:p>caja{inner}</text:p><text:p>sigue</text:p></draw:text-box></draw:frame>"
    )
    text, _ = running_text(with_box(tmp_path / "a.odt", outer))
    assert text == "uno\n\nantes después\n\ncaja\n\nadentro\n\nsigue\n\ndos\n"


def test_a_box_without_text_changes_nothing(tmp_path):
    box = "<draw:custom-shape><text:p/><draw:enhanced-geometry/></draw:custom-shape>"
    assert running_text(with_box(tmp_path / "a.odt", box))[0] == "uno\n\nantes después\n\ndos\n"


def test_html_in_the_encoding_it_declares_without_scripts_or_contents(tmp_path):
    path = tmp_path / "a.html"
    path.write_bytes(
        '<html><head><meta charset="iso-8859-1"><title>No</title></head><body><div id="toc"><p>Índice</p>'
        '</div><ul><li><a href="#a">Ir</a></li></ul><p>Niño</p><style>p{}</style><script>mal()</script></html>'.encode(
            "latin-1"
        )
    )
    assert running_text(path)[0] == "Niño\n"


def test_what_cannot_be_read_says_why(tmp_path):
    plain = tmp_path / "plano.docx"
    plain.write_text("hola, soy un texto")
    old = tmp_path / "viejo.docx"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument\0".encode("utf-16-le"))
    locked = tmp_path / "clave.docx"
    locked.write_bytes(old.read_bytes()[:512] + "EncryptedPackage\0".encode("utf-16-le"))
    cut = make.word(tmp_path / "cortado.docx", ["hola"] * 200)
    cut.write_bytes(cut.read_bytes()[:4000])
    odt = make.pandoc(tmp_path / "clave.odt", "hola")
    make.repacked(odt, lambda n, c: (n, b"<x><manifest:encryption-data/></x>" if n.endswith("manifest.xml") else c))
    found = [make.outcome(read_document, path) for path in (plain, old, locked, cut, odt)]
    assert found == ["misnamed_file", "misnamed_file", "encrypted_file", "broken_file", "encrypted_file"]
    assert make.outcome(read_document, make.word(tmp_path / "vacio.docx", [""])) == "empty_file"


def test_a_document_of_another_kind_under_a_known_name_is_read(tmp_path):
    path = make.pandoc(tmp_path / "a.odt", "hola").rename(tmp_path / "a.docx")
    assert running_text(path)[0] == "hola\n"


def test_a_document_that_takes_too_long_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "_SECONDS", 0.0001)
    assert make.outcome(read_document, make.word(tmp_path / "a.docx", ["hola"])) == "document_too_heavy"


def test_no_temporary_folder_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    running_text(make.word(tmp_path / "a.docx", ["hola"]))
    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("name", ["a.docx", "a.odt", "a.epub", "a.rtf", "a.html"])
def test_a_damaged_document_gives_a_table_or_an_error(name, seed, tmp_path):
    make.outcome(read_document, make.mutated(make.pandoc(tmp_path / name, BOOK), random.Random(seed)))


@pytest.mark.parametrize("pieces", ["whole", "blank_line", "line"])
def test_the_marks_of_headings_are_no_part_of_any_text(pieces, tmp_path):
    path = make.pandoc(tmp_path / "a.docx", "# La casa\n\nuno\n\n## El patio\n\ndos")
    texts = read_document(path, Options(pieces=pieces), no_progress).data["text"].to_pylist()
    assert "#" not in "".join(texts)
    assert "La casa" in "".join(texts)


def test_titles_that_stand_apart_are_told(tmp_path):
    path = make.pandoc(tmp_path / "a.docx", "".join(f"# T{n}\n\nverso {n}\n\n" for n in range(4)))
    found = read_document(path, Options(), no_progress)
    assert found.data["title"].to_pylist() == ["T0", "T1", "T2", "T3"]
    assert "titles_apart" in {note.code for note in found.notes}
