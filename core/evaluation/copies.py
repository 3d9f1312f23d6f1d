"""What of the texts that an adapted model wrote was copied from its training texts, looked at and kept with the run.

The training texts are read once a run into an index on disk (`copies/`), and never by a page that somebody waits for:
few of them are read at once, and many by a process of their own. What was found in each text that was looked at stands
in `copies.jsonl`, where step 13 and the decision find it.
"""

import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from filelock import FileLock

from core import processes, storage
from core.data import table
from core.errors import LessonError
from core.evaluation.copying import Index, Looked
from core.grounds import Copying
from core.training.runs import Run

AT_ONCE = 500_000  # bytes of texts, which two cores read in 0.2 s: a click may take that
_PASSAGE = 300  # characters of a copy that are kept, to be shown again


def folder_of(run: Run) -> Path:
    return run.folder / "copies"


def index(run: Run) -> Index | None:
    """Answers the index of a run's training texts; None as long as a process of its own reads them.

    Raises LessonError `copies_unread` where that process ended before it was done; the next call begins another.
    """
    folder, made_from = folder_of(run), _made_from(run)
    if (storage.read_json(folder / "record.json") or {}).get("made_from") == made_from:
        return _opened(str(folder), made_from)
    if size(run) <= AT_ONCE:
        make(run)
        return _opened(str(folder), made_from)
    work = working_in(run)
    if processes.read_state(work)["status"] == "none":
        processes.launch(["copies", str(run.folder)], work)
    if processes.read_state(work)["status"] in processes.ACTIVE:
        return None
    (work / "state.json").unlink(missing_ok=True)  # so that the next call begins again
    if (storage.read_json(folder / "record.json") or {}).get("made_from") != made_from:
        raise LessonError("copies_unread", run=run.name)
    return _opened(str(folder), made_from)


def working_in(run: Run) -> Path:
    """Answers the folder in which the process that reads the texts says how it is; the index is another, made whole."""
    return run.folder / "copies-work"


def size(run: Run) -> int:
    """Answers the bytes of a run's training texts."""
    return table.read(run.prepared / "train").nbytes


def read(run: Run) -> None:
    """What the process does: makes the index, and says how it is."""
    state = processes.State(working_in(run))
    try:
        make(run)
        state.write(status="finished", peak_memory_mb=round(processes.peak_memory_mb()))
    except BaseException:
        state.write(status="failed")
        raise


def make(run: Run) -> None:
    """Reads the training texts into `copies/`, its record last."""
    made = Index(texts(run))
    with storage.new_folder(folder_of(run)) as folder:
        made.save(folder)
        storage.write_json(folder / "record.json", {"made_from": _made_from(run), "written": time.time()})


def texts(run: Run) -> Iterator[str]:
    """Yields what the model was trained on, row after row, column after column: a text, or a text and its summary."""
    data = table.read(run.prepared / "train")
    for batch in data.select(_columns(run)).to_batches(max_chunksize=table.BATCH_ROWS):
        for row in batch.to_pylist():
            yield from row.values()


def text(run: Run, place: int) -> str:
    """Answers one of `texts`, by its place in that order."""
    columns = _columns(run)
    row = table.row(table.read(run.prepared / "train"), place // len(columns))
    return row[columns[place % len(columns)]]


def row(run: Run, place: int) -> int:
    """Answers the number, from 0, of the training row in which one of `texts` stands."""
    return place // len(_columns(run))


def keep(run: Run, text: str, looked: Looked, seconds: float | None = None) -> None:
    """Keeps what was found in a text that the adapted model wrote in `seconds`; the same text counts once."""
    longest = max(looked.copies, key=lambda copy: copy.words, default=None)
    record = {
        "text": storage.fingerprint(text),
        "words": looked.words,
        "copied": sum(copy.words for copy in looked.copies),
        "longest": longest.words if longest else 0,
        "passage": text[longest.start : longest.end][:_PASSAGE] if longest else "",
        "seconds": seconds,
    }
    with FileLock(run.folder / "copies.lock"):  # two tabs may write at once
        if record["text"] not in {one["text"] for one in kept(run)}:
            storage.append_json(_kept_in(run), record)


def kept(run: Run) -> list[dict]:
    """Answers what `keep` kept, in its order."""
    return [one for one in storage.read_json_lines(_kept_in(run)) if isinstance(one.get("words"), int)]


def found(run: Run) -> Copying | None:
    """Sums up what was kept; None where no text was looked at yet."""
    looked = [one for one in kept(run) if one["words"]]
    if not looked:
        return None
    share = sum(one["copied"] for one in looked) / sum(one["words"] for one in looked)
    return Copying(len(looked), share, max(one["longest"] for one in looked))


def _kept_in(run: Run) -> Path:
    return run.folder / "copies.jsonl"


def _columns(run: Run) -> list[str]:
    names = table.read(run.prepared / "train").column_names
    return [name for name in ("text", "summary") if name in names]


def _made_from(run: Run) -> str:
    return storage.load_json(run.prepared / "record.json")["fingerprint"]


@lru_cache(maxsize=2)
def _opened(folder: str, made_from: str) -> Index:
    """Opens an index; `made_from` is part of the cache's key, so that another one is opened when texts change."""
    return Index.opened(Path(folder))
