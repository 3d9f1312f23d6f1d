import random
import struct
import tempfile
import zipfile

import make_files as make
import pytest

from core.data import archive
from core.data.read_zip import read_several, read_zip
from core.data.table import Options, no_progress
from core.errors import LessonError

TEXTS = {"uno.txt": "verso a\nverso b\n\notra estrofa", "carpeta/dos.txt": "segundo\n\nfinal"}


def read(path, **options):
    return read_zip(path, Options(**options), no_progress)


def refused(path):
    with pytest.raises(LessonError) as caught:
        archive.check(path)
    return caught.value.code


def test_each_file_is_one_text_unless_she_divides_them(tmp_path):
    path = make.packed(tmp_path / "a.zip", TEXTS)
    table = read(path)
    assert table.data.to_pylist() == [{"text": text, "file": name} for name, text in TEXTS.items()]
    assert table.taken.pieces == "whole"
    assert table.offers["pieces"]["blank_line"] == 4
    assert len(read(path, pieces="blank_line")) == 4


def test_columns_are_united_and_a_column_called_file_is_kept(tmp_path):
    path = make.packed(tmp_path / "a.zip", {"a.csv": "text,file\nuno,x\ndos,y\n", "b.csv": "text,año\ntres,2020\n"})
    table = read(path)
    assert table.data.column("file").to_pylist() == ["a.csv", "a.csv", "b.csv"]
    assert table.data.column("file (2)").to_pylist() == ["x", "y", ""]
    assert table.data.column("año").to_pylist() == ["", "", "2020"]


def test_what_systems_leave_is_ignored_and_what_cannot_be_read_is_told(tmp_path):
    system = dict.fromkeys(["__MACOSX/uno.txt", ".DS_Store", "x/Thumbs.db", ".oculto.txt"], "basura")
    path = make.packed(tmp_path / "a.zip", TEXTS | system | {"foto.png": b"\x89PNG", "otro.zip": b"PK", "m.docx": "no"})
    table = read(path)
    assert len(table) == 2
    assert [(note.code, dict(note.facts)) for note in table.notes] == [
        ("zip_skipped", {"count": 3, "names": "foto.png, otro.zip, m.docx"})
    ]


def test_nothing_is_written_where_a_name_points(tmp_path, monkeypatch):
    (tmp_path / "t").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    path = make.packed(tmp_path / "a.zip", {"../../fuera.txt": "hola", "/raiz.txt": "chau", "c:\\d\\e.txt": "tres"})
    before = sorted(tmp_path.parent.rglob("*"))
    assert sorted(read(path).data.column("text").to_pylist()) == ["chau", "hola", "tres"]
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_names_written_by_other_systems_have_their_accents(tmp_path):
    path = make.packed(tmp_path / "a.zip", {"ni@o.txt": "uno", "otro.txt": "dos"})
    path.write_bytes(path.read_bytes().replace(b"ni@o", b"ni\xa4o"))
    assert read(path).data.column("file").to_pylist() == ["niño.txt", "otro.txt"]


def test_an_archive_with_nothing_to_read_says_so(tmp_path):
    assert make.outcome(read_zip, make.packed(tmp_path / "a.zip", {"a.png": "x", "b.exe": "x"})) == "empty_archive"
    assert make.outcome(read_zip, make.packed(tmp_path / "b.zip", {})) == "empty_archive"


def test_several_files_are_one_table(tmp_path):
    paths = [tmp_path / "a.txt", make.word(tmp_path / "b.docx", ["hola"]), make.packed(tmp_path / "c.zip", TEXTS)]
    paths[0].write_text("uno")
    table = read_several(paths, Options(), no_progress)
    assert table.data.column("file").to_pylist() == ["a.txt", "b.docx", *TEXTS]


def test_a_bomb_is_refused_by_its_ratio(tmp_path):
    assert refused(make.packed(tmp_path / "a.zip", {"a.txt": bytes(50_000_000)})) == "unpacks_too_big"


def test_a_declared_size_is_not_believed(tmp_path, monkeypatch):
    path = make.packed(tmp_path / "a.zip", {"a.txt": random.Random(0).randbytes(300_000)})
    content = path.read_bytes().replace(struct.pack("<I", 300_000), struct.pack("<I", 10))
    path.write_bytes(content)
    with zipfile.ZipFile(path) as packed:
        assert packed.infolist()[0].file_size == 10
    monkeypatch.setattr(archive, "MAX_UNPACKED", 200_000)
    assert refused(path) == "unpacks_too_big"


def test_too_many_members_and_passwords_and_overlaps_are_refused(tmp_path, monkeypatch):
    path = make.packed(tmp_path / "a.zip", TEXTS)
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    locked = tmp_path / "b.zip"
    locked.write_bytes(content[: central + 8] + b"\x01" + content[central + 9 :])
    assert refused(locked) == "encrypted_file"
    second = content.index(b"PK\x01\x02", central + 4)
    content[second + 42 : second + 46] = content[central + 42 : central + 46]
    (tmp_path / "c.zip").write_bytes(content)
    assert refused(tmp_path / "c.zip") == "broken_file"
    monkeypatch.setattr(archive, "MAX_MEMBERS", 1)
    assert refused(path) == "too_many_files"


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_archive_gives_a_table_or_an_error(seed, tmp_path):
    make.outcome(read_zip, make.mutated(make.packed(tmp_path / "a.zip", TEXTS), random.Random(seed)))


def test_files_that_call_their_only_column_otherwise_are_one_table(tmp_path):
    for name, content in (("a.csv", "poema\nuno\n"), ("b.csv", "texto\ndos\n"), ("c.txt", "tres")):
        (tmp_path / name).write_text(content)
    found = read_several([tmp_path / name for name in ("a.csv", "b.csv", "c.txt")], Options())
    assert found.data["text"].to_pylist() == ["uno", "dos", "tres"]
    assert not found.notes


def test_files_with_other_columns_say_which_are_missing_somewhere(tmp_path):
    (tmp_path / "a.csv").write_text("poema,autora\nuno,Ana\n")
    (tmp_path / "b.csv").write_text("texto,autora\ndos,Eva\n")
    found = read_several([tmp_path / "a.csv", tmp_path / "b.csv"], Options())
    assert [(note.code, note.facts["columns"]) for note in found.notes] == [("different_columns", "poema, texto")]
