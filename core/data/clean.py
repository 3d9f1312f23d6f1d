"""Cleaning: a recipe applied to every row. Each row that goes says why; each repair shows what it found."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data import near
from core.data.language import is_other
from core.data.recipe import NEAR_MOST, Recipe, repairs_of
from core.data.repairs import long_texts, personal, summaries
from core.data.repairs.encoding import mend_encoding
from core.data.repairs.hard_wraps import join_lines
from core.data.repairs.markup import strip_markup
from core.data.repairs.page_numbers import drop_page_numbers
from core.data.repairs.whitespace import tidy_spaces
from core.data.table import BATCH_ROWS, Progress, no_progress
from core.tasks import Task

GROUP = "group"  # the column that holds a text's book, author or document, where she named one
EXAMPLES = 3
DIVIDED = "\n\n⸻\n\n"  # what an example shows between the parts of a long text
_ROUNDS = 6  # one repair may uncover work for another; texts settle in two
_NEAR_ROUNDS = 8  # among many alike some meet only once others are gone; 3,000 variants of a text settle in four
_TEXT_REPAIRS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("encoding", mend_encoding),
    ("whitespace", tidy_spaces),
    ("markup", strip_markup),
    ("page_numbers", drop_page_numbers),
    ("hard_wraps", join_lines),
)


@dataclass
class Finding:
    """What one repair found: how many rows, and the first few, each before and after (None: it would go)."""

    count: int = 0
    examples: list[dict] = field(default_factory=list)

    def add(self, row: int, before: str, after: str | None, **more: object) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append({"row": row, "before": before[:20_000], "after": after and after[:20_000], **more})


@dataclass(frozen=True)
class Cleaned:
    """The rows that stay and those that go (with `reason`, and `like`: the row they repeat, or 0), as Arrow tables.

    `row` is the row's number in her file, from 1. `keys` has one whole number a kept row, equal for rows that
    belong together (nearly equal, of one group, pieces of one text); `naive_keys` the same for every row that
    is not empty, as they were before any left. `findings` are there for repairs that are off, too.
    """

    kept: pa.Table
    left_out: pa.Table
    findings: dict[str, Finding]
    mended: int
    keys: np.ndarray
    naive_keys: np.ndarray

    @property
    def reasons(self) -> dict[str, int]:
        return {
            count["values"]: count["counts"] for count in pc.value_counts(self.left_out.column("reason")).to_pylist()
        }


def clean(
    data: pa.Table,
    task: Task,
    recipe: Recipe,
    language: str = "es",
    main_language: str | None = None,
    progress: Progress = no_progress,
) -> Cleaned:
    """Applies `recipe` to rows with the columns `row`, the task's and, where there is one, `group`.

    `language` (`es` or `en`) is that of the masks; `main_language`, the one that most texts are in, any of
    `core.data.language.LANGUAGES`: a text in another than that is `other_language`. Without it, `language`.

    Repairs are repeated on a text until nothing changes, so that cleaning what was cleaned changes nothing more.
    """
    work = _Work(task, recipe, language, main_language or language, set(repairs_of(task)))
    done = 0
    pieces: list[pa.RecordBatch] = []
    schema = data.schema
    for batch in data.to_batches(max_chunksize=BATCH_ROWS):
        rows = [piece for row in batch.to_pylist() for piece in work.settled(row)]
        pieces.append(pa.RecordBatch.from_pylist(rows, schema=schema))
        done += batch.num_rows
        progress(0.7 * done / max(1, data.num_rows))
    mended = pa.Table.from_batches(pieces, schema=schema)
    compared = near.Compared([], np.empty(0, np.int64))
    if recipe.near_duplicates or mended.num_rows <= NEAR_MOST:
        compared = near.compare(mended.column("text"), recipe.likeness, lambda share: progress(0.7 + 0.3 * share))
    return _without_repeats(mended, compared, work)


@dataclass
class _Work:
    """What is carried from row to row."""

    task: Task
    recipe: Recipe
    language: str
    main_language: str
    wanted: set[str]
    findings: dict[str, Finding] = field(default_factory=dict)
    left_out: list[dict] = field(default_factory=list)
    mended: int = 0

    def found(self, code: str, row: dict, before: str, after: str | None, **more: object) -> None:
        self.findings.setdefault(code, Finding()).add(row["row"], before, after, **more)

    def settled(self, row: dict) -> Iterator[dict]:
        """Answers the row as it will be: mended, in pieces where it is too long, or nothing where it goes."""
        tidy = self._mended(row)
        self.mended += tidy != row
        yield from self._divided(tidy)

    def _divided(self, row: dict) -> Iterator[dict]:
        if "long_texts" in self.wanted and len(row["text"]) > self.recipe.longest:
            parts = long_texts.divide(row["text"], self.recipe.longest)
            self.found("long_texts", row, row["text"], DIVIDED.join(parts), pieces=len(parts))
            if self.recipe.long_texts and len(parts) > 1:
                for part in parts:
                    yield from self._divided(self._mended({**row, "text": part}, count=False))
                return
        if self._stays(row):
            yield row

    def _mended(self, row: dict, count: bool = True) -> dict:
        """Answers the row with every text repair that is on; those that are off are only counted."""
        seen: set[str] = set() if count else set(self.wanted)
        changed = row
        for column in self.task.columns:
            before = row[column]
            after = self._mended_text(row, before, seen)
            if after is not before and after != before:
                changed = {**changed, column: after}
        return changed

    def _mended_text(self, row: dict, text: str, seen: set[str]) -> str:
        for _ in range(_ROUNDS):
            began = text
            for code, repair in _TEXT_REPAIRS:
                after = repair(text)
                if after is text or after == text:
                    continue
                if code not in seen:
                    seen.add(code)
                    self.found(code, row, text, after)
                if getattr(self.recipe, code):
                    text = after
            masked = personal.mask(text, self.language)
            if masked is not text and masked != text:
                if "personal" not in seen:
                    seen.add("personal")
                    self.found("personal", row, text, masked)
                if self.recipe.personal == "mask":
                    text = masked
            if text is began or text == began:
                break
        return text

    def _stays(self, row: dict) -> bool:
        """Says whether a mended row stays; notes the first reason why it does not."""
        if any(not row[column].strip() for column in self.task.columns):
            self.leave(row, "empty")
            self.found("empty", row, " · ".join(row[column] for column in self.task.columns), None)
            return False
        return all(not self._goes(code, row, test(row)) for code, test in self._tests())

    def _tests(self) -> Sequence[tuple[str, Callable[[dict], object]]]:
        tests: list[tuple[str, Callable[[dict], object]]] = [
            ("short_texts", lambda row: len(row["text"]) < self.recipe.shortest),
            ("other_language", lambda row: is_other(row["text"], self.main_language)),
        ]
        if self.recipe.personal == "leave_out":
            tests.insert(0, ("personal", lambda row: any(personal.find(row[c]) for c in self.task.columns)))
        if "long_summaries" in self.wanted:
            tests.append(("long_summaries", lambda row: summaries.is_long(row["text"], row["summary"])))
            tests.append(("copied_summaries", lambda row: summaries.is_copied(row["text"], row["summary"])))
        return tests

    def _goes(self, code: str, row: dict, found: object) -> bool:
        if not found:
            return False
        if code != "personal":
            more = {"language": found} if code == "other_language" else {}
            self.found(code, row, " ⟶ ".join(row[column] for column in self.task.columns), None, **more)
        if not getattr(self.recipe, code):
            return False
        self.leave(row, code)
        return True

    def leave(self, row: dict, reason: str, like: int = 0) -> None:
        self.left_out.append({**row, "reason": reason, "like": like})


def _without_repeats(mended: pa.Table, compared: near.Compared, work: _Work) -> Cleaned:
    """Leaves out what repeats an earlier row, and says which rows belong together."""
    text = mended.column("text")
    same = np.fromiter((near.sameness(t.as_py()) for t in text), np.uint64, len(text))
    stays = np.ones(len(text), bool)
    equal = [near.Pair(first, place, 1.0) for first, place in _links(same)]
    for pair in equal:
        _repeats(pair, "duplicates", mended, stays, work)
    pairs: list[near.Pair] = []
    for _ in range(_NEAR_ROUNDS):
        pairs += compared.pairs
        stayed = stays.sum()
        for pair in sorted(compared.pairs, key=lambda pair: (pair.second, pair.first)):
            if same[pair.first] != same[pair.second] and stays[pair.first] and stays[pair.second]:
                _repeats(pair, "near_duplicates", mended, stays, work)
        again = compared.crowded[stays[compared.crowded]]
        if stays.sum() == stayed or len(again) < 2:
            break
        compared = _compared_again(text, again, work.recipe.likeness)
    keys = _keys(mended, [pair[:2] for pair in [*equal, *pairs]])
    schema = mended.schema.append(pa.field("reason", pa.string())).append(pa.field("like", pa.int64()))
    return Cleaned(
        kept=mended.filter(pa.array(stays)),
        left_out=pa.Table.from_pylist(work.left_out, schema=schema),
        findings=work.findings,
        mended=work.mended,
        keys=keys[stays],
        naive_keys=keys,
    )


def _repeats(pair: near.Pair, code: str, mended: pa.Table, stays: np.ndarray, work: _Work) -> None:
    """Notes that the second of a pair repeats the first; where that repair is on, it no longer stays."""
    twin, row = ({n: mended.column(n)[at].as_py() for n in mended.column_names} for at in pair[:2])
    more = {"twin": twin["text"][:20_000], "twin_row": twin["row"], "likeness": round(pair.likeness, 3)}
    work.found(code, row, row["text"], None, **more)
    if getattr(work.recipe, code):
        stays[pair.second] = False
        work.leave(row, code, twin["row"])


def _compared_again(text: pa.ChunkedArray, places: np.ndarray, likeness: float) -> near.Compared:
    """Compares only the texts at `places`, which are fewer now and meet others of theirs."""
    compared = near.compare(text.take(pa.array(places)), likeness)
    pairs = [near.Pair(int(places[one]), int(places[other]), alike) for one, other, alike in compared.pairs]
    return near.Compared(pairs, places[compared.crowded])


def _keys(mended: pa.Table, alike: list[tuple[int, int]]) -> np.ndarray:
    """Answers one number a row, equal for those that are alike, pieces of one row, or of one group."""
    together = [*alike, *_links(mended.column("row").to_numpy())]
    if GROUP in mended.column_names:
        named = mended.column(GROUP).combine_chunks().dictionary_encode()
        groups = named.indices.to_numpy().astype(np.int64)
        blank = np.array([not name.strip() for name in named.dictionary.to_pylist()], bool)[groups]
        groups[blank] = -1 - np.flatnonzero(blank)  # a row of no group is alone
        together += _links(groups)
    return near.components(mended.num_rows, together)


def _links(values: np.ndarray) -> Iterator[tuple[int, int]]:
    """Answers, for each value that was there before, the place where it first stood and its own."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    origin = first[inverse]
    again = np.flatnonzero(origin != np.arange(len(values)))
    return zip(origin[again].tolist(), again.tolist(), strict=True)
