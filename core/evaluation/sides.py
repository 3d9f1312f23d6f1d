"""The sides of an evaluation: each scores the sealed texts, writes from them, or both, row by row onto the disk."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from core.data import table
from core.errors import LessonError
from core.evaluation import rivals
from core.evaluation.exam import LONGEST, Exam, asked, beginning, summary_room, writing_room
from core.evaluation.progress import SCORED, WRITTEN, Work, batches
from core.generation import loaded as models
from core.generation import ngram
from core.generation.generate import TOGETHER, Completion, Sampling, complete
from core.generation.loaded import Loaded
from core.generation.ngram import NGram
from core.generation.score import batches as scoring_batches
from core.generation.score import score
from core.models.kind import SEQ2SEQ
from core.tokens import tokenizer as tokenizers

ADAPTED, BASE, FEW_SHOT, NGRAM = "adapted", "base", "few_shot", "ngram"
LEAD1, LEAD3, RANKER = "lead1", "lead3", "ranker"
HERS = "hers"  # her own texts, beside what the sides write: nobody's rival
ORDER = (ADAPTED, BASE, FEW_SHOT, NGRAM, LEAD1, LEAD3, RANKER, HERS)  # in which they are shown
_SAMPLING = Sampling()  # as the workshop writes everywhere: the likeliest tokens alone go round in circles


def take(sitting: Exam, work: Work) -> dict[str, str]:
    """Lets every side do what is not on disk yet. Answers who could not take part, and why.

    Raises LessonError: `evaluation_stopped`, `base_gone` where its folder is not there, and what loading a model does.
    """
    if not sitting.folder.is_dir():
        raise LessonError("base_gone", model=sitting.run.record()["model"])
    kind = tokenizers.of_model(sitting.folder).kind
    left_out: dict[str, str] = {FEW_SHOT: "seq2seq"} if kind == SEQ2SEQ else {}
    scoring = [side for side in (BASE, FEW_SHOT, ADAPTED, NGRAM) if side not in left_out]
    for side in scoring:
        work.plan(side, SCORED, len(sitting.rows))
    for side in scoring:
        if side != NGRAM or not sitting.summarizes:
            work.plan(side, WRITTEN, sitting.written)
    _count(sitting, work, left_out)
    _extract(sitting, work)
    if not any(work.left.values()):
        return left_out
    settings = sitting.run.settings()
    work.tell(BASE, SCORED)
    loaded = models.load(sitting.folder, precision=settings.precision, four_bit=settings.method == "qlora")
    _model(sitting, work, BASE, loaded, [])
    if FEW_SHOT not in left_out:
        shots = rivals.examples(table.rows(sitting.run.tokens / "train"), loaded.context // 2)
        if shots:
            _model(sitting, work, FEW_SHOT, loaded, shots)
        else:
            left_out[FEW_SHOT] = "no_room"
            work.forget(FEW_SHOT)
    loaded = models.put_on(loaded, sitting.run.adapter, settings.precision)
    _model(sitting, work, ADAPTED, loaded, [])
    return left_out


def _model(sitting: Exam, work: Work, side: str, loaded: Loaded, before: list[int]) -> None:
    """Scores every row, and writes from the first ones; the ids `before` are read ahead of each that leaves room."""
    done = work.done(side, SCORED)
    todo = [row for row in range(len(sitting.rows)) if row not in done]
    for some, ahead in _with_room(todo, [len(row["input_ids"]) for row in sitting.rows], before, loaded.context):
        for places in scoring_batches([sitting.rows[row] for row in some]):
            batch = [some[place] for place in places]
            began = time.monotonic()
            scores = score(loaded.model, [sitting.rows[row] for row in batch], ahead)
            lines = [{"row": row, **dataclasses.asdict(one)} for row, one in zip(batch, scores, strict=True)]
            work.keep(side, SCORED, lines, time.monotonic() - began)
    room = summary_room(sitting.run) if sitting.summarizes else writing_room(sitting, loaded)
    prompts = [asked(sitting, loaded, row) for row in range(sitting.written)]
    sizes = [len(prompt) for prompt in prompts]
    done = work.done(side, WRITTEN)
    for some, ahead in _with_room(range(len(prompts)), sizes, before, loaded.context - room):
        for batch in batches(some, sizes, TOGETHER):
            if all(row in done for row in batch):
                continue
            began = time.monotonic()
            sampling = None if sitting.summarizes else dataclasses.replace(_SAMPLING, seed=_SAMPLING.seed + batch[0])
            written = complete(loaded, [[*ahead, *prompts[row]] for row in batch], room, sampling)
            _keep_written(work, side, batch, written, time.monotonic() - began)


def _with_room(
    rows: Iterable[int], sizes: Sequence[int], before: list[int], context: int
) -> list[tuple[list[int], list[int]]]:
    """Parts rows into those that fit behind `before` in the context, and those that are read without it."""
    fit = [row for row in rows if len(before) + sizes[row] <= context]
    rest = sorted(set(rows) - set(fit))
    return [(fit, before), (rest, [])]


def _keep_written(work: Work, side: str, batch: list[int], written: Sequence[Completion], seconds: float) -> None:
    done = work.done(side, WRITTEN)
    pairs = zip(batch, written, strict=True)
    lines = [{"row": row, "text": one.text.strip(), "ended": one.ended} for row, one in pairs if row not in done]
    work.keep(side, WRITTEN, lines, seconds)


def _count(sitting: Exam, work: Work, left_out: dict[str, str]) -> None:
    """The n-gram's part: counts her training texts, scores, and writes where there is nothing to read first."""
    if not work.left[NGRAM, SCORED] and not work.left.get((NGRAM, WRITTEN)):
        return
    completion = sitting.task.completion
    try:
        model = NGram(completion(row) for row in sitting.train)
    except LessonError:
        left_out[NGRAM] = "no_words"
        work.forget(NGRAM)
        return
    _by_row(
        work,
        NGRAM,
        SCORED,
        len(sitting.rows),
        lambda row: dataclasses.asdict(
            rivals.counted(model, completion(sitting.texts[row]), sitting.rows[row]["characters"])
        ),
    )
    if not sitting.summarizes:
        _by_row(work, NGRAM, WRITTEN, sitting.written, lambda row: _written_by(model, sitting, row))


def _written_by(model: NGram, sitting: Exam, row: int) -> dict:
    text = model.write(beginning(sitting.texts[row]["text"]), LONGEST, _SAMPLING.seed + row)
    return {"text": text.strip(), "ended": len(ngram.cut(text)) < LONGEST}


def _extract(sitting: Exam, work: Work) -> None:
    """The parts of those that only copy sentences of the text to shorten."""
    if not sitting.summarizes:
        return
    train = sitting.train
    rank = rivals.Ranker((row["text"] for row in train), (row["summary"] for row in train))
    ways: dict[str, Callable[[str], str]] = {LEAD1: partial(rivals.lead, count=1), LEAD3: partial(rivals.lead, count=3)}
    for side, shorten in (ways | {RANKER: rank}).items():
        work.plan(side, WRITTEN, sitting.written)
        shortened = ({"text": shorten(row["text"]), "ended": True} for row in sitting.texts[: sitting.written])
        _by_row(work, side, WRITTEN, sitting.written, dict(enumerate(shortened)).__getitem__)


def _by_row(work: Work, side: str, kind: str, count: int, do: Callable[[int], dict]) -> None:
    done = work.done(side, kind)
    todo = [row for row in range(count) if row not in done]
    for at in range(0, len(todo), 100):
        began = time.monotonic()
        lines = [{"row": row, **do(row)} for row in todo[at : at + 100]]
        work.keep(side, kind, lines, time.monotonic() - began)
