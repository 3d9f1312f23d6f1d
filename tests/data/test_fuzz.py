"""Whatever a file holds, its reader answers a table or a LessonError: thousands of made and damaged files, seeded."""

import io
import json
import multiprocessing
import random
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import make_files as make
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from core.data.read import READERS, read
from core.errors import LessonError

SEED = 20261124
# How many files of each format: those that another program must convert take longer.
CASES = {
    **dict.fromkeys(("csv", "json", "jsonl", "txt", "md", "tsv"), 230),
    **dict.fromkeys(("xlsx", "ods", "xls", "parquet", "arrow", "feather", "pdf", "zip"), 90),
    **dict.fromkeys(("docx", "odt", "epub", "rtf", "html"), 40),
}
MOST_SECONDS = 20  # for one small file, on a machine that does other things too

ODD = ["", " ", "\0", "\x1a", "﻿", "\r", "\n", "\r\n", "\t", ";", ",", '"', "'", '""', "|", "#", "---", "***", "\\"]
ODD += ["ñ", "¿", "é", "Ã±", "🌊", "👩🏽‍🚀", "ｱ", "\u2028", "\u200b", "\ud7ff", "�", "=1+1", "<b>", "</p>", "&amp;"]
ODD += ["null", "NaN", "1e999", "-0", "1,5", "[", "]", "{", "}", ":", "true", "../../x", "C:\\x", "%", "\x85", "\x0b"]
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp437", "mac_roman"]

Random = random.Random


def phrase(chance: Random) -> str:
    words = [
        chance.choice(["la", "isla", "guarda", "río", "corazón", "verso", *ODD]) for _ in range(chance.randint(0, 12))
    ]
    return chance.choice([" ", "", "\n"]).join(words)


def rows(chance: Random) -> list[list[str]]:
    width = chance.randint(0, 5)
    return [
        [phrase(chance) for _ in range(max(0, width + chance.choice([0, 0, 0, -1, 1])))]
        for _ in range(chance.randint(0, 9))
    ]


def nested(chance: Random, depth: int = 0) -> object:
    kind = chance.random()
    if depth > 4 or kind < 0.4:
        return chance.choice([phrase(chance), phrase(chance), 0, -1.5, 1e300, True, None, 10**30])
    items = range(chance.randint(0, 4))
    if kind < 0.7:
        return [nested(chance, depth + 1) for _ in items]
    return {phrase(chance): nested(chance, depth + 1) for _ in items}


def encoded(text: str, chance: Random) -> bytes:
    return text.encode(chance.choice(ENCODINGS), "replace")


def delimited(path: Path, chance: Random) -> None:
    mark, end, quote = (
        chance.choice([",", ";", "\t", "|", ":", " "]),
        chance.choice(["\n", "\r\n", "\r"]),
        chance.choice(['"', "'", ""]),
    )
    lines = [
        mark.join(f"{quote}{cell}{quote}" if chance.random() < 0.5 else cell for cell in row) for row in rows(chance)
    ]
    path.write_bytes(encoded(end.join(lines), chance))


def running(path: Path, chance: Random) -> None:
    path.write_bytes(encoded("\n".join(phrase(chance) for _ in range(chance.randint(0, 30))), chance))


def json_file(path: Path, chance: Random) -> None:
    count = chance.randint(0, 6) if path.suffix == ".jsonl" else 1
    lines = [json.dumps(nested(chance), ensure_ascii=chance.random() < 0.5) for _ in range(count)]
    path.write_bytes(encoded("\n".join(lines), chance))


def columns(chance: Random) -> pa.Table:
    count = chance.randint(0, 8)
    kinds: list[Callable[[], pa.Array]] = [
        lambda: pa.array([phrase(chance) for _ in range(count)]),
        lambda: pa.array([chance.choice([None, 1, 2**40]) for _ in range(count)], pa.int64()),
        lambda: pa.array([chance.choice([None, 0.5, float("nan")]) for _ in range(count)], pa.float64()),
        lambda: pa.array([[phrase(chance)] * chance.randint(0, 3) for _ in range(count)], pa.list_(pa.string())),
        lambda: pa.array(
            [{"a": phrase(chance), "b": None} for _ in range(count)], pa.struct({"a": pa.string(), "b": pa.null()})
        ),
        lambda: pa.array([b"\xff\x00"] * count, pa.binary()),
        lambda: pa.array([phrase(chance) for _ in range(count)]).dictionary_encode(),
        lambda: pa.array([chance.randint(0, 10**12) for _ in range(count)], pa.timestamp("ms", "UTC")),
        lambda: pa.nulls(count),
    ]
    arrays = [chance.choice(kinds)() for _ in range(chance.randint(0, 4))]
    return pa.table(arrays, names=[chance.choice(["text", "", "a.b", phrase(chance)]) for _ in arrays])


def arrow_file(path: Path, chance: Random) -> None:
    table = columns(chance)
    if path.suffix == ".parquet":
        return pyarrow.parquet.write_table(table, path)
    if path.suffix == ".feather" and table.num_columns == len(set(table.column_names)):
        return pyarrow.feather.write_feather(table, path)
    new = chance.choice([pa.ipc.new_stream, pa.ipc.new_file])
    with new(str(path), table.schema) as writer:
        writer.write_table(table)
    return None


def printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def workbook(path: Path, chance: Random) -> None:
    cells = [[chance.choice([printable(cell), None, 3, 1.5, True]) for cell in row] for row in rows(chance)]
    make.workbook(path, {"Hoja": cells, "Otra": cells[:1]} if chance.random() < 0.5 else {"Hoja": cells})


def old_workbook(path: Path, chance: Random) -> None:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja")
    for line, row in enumerate(rows(chance)):
        for place, cell in enumerate(row):
            sheet.write(line, place, printable(cell))
    book.save(str(path))


def open_workbook(path: Path, chance: Random) -> None:
    escaped = [[printable(cell).replace("&", "&amp;").replace("<", "&lt;") for cell in row] for row in rows(chance)]
    make.ods(path, escaped)


def document(path: Path, chance: Random) -> None:
    text = "\n\n".join(phrase(chance) for _ in range(chance.randint(1, 12)))
    make.pandoc(path, printable(text).replace("---", "—"))  # three hyphens would open a block of metadata


def pdf_file(path: Path, chance: Random) -> None:
    pages = [phrase(chance).encode("latin-1", "ignore").decode("latin-1") for _ in range(chance.randint(1, 3))]
    make.pdf(path, [printable(page) for page in pages], edges=chance.random() < 0.3)


def archive(path: Path, chance: Random) -> None:
    members: dict[str, bytes] = {}
    for number in range(chance.randint(0, 4)):
        inner = path.with_name(f"dentro{number}.{chance.choice(['txt', 'csv', 'json', 'parquet', 'xlsx'])}")
        MAKERS[inner.suffix[1:]](inner, chance)
        members[chance.choice([inner.name, f"../{inner.name}", f"/a/{inner.name}", f"ñ/{inner.name}"])] = (
            inner.read_bytes()
        )
        inner.unlink()
    make.packed(path, members)


MAKERS: dict[str, Callable[[Path, Random], None]] = {
    **dict.fromkeys(("csv", "tsv"), delimited),
    **dict.fromkeys(("txt", "md"), running),
    **dict.fromkeys(("json", "jsonl"), json_file),
    **dict.fromkeys(("parquet", "arrow", "feather"), arrow_file),
    **dict.fromkeys(("docx", "odt", "epub", "rtf", "html"), document),
    "xlsx": workbook,
    "xls": old_workbook,
    "ods": open_workbook,
    "pdf": pdf_file,
    "zip": archive,
}


def damaged_inside(path: Path, chance: Random) -> None:
    """Changes the bytes of one member of an archive, which then opens as if nothing had happened."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as old:
        members = {name: old.read(name) for name in old.namelist()}
    if not members:
        return
    name = chance.choice(sorted(members))
    member = path.with_name("miembro")
    member.write_bytes(members[name] or b"x")
    make.packed(path, members | {name: make.mutated(member, chance).read_bytes()})
    member.unlink()


def made(path: Path, kind: str, chance: Random) -> Path:
    """A file of this format: as it should be, damaged, damaged inside, of another format, or nothing but bytes."""
    deed = chance.random()
    if deed < 0.05:
        path.write_bytes(chance.randbytes(chance.randint(0, 3000)))
        return path
    if deed < 0.1:
        kind = chance.choice([other for other in MAKERS if CASES[other] > 50])
    real = path.with_suffix(f".{kind}")
    MAKERS[kind](real, chance)
    if deed > 0.7 and zipfile.is_zipfile(real):
        damaged_inside(real, chance)
    elif deed > 0.35 and real.stat().st_size:
        make.mutated(real, chance)
    return real.replace(path)


def outcomes(kind: str, folder: Path) -> list[tuple[int, str, float]]:
    """Reads every case of a format; answers the number of each, "read", a code or what was raised, and its seconds."""
    told = []
    for number in range(CASES[kind]):
        path = made(folder / f"{number}.{kind}", kind, Random(f"{SEED} {kind} {number}"))
        start = time.monotonic()
        try:
            found = read(path).data
            good = all(
                str(column.type) in ("string", "large_string") and not column.null_count for column in found.columns
            )
            said = "read" if good else "! not a table of texts"
        except LessonError as error:
            said = error.code
        except BaseException as error:  # noqa: BLE001  (what the test is about)
            said = f"! {error!r}"
        told.append((number, said, time.monotonic() - start))
        path.unlink()
    return told


@pytest.fixture(scope="module")
def apart():
    """Two processes, which a library that crashes takes with it, and not the tests."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def told(apart, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    for kind in CASES:
        (folder / kind).mkdir()
    return {kind: apart.submit(outcomes, kind, folder / kind) for kind in sorted(CASES, key=CASES.__getitem__)}


@pytest.mark.parametrize("kind", CASES)
def test_no_file_of_this_format_is_met_with_anything_but_a_table_or_a_clear_sentence(told, kind):
    cases = told[kind].result(timeout=1800)
    assert [(number, said) for number, said, _ in cases if said.startswith("!")] == []
    assert [(number, seconds) for number, _, seconds in cases if seconds > MOST_SECONDS] == []
    codes = Counter(said for _, said, _ in cases)
    assert codes["read"] >= CASES[kind] // 10, codes
    assert sum(codes.values()) - codes["read"] >= 1, codes


def test_there_are_two_thousand_cases_and_every_reader_has_its_share():
    assert sum(CASES.values()) >= 2000
    assert {READERS[f".{kind}"] for kind in CASES} == set(READERS.values())
