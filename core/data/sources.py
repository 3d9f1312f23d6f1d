"""What she brings: read apart, kept beside her project as it came, and opened again from there."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core import limits, storage
from core.classroom import sample_path
from core.data import apart, table
from core.data.read import read
from core.data.table import Options, Progress, no_progress
from core.errors import LessonError
from core.project import Project


@dataclass(frozen=True)
class Source:
    """Where texts come from while they are being chosen: a name, the table that was read, and how it came."""

    name: str
    table: table.Table
    origin: str = ""


def open_source(
    reference: str,
    language: str,
    options: Options = Options(),  # noqa: B008  (frozen)
    progress: Progress = no_progress,
) -> Source:
    """Reads `sample:poems`, `sample:notes` or a file's path. Raises LessonError, see `core.data.read`."""
    if reference.startswith("sample:"):
        path = sample_path(reference.removeprefix("sample:"), language)
        if not path.is_file():
            raise LessonError("unknown_sample", name=reference, samples="sample:poems, sample:notes")
        return Source(reference, read(path))
    path = _path(reference)
    return Source(path.name, read(path, options, progress))


def bring(project: Project, reference: str, language: str, options: Options = Options()) -> Source:  # noqa: B008
    """Reads `sample:poems`, `sample:notes` or, apart, a file that stays where it is. Raises LessonError."""
    if reference.startswith("sample:"):
        return open_source(reference, language)
    keep_path(project, reference, options)
    source = kept_source(project)
    assert source
    return source


def _path(written: str) -> Path:
    """Answers the file that a person means. Raises LessonError `file_not_found`, `cannot_read`."""
    try:
        path = Path(written.strip().strip("\"'")).expanduser().absolute()
        if not path.is_file():
            raise LessonError("file_not_found", name=written[:200])
        path.name.encode()  # a name of another system may not be text
    except UnicodeEncodeError as error:
        raise LessonError("cannot_read", name=written.encode(errors="replace").decode()) from error
    except (OSError, RuntimeError, ValueError) as error:  # a poem pasted as a path, a home of nobody
        raise LessonError("file_not_found", name=written[:200]) from error
    return path


def keep_files(
    project: Project,
    files: Sequence[tuple[str, bytes]],
    options: Options = Options(),  # noqa: B008
    progress: Progress = no_progress,
    origin: str = "file",
) -> None:
    """Keeps what she uploaded or pasted, (name, content) each, and reads it apart; a failure leaves all as it was.

    `origin`, `file` or `paste`, is noted beside it. Raises LessonError, see `core.data.apart`, and on a shared server
    `upload_over_limit`, `disk_over_limit`.
    """
    limits.may_keep(project.folder, sum(len(content) for _, content in files))
    with storage.new_folder(project.folder / "source") as folder:
        (folder / "files").mkdir()
        paths = [folder / "files" / f"{place:03}" / storage.safe_name(name) for place, (name, _) in enumerate(files)]
        for path, (_, content) in zip(paths, files, strict=True):
            path.parent.mkdir()
            path.write_bytes(content)
        name = files[0][0] if len(files) == 1 else f"{files[0][0]} + {len(files) - 1}"
        _read_apart(folder, {"name": name, "files": paths, "options": options}, progress, origin)


def keep_path(project: Project, path: str, options: Options = Options(), progress: Progress = no_progress) -> None:  # noqa: B008
    """Reads a file that stays where it is on this computer: for what is too big to be uploaded."""
    chosen = _path(path)
    with storage.new_folder(project.folder / "source") as folder:
        _read_apart(folder, {"name": chosen.name, "files": [chosen], "options": options}, progress, "path")


def keep_hub(project: Project, progress: Progress = no_progress, token: str | None = None, **chosen: object) -> None:
    """Streams the first rows of a Hub data set; `chosen` are the arguments of `core.data.hub.first_rows`.

    Raises LessonError, see `core.data.apart`, and on a shared server `disk_over_limit`.
    """
    limits.may_keep(project.folder, 0)
    with storage.new_folder(project.folder / "source") as folder:
        (folder / "read").mkdir()
        question = {"name": chosen["id"], "folder": str(folder / "read"), "hub": chosen, "token": token}
        apart.ask(question, progress)
        storage.write_json(folder / "record.json", {"name": chosen["id"], "origin": "hub", "files": [], "hub": chosen})


def read_again(project: Project, options: Options, progress: Progress = no_progress) -> None:
    """Reads the kept file once more, as `options` say: another sheet, another way to divide it."""
    folder = project.folder / "source"
    record = storage.load_json(folder / "record.json")
    files = [Path(file) if Path(file).is_absolute() else folder / file for file in record["files"]]
    with storage.new_folder(folder / "read") as fresh:
        question = {"name": record["name"], "folder": str(fresh), "files": [str(f) for f in files]}
        apart.ask({**question, "options": asdict(options)}, progress)


def _read_apart(folder: Path, asked: dict, progress: Progress, origin: str) -> None:
    question = {**asked, "folder": str(folder / "read"), "options": asdict(asked["options"])}
    question["files"] = [str(file) for file in asked["files"]]
    (folder / "read").mkdir()
    apart.ask(question, progress)
    files = [str(f.relative_to(folder)) if f.is_relative_to(folder) else str(f) for f in asked["files"]]
    storage.write_json(folder / "record.json", {"name": asked["name"], "origin": origin, "files": files})


def kept_source(project: Project) -> Source | None:
    """Opens what was kept last, from memory-mapped files; None where there is nothing."""
    folder = project.folder / "source"
    record = storage.read_json(folder / "record.json")
    found = apart.kept(folder / "read") if record else None
    return Source(record["name"], found, record.get("origin", "file")) if record and found else None


def pasted(project: Project) -> str:
    """Answers the text that she pasted last; empty where what is kept came otherwise."""
    folder = project.folder / "source"
    record = storage.read_json(folder / "record.json") or {}
    if record.get("origin") != "paste":
        return ""
    return (folder / record["files"][0]).read_text(encoding="utf-8")


def source_key(project: Project) -> str:
    """Answers a key that changes whenever something else is kept, or read in another way."""
    made = project.folder / "source" / "read" / "table.json"
    return f"{project.id} {made.stat().st_mtime_ns if made.exists() else 0}"


def source_named(project: Project, name: str, language: str) -> Source:
    """Opens the sample of that name, else what was kept last. Raises LessonError `file_not_found`."""
    kept = None if name.startswith("sample:") else kept_source(project)
    return kept or open_source(name, language)
