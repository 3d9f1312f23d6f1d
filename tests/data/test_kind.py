"""What a file is by its content: a text that begins as something else does stays a text."""

import make_files as make
import pytest

from core.data.kind import kind_of, no_text
from core.data.read_text import read_text

LOCKED = "EncryptedPackage\0".encode("utf-16-le")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize("start", ["ID3 no es una canción", "PK, dijo", "GIF8", "RIFF RAFF", "%PDF", "una <html>"])
def test_a_text_that_begins_as_another_format_does_is_a_text(tmp_path, start):
    path = tmp_path / "a.txt"
    path.write_text(start, encoding="utf-8")
    assert no_text(path) == ""
    assert make.outcome(read_text, path).data.to_pylist() == [{"text": start}]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", ".pdf"),
        (b"{\\rtf1 uno}", ".rtf"),
        (b"GIF89a\x01\x00", ".gif"),
        (b"PAR1\x15\x04", ".parquet"),
        (b"PK\x03\x04 cortado", ".zip"),
        (OLE + "Workbook\0".encode("utf-16-le"), ".xls"),
        (OLE + LOCKED, "encrypted"),
        (b"<?xml version='1.0'?>", ".xml"),
        (b"<!DOCTYPE html>", ".html"),
        (b"uno\ndos", ".txt"),
        (b"\x00\x01", ""),
    ],
)
def test_the_first_bytes_tell(tmp_path, content, kind):
    (tmp_path / "a").write_bytes(content)
    assert kind_of(tmp_path / "a") == kind


def test_a_packed_file_is_told_by_its_parts(tmp_path):
    assert kind_of(make.word(tmp_path / "a.txt", ["hola"])) == ".docx"
    assert kind_of(make.workbook(tmp_path / "b.txt", {"Hoja": [["a"]]})) == ".xlsx"
    assert kind_of(make.packed(tmp_path / "c.txt", {"a.txt": "x"})) == ".zip"


@pytest.mark.parametrize(("content", "code"), [(b"GIF89a\x01\x00", "misnamed_file"), (OLE + LOCKED, "encrypted_file")])
def test_what_is_no_text_is_refused_by_name_where_a_text_was_meant(tmp_path, content, code):
    (tmp_path / "a.txt").write_bytes(content)
    assert make.outcome(read_text, tmp_path / "a.txt") == code
