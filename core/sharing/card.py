"""The card of a model: what it is, what it was made from, how it did, what it took, and what it is not.

One in her language goes with what she keeps; what she publishes has one in both, the Spanish first.
"""

import time
from dataclasses import asdict
from pathlib import Path

import yaml

from core import classroom, processes, storage, texts
from core.errors import LessonError
from core.evaluation import energy, evidence, summary
from core.evaluation.measure import BETTER
from core.models.folder import CLASSROOM, public_name
from core.project import Project
from core.sharing.card_front import as_lines, front, hub_front
from core.sharing.gate import Answers, base_licence
from core.tasks import TASKS
from core.texts import LANGUAGES, Words
from core.tokens import form as forms
from core.tokens import tokenizer as tokenizers
from core.training.runs import Run


def card(run: Run, project: Project, evaluation: dict | None, language: str, merged: bool = False) -> str:
    """Answers the card as Markdown in `language`, with the front matter that the Hub reads.

    It is the adapter's, or the whole model's where the run trained that, or where `merged` says that both are one.
    """
    is_whole = merged or run.settings().method == "full"
    sections = [as_lines(front(run, is_whole)), *_body(run, project, evaluation, language, merged)]
    return _joined([*sections, *_settings(run, (language,))])


def hub_card(run: Run, project: Project, evaluation: dict | None, id: str, said: Answers, merged: bool = False) -> str:
    """Answers the card of what is published under `id`, in both languages, with what she `said` of it."""
    is_whole = merged or run.settings().method == "full"
    both = [_body(run, project, evaluation, language, merged, id, said) for language in LANGUAGES]
    both_said = " ".join(texts.words(language, "card")("both") for language in LANGUAGES)
    head = [as_lines(hub_front(run, is_whole, said, evaluation, id)), both_said]
    return _joined([*head, *both[0], "---", *both[1], *_settings(run, LANGUAGES)])


def _joined(sections: list[str]) -> str:
    return "\n\n".join(section for section in sections if section) + "\n"


def _body(
    run: Run,
    project: Project,
    evaluation: dict | None,
    language: str,
    merged: bool,
    id: str = "",
    said: Answers | None = None,
) -> list[str]:
    """Answers what stands under the front, in one language; with an `id`, of what lies on the Hub under it."""
    words = texts.words(language, "metrics", "evaluation", "card")
    record = run.record()
    is_full, is_of_classroom = run.settings().method == "full", record["model"] == CLASSROOM
    title = "title_full" if is_full else "title_merged" if merged else "title"
    return [
        f"# {words(title, name=project.name)}",
        words.body(title, model=public_name(record["model"]), task=words(f"task.{record['task']}")),
        _base(run, words),
        words("base_classroom") if is_of_classroom else "",
        f"## {words('data')}",
        *_data(run, said, words),
        f"## {words('results')}",
        *_results(evaluation, words),
        f"## {words('limits')}",
        limits(run, words),
        _copying(run, evaluation, words),
        f"## {words('use')}",
        _use(run, merged or is_full, id, words),
        f"## {words('energy')}",
        _energy(run, words),
    ]


def _base(run: Run, words: Words) -> str:
    licence = base_licence(run)
    return words("base_licence", licence=licence) if licence else words("base_licence.none")


def limits(run: Run, words: Words) -> str:
    """Answers what a run's model cannot do, as a Markdown list; `words` has those of `card`."""
    listed = words.body("limits")
    if run.record()["model"] != CLASSROOM:
        return listed
    return f"{listed}\n{words('limits.classroom', millions=round(classroom.record()['parameters'] / 1e6))}"


def _data(run: Run, said: Answers | None, words: Words) -> list[str]:
    """Describes the texts, and quotes none of them."""
    prepared = storage.load_json(run.prepared / "record.json")
    tokens = storage.load_json(run.tokens / "record.json")
    facts = {
        "kept": prepared["rows_kept"], "read": prepared["rows_read"], "train": tokens["rows"]["train"],
        "test": tokens["rows"]["test"], "tokens": tokens["tokens"]["train"], "max_length": tokens["max_length"],
    }  # fmt: skip
    reasons = [words(f"dropped.{reason}", count=count) for reason, count in prepared["dropped"].items()]
    about = " ".join(said.about.split()) if said else ""
    return [
        words("about", about=about) if about else "",
        words(f"whose.{said.texts}") if said and said.texts else "",
        words.body("data", **facts),
        words("dropped", reasons="; ".join(reasons)) if reasons else "",
        words(f"masked.{prepared['recipe'].get('personal', 'keep')}"),
    ]


def _results(evaluation: dict | None, words: Words) -> list[str]:
    """Answers the table of every side that took part, each value with its interval, and how to read it."""
    if not evaluation:
        return [words.body("no_results")]
    sides = {side: found for side, found in evaluation["sides"].items() if side != "hers"}  # what those are is private
    names = [name for name in summary.names(evaluation) if BETTER[name] != "nearer"]
    heading = [words("metric"), *(words(f"side.{side}") for side in sides)]
    table = [heading, ["---"] * len(heading)]
    table += [
        [words(f"metric.{name}"), *(_value(found.get(name), words) for found in sides.values())] for name in names
    ]
    won = [
        words("wins", metric=words(f"metric.{name}"), side=summary.who_wins(evaluation, name, words))
        for name in names if evaluation.get("wins", {}).get(name, {}).get("says") == "better"
    ]  # fmt: skip
    return [
        words.body("results"),
        "\n".join(f"| {' | '.join(cells)} |" for cells in table),
        words.body("metric", rows=evaluation["rows"]),
        "\n".join(f"- {line}" for line in won),
        "" if won or not evaluation.get("wins") else words("wins.none"),
    ]


def _value(found: dict | None, words: Words) -> str:
    if not found or found["value"] is None:
        return "—"
    say = lambda value: texts.number(value, words.language)  # noqa: E731
    if found.get("low") is None or found.get("high") is None:
        return say(found["value"])
    return f"{say(found['value'])} [{say(found['low'])}–{say(found['high'])}]"


def _copying(run: Run, evaluation: dict | None, words: Words) -> str:
    """Says how much was seen of copying, and never what was copied."""
    seen = evidence.copying_of(run, evaluation)
    if seen is None:
        return words("copying.unlooked")
    share = texts.percent(seen.share, words.language, 1)
    return words("copying" if seen.longest else "copying.share", texts=seen.texts, share=share, longest=seen.longest)


def _energy(run: Run, words: Words) -> str:
    state = processes.read_state(run.folder)
    seconds = state.get("seconds") or state.get("train_seconds")
    if not seconds:
        return words("energy.unknown")
    power = energy.power()
    facts = {"watts": power.watts, "energy": energy.kwh(seconds, power.watts) * 1000}
    return words(f"energy.{power.source}", time=texts.duration(seconds, words.language), **facts, **power.facts)


def _use(run: Run, is_whole: bool, id: str, words: Words) -> str:
    """Answers the lines of Python that use what was learned, in the form in which it was trained."""
    record = run.record()
    form = storage.load_json(run.tokens / "record.json").get("form", forms.PLAIN)
    full = "_full" if is_whole else ""
    facts = {
        "model": public_name(record["model"]),
        "where": words("where.hub" if id else "where.folder"),
        "here": f'"{id or "."}"',
        # Brought whole first: transformers takes the adapter at its top for what is wanted of any folder in it.
        "imports": "from huggingface_hub import snapshot_download\n" if id else "",
        "folder": f'snapshot_download("{id}")' if id else '"."',
    }
    if form == forms.CHAT:
        return words.body(f"use{full}_chat", instruction=TASKS[record["task"]].instruction(record["language"]), **facts)
    if form == forms.APART:
        return words.body(f"use{full}_apart", prefix=_prefix(Path(record["model_folder"])), **facts)
    is_classroom = record["model"] == CLASSROOM and not is_whole
    return words.body("use_classroom" if is_classroom else f"use{full}", **facts)


def _prefix(folder: Path) -> str:
    """Answers what the base wants before a text; "" where it is not on this machine any more."""
    try:
        return tokenizers.load(folder).prefix
    except LessonError:
        return ""


def _settings(run: Run, languages: tuple[str, ...]) -> list[str]:
    """Answers every setting, once, under a heading in each language."""
    spoken = [texts.words(language, "card") for language in languages]
    date = time.strftime("%Y-%m-%d", time.localtime(run.record()["created"]))
    return [
        f"## {' · '.join(words('settings') for words in spoken)}",
        f"```yaml\n{yaml.safe_dump(asdict(run.settings()), sort_keys=False)}```",
        " ".join(words.body("settings", date=date) for words in spoken),
    ]
