"""Makes real files of each format, for the readers' tests."""

import io
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import docx
import fpdf
import openpyxl
import pypandoc

from core.data.table import Options, Table, no_progress
from core.errors import LessonError

POEMS = ["Niño, el corazón", "dice: «mañana»", "", "y el río", "se va", "", "última copla", "sin luz"]


def outcome(reader, path: Path, **options: str) -> Table | str:
    """What a reader answers: a table, or the code of its LessonError."""
    try:
        found = reader(path, Options(**options), no_progress)
    except LessonError as error:
        assert error.facts["name"] == path.name  # noqa: PT017
        return error.code
    columns = found.data.columns
    assert all(column.null_count == 0 and str(column.type) in ("string", "large_string") for column in columns)
    return found


def word(path: Path, paragraphs: Sequence[str]) -> Path:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(str(path))
    return path


def pandoc(path: Path, markdown: str) -> Path:
    command = [pypandoc.get_pandoc_path(), "-f", "markdown", "-s", "-o", str(path)]
    subprocess.run(command, input=markdown.encode(), check=True, capture_output=True)
    return path


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def ods(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ["<table:table-row>" + "".join(map(cell.format, row)) + "</table:table-row>" for row in rows]
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Hoja">{"".join(lines)}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    return packed(path, {"mimetype": mime, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"})


def pdf(path: Path, pages: Sequence[str], edges: bool = False, password: str = "") -> Path:
    made = fpdf.FPDF()
    made.set_auto_page_break(False)
    made.set_font("Helvetica", size=12)
    if password:
        made.set_encryption(owner_password="otra", user_password=password)
    for number, page in enumerate(pages, start=1):
        made.add_page()
        if edges:
            made.set_y(8)
            made.cell(0, 5, "Antología de la isla")
            made.set_y(-12)
            made.cell(0, 5, f"Página {number}")
        made.set_y(30)
        for line in page.split("\n"):
            made.cell(0, 6, line, new_x="LMARGIN", new_y="NEXT")
    made.output(str(path))
    return path


def packed(path: Path, members: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def repacked(path: Path, change) -> Path:
    """Writes the ZIP again, each member as `change(name, content)` answers it; None leaves it out."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old:
        members = [change(name, old.read(name)) for name in old.namelist()]
    return packed(path, dict(member for member in members if member))


def mutated(path: Path, random) -> Path:
    """Changes, cuts or doubles some bytes."""
    content = bytearray(path.read_bytes())
    for _ in range(random.randint(1, 12)):
        content[random.randrange(len(content))] = random.randrange(256)
    if random.random() < 0.3:
        del content[random.randrange(len(content)) :]
    path.write_bytes(content or b"x")
    return path
