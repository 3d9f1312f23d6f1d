"""The chapbook's content: facts from disk, put in her language as blocks that any page can set."""

import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from core import decision, processes, storage, texts
from core.errors import LessonError
from core.evaluation import copies, energy, evaluate, evidence
from core.evaluation import report_facts as facts
from core.evaluation.copying import WORDS as COPIED_WORDS
from core.evaluation.report import WORDS as REPORT_WORDS
from core.models import folder as models
from core.models.folder import CLASSROOM, public_name
from core.project import Project
from core.sharing import card
from core.sharing.chapbook import curve, passages
from core.sharing.chapbook.blocks import (
    Bar,
    Bars,
    Block,
    Book,
    Listed,
    Paragraph,
    Part,
    Picture,
    Quote,
    Text,
    laid_out,
    line_of,
    plain,
)
from core.sharing.chapbook.blocks import Passage as Shown
from core.sharing.chapbook.choices import SECTIONS, Choices
from core.sharing.chapbook.passages import Passage
from core.texts import Words
from core.training import watch
from core.training.runs import Run

_VERSIONS = ("torch", "transformers", "peft")


def make(run: Run, project: Project, choices: Choices, language: str) -> Book:
    """Puts together what she chose. Raises LessonError `run_not_finished`."""
    if run.weights is None:
        raise LessonError("run_not_finished", run=run.name)
    words = texts.words(language, "chapbook")
    chosen = passages.chosen(run, choices.passages)
    blocks: dict[str, Iterator[Block]] = {
        "foreword": _foreword(run, words),
        "passages": _before_and_after(run, chosen, choices.set_off, words),
        "curve": _curve(run, words),
        "figures": _figures(run, words),
        "copies": _copies(run, chosen, words),
        "limits": _limits(run, words),
        "decision": _decision(run, project, words),
    }
    parts = [Part(key, words(key), list(blocks[key])) for key in SECTIONS if key not in choices.left_out]
    parts.append(Part("colophon", words("colophon"), list(_colophon(run, project, words))))
    return Book(
        language=language,
        title=line_of(choices.title) or line_of(project.name),
        subtitle=words(f"subtitle.{run.record()['task']}"),
        author=line_of(choices.author),
        dedication=[plain(line.strip()) for line in choices.dedication.splitlines()],
        date=_date(time.time(), language),
        made=time.time(),
        set_off=choices.set_off,
        parts=[part for part in parts if part.blocks],
    )


def _foreword(run: Run, words: Words) -> Iterator[Block]:
    record, state, settings = run.record(), processes.read_state(run.folder), run.settings()
    prepared, tokens = (storage.load_json(folder / "record.json") for folder in (run.prepared, run.tokens))
    rows = tokens["rows"]
    yield Paragraph(words.body(f"foreword.{record['task']}", model=_model(run, words), rows=rows["train"]))
    yield Paragraph(
        words.body(
            "foreword.texts", read=prepared["rows_read"], kept=prepared["rows_kept"], train=rows["train"],
            validation=rows["validation"], test=rows["test"],
        )
    )  # fmt: skip
    seconds, steps = state.get("train_seconds"), state.get("step")
    if seconds and steps:
        batch = settings.batch_size * settings.gradient_accumulation_steps
        taken = texts.duration(seconds, words.language)
        yield Paragraph(words.body("foreword.time", time=taken, steps=steps, batch=batch))
    if trained := state.get("trainable_parameters"):
        yield Paragraph(words.body("foreword.full" if settings.method == "full" else "foreword.adapter", count=trained))


def _before_and_after(run: Run, chosen: list[Passage], set_off: str, words: Words) -> Iterator[Block]:
    if not chosen:
        return
    look = f"set_off.{set_off}"
    task, language, count = run.record()["task"], run.record()["language"], len(passages.known(run))
    yield Paragraph(words.body(f"passages.{task}", look=words(look), rest=words.body(look)))
    if len(chosen) < count:
        yield Paragraph(words("passages.chosen", chosen=len(chosen), count=count), quiet=True)
    for number, one in enumerate(chosen, start=1):
        if task == "summarize":
            shown = [laid_out(words("passages.text"), one.given.strip(), "", language)]
            shown += [laid_out(words("passages.summary"), one.summary.strip(), "", language)] if one.summary else []
            shown += [_by(side, "", getattr(one, side).strip(), language, words) for side in passages.SIDES]
        else:
            shown = [_by(side, one.given, getattr(one, side), language, words) for side in passages.SIDES]
        yield Shown(str(number), shown)


def _by(side: str, given: str, written: str, language: str, words: Words) -> Text:
    return laid_out(words(f"passages.{side}"), given, written if written.strip() else words("passages.empty"), language)


def _curve(run: Run, words: Words) -> Iterator[Block]:
    told = watch.curve(run)
    if told.base is None or told.best is None:
        return
    points = [(0, told.base), *(point for point in told.validation if point[0])]
    before, best = watch.perplexity(told.base), watch.perplexity(told.best[1])
    if best >= before:
        yield Paragraph(words.body("curve.worse", before=before, best=best))
        return
    said = {"before": before, "best": best, "step": told.best[0]}
    svg = curve.drawn([(step, watch.perplexity(loss)) for step, loss in points], words)
    yield Picture(svg, words("curve.alt", **said), words.body("curve", **said))


def _figures(run: Run, words: Words) -> Iterator[Block]:
    record = evaluate.result(run)
    if record is None:
        yield Paragraph(words.body("figures.none"))
        return
    said = texts.words(words.language, *REPORT_WORDS)
    yield Paragraph(words.body("figures", rows=record["rows"], opened=record["opened"]))
    found = facts.verdicts(record)
    if found:
        lines = [words(f"figures.{one.says}", rival=said(f"side.{one.rival}"), rows=one.rows) for one in found]
        yield Listed(lines)
    judged = {one.metric for one in found}
    drawn = [name for name in facts.on_top(record) if name in judged] or facts.on_top(record)
    shown = [_bars(record, name, said, words) for name in drawn]
    yield from shown
    if any(bar.low is not None for one in shown for bar in one.bars):
        yield Paragraph(words("figures.margin"), quiet=True)
    if tasted := evidence.tasting_of(run):
        yield Paragraph(words.body("figures.tasting", wins=tasted.wins, pairs=tasted.pairs, tasters=tasted.tasters))


def _bars(record: dict, name: str, said: Words, words: Words) -> Bars:
    """Draws a metric of every side that has it."""
    having = {side: sides[name] for side, sides in record["sides"].items() if name in sides}
    bars = [
        Bar(said(f"side.{side}"), one["value"], one["low"], one["high"], facts.value(one, said), side == "adapted")
        for side, one in having.items()
    ]
    return Bars(said(f"metric.{name}"), bars, words(f"figures.metric.{name}"))


def _copies(run: Run, chosen: list[Passage], words: Words) -> Iterator[Block]:
    measured = evidence.copying_of(run, evaluate.result(run))
    if measured:
        share = texts.percent(measured.share, words.language, 0 if measured.share >= 0.1 else 1)
        key = "copies.some" if measured.share else "copies.nothing"
        yield Paragraph(words.body(key, texts=measured.texts, share=share, words=COPIED_WORDS))
    found, language = _copied_here(run, chosen), run.record()["language"]
    if found is not None and chosen:
        key = "copies.here" if found else "copies.here.none"
        yield Paragraph(words.body(key, count=len(chosen), copying=len(found), words=COPIED_WORDS))
        yield from (Quote(laid_out(words("copies.longest"), text, "", language)) for text in found[:1])
    if not measured and found is None:
        yield Paragraph(words.body("copies.unlooked"))


def _copied_here(run: Run, chosen: list[Passage]) -> list[str] | None:
    """Answers what of the chapbook's own texts stands in the training texts, the longest first; None: not known."""
    try:
        index = copies.index(run)
    except LessonError:
        return None
    if index is None:
        return None
    found = []
    for one in chosen:
        longest = max(index.look(one.adapted).copies, key=lambda copy: copy.words, default=None)
        if longest:
            found.append((longest.words, one.adapted[longest.start : longest.end]))
    return [text for _, text in sorted(found, reverse=True)]


def _limits(run: Run, words: Words) -> Iterator[Block]:
    listed, record = card.limits(run, texts.words(words.language, "card")), evaluate.result(run)
    lines = [line.removeprefix("- ") for line in listed.splitlines() if line.startswith("- ")]
    if record and record["rows"] < facts.FEW:
        lines.append(words("limits.few", rows=record["rows"]))
    yield Listed(lines)


def _decision(run: Run, project: Project, words: Words) -> Iterator[Block]:
    kept = decision.kept(project)
    if not kept.chosen:
        yield Paragraph(words.body("decision.open"))
        return
    said = texts.words(words.language, "decision")
    yield Paragraph(words.body("decision.made", decision=said(f"proposal.{kept.chosen}")))
    if kept.reason:
        yield Quote(laid_out(words("decision.reason"), kept.reason, "", words.language))
    if kept.proposed and kept.proposed != kept.chosen:
        yield Paragraph(words.body("decision.other", decision=said(f"proposal.{kept.proposed}")))
    if kept.run != run.name:
        yield Paragraph(words.body("decision.stale"), quiet=True)


def _colophon(run: Run, project: Project, words: Words) -> Iterator[Block]:
    record, settings, state = run.record(), run.settings(), processes.read_state(run.folder)
    base = Path(record["model_folder"])
    licence = models.licence(base) if base.is_dir() else ""
    model = _model(run, words)
    yield Paragraph(
        words("colophon.base", model=model, licence=licence) if licence else words("colophon.bare", model=model)
    )
    facts_of = {
        "date": _date(record["created"], words.language), "steps": state.get("step", 0), "seed": str(settings.seed),
        "learning_rate": settings.learning_rate, "rank": settings.lora_rank,
    }  # fmt: skip
    yield Paragraph(words("colophon.settings.full" if settings.method == "full" else "colophon.settings", **facts_of))
    yield Paragraph(
        words(
            "colophon.versions", versions=", ".join(f"{name} {version(name).partition('+')[0]}" for name in _VERSIONS)
        )
    )
    measured = evaluate.result(run)
    spent = [s for s in (state.get("seconds") or state.get("train_seconds"), measured and measured["seconds"]) if s]
    if spent:
        watts = decision.kept(project).watts or energy.power().watts
        yield Paragraph(words("colophon.energy", energy=1000 * energy.kwh(sum(spent), watts), watts=watts))
    yield Paragraph(words("colophon.made"))
    yield Paragraph(words("colophon.faces"))


def _model(run: Run, words: Words) -> str:
    name = run.record()["model"]
    return words("model.classroom") if name == CLASSROOM else line_of(public_name(name))


def _date(seconds: float, language: str) -> str:
    from datetime import datetime

    from babel.dates import format_date

    return format_date(datetime.fromtimestamp(seconds).astimezone().date(), "long", locale=texts.LOCALES[language])
