"""A ZIP of texts, or several files at once, as one table."""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from core import storage
from core.data import archive
from core.data.table import Note, Options, Progress, Table, no_progress
from core.errors import LessonError

_SYSTEM = {"thumbs.db", "desktop.ini", "icon\r"}
_NAMES_SAID = 10  # names of skipped files that a note lists


def read_zip(path: Path, options: Options, progress: Progress) -> Table:
    """Reads every member that some reader knows, as one table with a column `file`; ZIPs inside are not opened.

    Raises LessonError `empty_archive`, and what `archive.check` does; where there is one file only, what it does.
    """
    archive.check(path)
    with tempfile.TemporaryDirectory() as folder, archive.opened(path) as packed:
        members = [one for one in packed.infolist() if not one.is_dir() and _is_hers(_name(one))]
        files = ((_name(one), _unpacked(packed, one, Path(folder), path)) for one in members)
        with closing(files):
            return _united(files, len(members), options, progress, path.name, nested=False)


def read_several(paths: Sequence[Path], options: Options, progress: Progress = no_progress) -> Table:
    """Reads several files as one table with a column `file`. Raises LessonError `empty_archive`."""
    files = ((path.name, path) for path in paths)
    return _united(files, len(paths), options, progress, paths[0].name if paths else "", nested=True)


def _united(
    files: Iterable[tuple[str, Path]], count: int, options: Options, progress: Progress, name: str, nested: bool
) -> Table:
    from core.data.read import READERS, read

    # A file is one text when it comes with others, if she does not say how to divide them.
    taken = options if options.pieces or count == 1 else replace(options, pieces="whole")
    found: list[tuple[str, Table]] = []
    skipped: list[str] = []
    failure: LessonError | None = None
    for place, (title, path) in enumerate(files):
        suffix = path.suffix.lower()
        if suffix not in READERS or (suffix == ".zip" and not nested):
            skipped.append(title)
        else:
            try:
                found.append((title, read(path, taken, no_progress)))
            except LessonError as error:
                if error.code == "disk_full":
                    raise
                skipped.append(title)
                failure = error
        progress((place + 1) / max(count, 1))
    if not found:
        raise failure if failure and count == 1 else LessonError("empty_archive", name=name)
    notes = [Note("zip_skipped", {"count": len(skipped), "names": _listed(skipped)})] if skipped else []
    found = _under_one_name(found)
    tables = [table for _, table in found]
    if len({table.columns for table in tables}) > 1:
        partial = sorted(
            {name for table in tables for name in table.columns if any(name not in t.columns for t in tables)}
        )
        notes.append(Note("different_columns", {"columns": _listed(partial)}))
    data = pa.concat_tables([_with_file(*one) for one in found], promote_options="default")
    columns = [name for name in data.column_names if name != "file"]
    data = data.select([*columns, "file"])
    filled = [pc.fill_null(column, "") for column in data.columns]
    said = (*notes, *_merged(note for table in tables for note in table.notes))
    return Table(pa.table(filled, names=data.column_names), said, _offers(tables), _taken(tables, taken))


def _under_one_name(found: list[tuple[str, Table]]) -> list[tuple[str, Table]]:
    """Calls `text` the only column of each file, titles apart, where they have different names for it."""
    texts = [[name for name in table.columns if name != "title"] for _, table in found]
    if any(len(names) != 1 for names in texts) or len({names[0] for names in texts}) == 1:
        return found
    return [
        (title, replace(table, data=table.data.rename_columns([n if n == "title" else "text" for n in table.columns])))
        for title, table in found
    ]


def _with_file(title: str, table: Table) -> pa.Table:
    """Puts the file's name in a column; what a ZIP among several files says of its own members stays."""
    data = table.data.cast(pa.schema([(name, pa.string()) for name in table.columns]))
    if title.lower().endswith(".zip") and "file" in table.columns:
        return data
    names, place = list(table.columns), 2
    while "file" in names:  # a column of hers keeps its content under another name
        new = f"file ({place})"
        names = [new if name == "file" and new not in names else name for name in names]
        place += 1
    return data.rename_columns(names).append_column("file", pa.array([title] * len(data), pa.string()))


def _offers(tables: Sequence[Table]) -> dict[str, dict[str, int]]:
    """Sums, over files of running text, how many texts each way to divide them would give."""
    if not all("pieces" in table.offers for table in tables):
        return {}
    counts: dict[str, int] = {}
    for table in tables:
        for way, count in table.offers["pieces"].items():
            counts[way] = counts.get(way, 0) + count
    return {"pieces": counts}


def _taken(tables: Sequence[Table], taken: Options) -> Options:
    return tables[0].taken if len(tables) == 1 else taken


def _merged(notes: Iterable[Note]) -> Iterator[Note]:
    """Says each thing once: counts of several files are added, other facts are the first one's."""
    merged: dict[str, dict[str, object]] = {}
    for note in notes:
        known = merged.get(note.code)
        if known is None:
            merged[note.code] = dict(note.facts)
            continue
        for fact, value in note.facts.items():
            before = known.get(fact)
            if isinstance(value, int) and isinstance(before, int):
                known[fact] = before + value
    return (Note(code, facts) for code, facts in merged.items())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES_SAID]) + (", …" if len(names) > _NAMES_SAID else "")


def _name(member: zipfile.ZipInfo) -> str:
    """Answers a member's name; what is not marked as UTF-8 is UTF-8 from a Mac, or a DOS encoding from Windows."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("cp850")
    except UnicodeEncodeError:
        return member.filename


def _is_hers(name: str) -> bool:
    """Whether a member is one of hers, not one that a system left behind."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("..", ".", "/")]
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return bool(parts) and not hidden and parts[-1].lower() not in _SYSTEM


def _unpacked(packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, path: Path) -> Path:
    """Writes a member under a safe name in `folder`, in the place of the one before."""
    for old in folder.iterdir():
        old.unlink()
    target = folder / storage.safe_name(_name(member))
    with storage.disk_errors(target), target.open("wb") as file:
        for block in archive.blocks(packed, member, archive.MAX_UNPACKED, path):
            file.write(block)
    return target
