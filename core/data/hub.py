"""Texts from a data set of the Hugging Face Hub: found by words, looked at, and only its first rows brought.

`look` and `first_rows` load the `datasets` library, so they run in a child process (see `core.data.apart`).
"""

import re
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from core.data import read
from core.data.hub_answers import awaited, in_words
from core.data.hub_rows import gather
from core.data.table import Note, Progress, Table, no_progress
from core.errors import LessonError

MOST_ROWS = 100_000
# A Hub that takes the question and never answers is no connection: how long each kind of question may be silent.
SEARCH_SECONDS = 15.0
LOOK_SECONDS = 60.0
ROWS_SECONDS = 300.0  # from one row to the next: a block of rows may be 100 MB, and her connection slow
_RETRIES = 2  # the library would ask a silent server twenty times, five seconds apart
_DESCRIPTION = 200  # characters shown of what its owner says of it
# A Hub id is `name` or `owner/name` (the rule that huggingface_hub's validate_repo_id applies).
_DATASET_ID = re.compile(r"[\w][\w.-]{0,95}(/[\w][\w.-]{0,95})?", re.ASCII)
_NO_LICENCE = {"", "unknown", "other"}  # what owners write who did not choose one
_NON_COMMERCIAL = re.compile(r"(^|-)nc(-|$)|non-?commercial")


@dataclass(frozen=True)
class HubDataset:
    """A data set as a search shows it. `licence` and `languages` are the Hub's tags; empty where it has none."""

    id: str
    downloads: int = 0
    likes: int = 0
    gated: bool = False
    licence: str = ""
    languages: tuple[str, ...] = ()
    description: str = ""


def is_dataset_id(reference: str) -> bool:
    """Says whether `reference` has the form of a Hub id."""
    return _DATASET_ID.fullmatch(reference) is not None and ".." not in reference and "--" not in reference


def search(words: str, language: str = "", limit: int = 12, token: str | None = None) -> list[HubDataset]:
    """Answers the data sets whose name has `words`, the most downloaded first; with `language`, a code, only its own.

    Raises LessonError `no_connection_for_texts`.
    """

    def ask(_: Progress) -> list[HubDataset]:
        from huggingface_hub import HfApi

        api = HfApi(token=token or False)
        found = api.list_datasets(
            search=words.strip() or None, language=language or None, sort="downloads", limit=limit
        )
        return [_told(info) for info in found]

    with in_words(words.strip() or language):
        return awaited(ask, SEARCH_SECONDS)


def look(id: str, token: str | None = None) -> dict[str, list[str]]:
    """Answers the data set's configurations, its default one first, each with the names of its splits.

    Raises LessonError: `dataset_not_found`, `dataset_gated`, `dataset_needs_code`, `dataset_unreadable`,
    `no_connection_for_texts`, `disk_full`.
    """

    def ask(_: Progress) -> dict[str, list[str]]:
        _opened(id, token)
        builder = _builder(id, "", token)
        others = {name: one for name, one in builder.builder_configs.items() if name != builder.config.name}
        return {name: _splits(builder, one) for name, one in {builder.config.name: builder.config, **others}.items()}

    with in_words(id):
        return awaited(ask, LOOK_SECONDS)


def first_rows(
    id: str,
    configuration: str = "",
    split: str = "",
    rows: int = 1000,
    progress: Progress = no_progress,
    token: str | None = None,
) -> Table:
    """Answers the first `rows` rows (at most MOST_ROWS) as text, streamed: little more than them comes down.

    Without a configuration or a split, the first one. Raises LessonError as `look` does, and `dataset_no_split`,
    `dataset_without_texts`, `text_too_long`.
    """
    wanted = max(1, min(rows, MOST_ROWS))

    def ask(heard: Progress) -> Table:
        info = _opened(id, token)
        stream = _stream(id, configuration, split, token)
        data, dropped = gather(stream, stream.features or {}, wanted, heard)
        if not any(pc.max(pc.utf8_length(column)).as_py() for column in data.columns):
            raise LessonError("dataset_without_texts", dataset=id)
        found = Table(data, _notes(id, info.licence, len(data), dropped))
        read.check(found, id)
        return found

    with in_words(id):
        return awaited(ask, ROWS_SECONDS, progress)


def _told(info: Any) -> HubDataset:
    tags = [tag.partition(":") for tag in info.tags or []]
    return HubDataset(
        id=info.id,
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        gated=bool(info.gated),
        licence=next((value for name, _, value in tags if name == "license"), ""),
        languages=tuple(value for name, _, value in tags if name == "language"),
        description=" ".join((info.description or "").split())[:_DESCRIPTION],
    )


def _opened(id: str, token: str | None) -> HubDataset:
    """Asks the Hub about a data set, and whether its files may be had: all refusals come from here, and at once."""
    from huggingface_hub import HfApi

    if not is_dataset_id(id):
        raise LessonError("dataset_not_found", dataset=id)
    api = HfApi(token=token or False)
    info = api.dataset_info(id, timeout=SEARCH_SECONDS)
    if info.gated:
        api.auth_check(id, repo_type="dataset")
    files = {file.rfilename for file in info.siblings or []}
    if f"{id.rpartition('/')[2]}.py" in files:  # a program of its owner's would have to run here
        raise LessonError("dataset_needs_code", dataset=id)
    return _told(info)


def _address(id: str) -> str:
    """What the library takes for the Hub's only: a bare id would be a folder of ours of that name."""
    return f"hf://datasets/{id}"


def _builder(id: str, configuration: str, token: str | None) -> Any:
    """Opens one configuration, "" for the default one or the first; its `builder_configs` hold them all.

    Raises LessonError `dataset_no_split`.
    """
    import datasets

    datasets.disable_progress_bars()
    asked = {"path": _address(id), "token": token or False}
    try:
        return datasets.load_dataset_builder(**asked, name=configuration or None)
    except ValueError:  # no such configuration, or many and none by default; anything else is raised again below
        names = datasets.get_dataset_config_names(**asked)
    if configuration and configuration not in names:
        raise LessonError("dataset_no_split", dataset=id, split=configuration, splits=", ".join(names))
    return datasets.load_dataset_builder(**asked, name=configuration or names[0])


def _splits(builder: Any, configuration: Any) -> list[str]:
    """Answers a configuration's splits, from its list of files: nothing more is asked of the Hub."""
    return [str(name) for name in configuration.data_files or builder.info.splits or {}]


def _stream(id: str, configuration: str, split: str, token: str | None) -> Any:
    """Opens the rows without bringing them. Raises LessonError `dataset_no_split`."""
    from datasets import config

    config.STREAMING_READ_MAX_RETRIES = config.STREAMING_OPEN_MAX_RETRIES = _RETRIES
    builder = _builder(id, configuration, token)
    splits = _splits(builder, builder.config)
    if not splits or (split and split not in splits):
        raise LessonError("dataset_no_split", dataset=id, split=split or "—", splits=", ".join(splits) or "—")
    if hasattr(builder.config, "fragment_scan_options"):  # parquet: only the blocks of rows that are looked at
        import pyarrow.dataset

        builder.config.fragment_scan_options = pyarrow.dataset.ParquetFragmentScanOptions(pre_buffer=False)
    return builder.as_streaming_dataset(split=split or splits[0]).decode(False)


def _notes(id: str, licence: str, rows: int, dropped: tuple[str, ...]) -> tuple[Note, ...]:
    notes = [Note("hub", {"dataset": id, "licence": licence or "—", "rows": rows})]
    if licence in _NO_LICENCE:
        notes.append(Note("hub_no_licence", {"dataset": id}))
    elif _NON_COMMERCIAL.search(licence):
        notes.append(Note("hub_non_commercial", {"dataset": id, "licence": licence}))
    if dropped:
        notes.append(Note("hub_dropped", {"columns": ", ".join(dropped)}))
    return tuple(notes)
