"""An evaluation to take away: its numbers as CSV, and all of it as one HTML page that asks nothing of anywhere.

Both are made of the record alone (see `core.evaluation.evaluate`), in the language of the words they are given: those
of the files in WORDS. Whatever she or a model wrote goes in as text, and the page forbids itself any script or address.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from core import texts
from core.evaluation import report_facts as facts
from core.evaluation import summary
from core.evaluation.report_pictures import bars, histogram
from core.texts import Words

WORDS = ("metrics", "evaluation", "report")
STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)


def page(record: dict, words: Words) -> str:
    """Answers the whole report: the verdict and its picture, every number, the examples, what was measured, limits."""
    title = escape(words("report", run=record["run"]))
    parts = [
        f"<header><p>{escape(words('report.paper'))}</p><h1>{title}</h1>{_subtitle(record, words)}</header>",
        _pictures(record, words),
        _section("verdict", _verdict(record, words), words),
        _section("numbers", _numbers(record, words), words),
        _section("spread", _spread(record, words), words),
        _section("examples", "".join(_example(one, words) for one in record["examples"]), words),
        _section("who", "".join(_told(f"side.{side}", words) for side in record["sides"]), words),
        _section("measured", _listed(facts.measured(record, words)), words),
        _section("limits", _listed(facts.limits(record, words)), words),
        _section("metrics", "".join(_told(f"metric.{name}", words) for name in summary.names(record)), words),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}"><head>{_HEAD}<title>{title}</title><style>{STYLE}</style>'
        f"</head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _section(key: str, inside: str, words: Words) -> str:
    said = "".join(f"<p>{escape(part)}</p>" for part in words.body(f"report.{key}").split("\n\n") if part)
    return f"<section><h2>{escape(words(f'report.{key}'))}</h2>{said}{inside}</section>" if inside else ""


def _listed(said: Iterable[str]) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in said)
    return f"<ul>{lines}</ul>" if lines else ""


def _subtitle(record: dict, words: Words) -> str:
    task, date = words(f"report.task.{record['task']}"), facts.date(record["written"], words.language)
    said = words("report.subtitle", task=task, date=date)
    return f"<p>{escape(said)}</p>"


# ------------------------------------------------------------------ the verdict and its picture


def _verdict(record: dict, words: Words) -> str:
    """Says of each rival whether hers is better, and whether that may be luck."""
    lines = [_against(one, words) for one in facts.verdicts(record)]
    return f'<ul class="verdict">{"".join(lines)}</ul>' if lines else ""


def _against(one: facts.Verdict, words: Words) -> str:
    verdict = words(f"report.verdict.{one.says}", rows=one.rows)
    numbers = words("report.verdict.numbers", metric=words(f"metric.{one.metric}"), mine=one.mine, theirs=one.theirs)
    side = escape(words(f"side.{one.rival}"))
    return f'<li class="{one.says}"><strong>{side}</strong>{escape(f"{verdict} {numbers}")}</li>'


def _pictures(record: dict, words: Words) -> str:
    """Draws each side's first metrics as bars from zero with their intervals."""
    parts = [
        f"<h3>{escape(words(f'metric.{name}'))}</h3>{_drawn(record, name, words)}" for name in facts.on_top(record)
    ]
    return _section("picture", "".join(parts), words)


def _spread(record: dict, words: Words) -> str:
    """Draws how the rows of hers and of the base are spread, in the first metric of which that is known."""
    known = record["distributions"]
    name = next((name for name in (*facts.ON_TOP[record["task"]], *known) if name in known), None)
    if name is None:
        return ""
    counts, edges = known[name]["counts"], known[name]["edges"]
    sides = [(words(f"side.{side}"), counts[side]) for side in ("adapted", "base") if side in counts]
    ends = [texts.number(edges[place], words.language) for place in (0, -1)]
    return f"<h3>{escape(words(f'metric.{name}'))}</h3>{histogram(sides, ends)}"


def _drawn(record: dict, name: str, words: Words) -> str:
    sides = {side: found[name] for side, found in record["sides"].items() if name in found}
    lines = [(words(f"side.{side}"), one, facts.value(one, words), side == "adapted") for side, one in sides.items()]
    return f'{bars(lines)}<p class="note">{escape(summary.direction(name, words))}</p>'


# ------------------------------------------------------------------ every number


def _numbers(record: dict, words: Words) -> str:
    headings = "".join(
        f'<th scope="col">{escape(words(f"report.column.{key}"))}</th>' for key in ("side", "value", "says")
    )
    groups = "".join(_group(record, name, words) for name in summary.names(record))
    return f"<table><thead><tr>{headings}</tr></thead>{groups}</table>"


def _group(record: dict, name: str, words: Words) -> str:
    lines = []
    for side, found in record["sides"].items():
        if name in found:
            verdict = record["against"].get(side, {}).get(name)
            says = words(f"report.says.{verdict['says']}") if verdict else ""
            strong = ' class="mine"' if side == "adapted" else ""
            cells = f"<td>{escape(facts.value(found[name], words))}</td><td>{escape(says)}</td>"
            lines.append(f'<tr{strong}><th scope="row">{escape(words(f"side.{side}"))}</th>{cells}</tr>')
    title = f"{words(f'metric.{name}')} · {summary.direction(name, words)}"
    won = summary.who_wins(record, name, words)
    said = escape(title) + (f"<br><small>{escape(words('table.says'))} · {escape(won)}</small>" if won else "")
    return f'<tbody><tr><th colspan="3" scope="rowgroup">{said}</th></tr>{"".join(lines)}</tbody>'


def _told(key: str, words: Words) -> str:
    """Answers a block of the words as it stands: its label over its paragraphs."""
    said = "".join(f"<p>{escape(part)}</p>" for part in words.body(key).split("\n\n"))
    return f"<h3>{escape(words(key))}</h3>{said}"


# ------------------------------------------------------------------ her texts


def _example(one: dict, words: Words) -> str:
    kinds = " · ".join(words(f"report.kind.{kind}") for kind in one["kinds"])
    by = words(f"metric.{one['by']}")
    parts = [f"<h3>{escape(words('report.example', row=str(one['row'] + 1)))}: {escape(kinds)}</h3>"]
    parts += [_text(words(f"report.{key}"), one[key]) for key in ("text", "summary") if key in one]
    for side, made in one["sides"].items():
        measured = texts.number(made[one["by"]], words.language) if one["by"] in made else ""
        label = words(f"side.{side}") + (f" · {by}: {measured}" if measured else "")
        if "written" in made:
            parts.append(_text(label, made["written"] or words("report.empty")))
        elif measured:
            parts.append(f'<p class="label">{escape(label)}</p>')
    return f"<article>{''.join(parts)}</article>"


def _text(label: str, text: str) -> str:
    return f'<p class="label">{escape(label)}</p><blockquote>{escape(text)}</blockquote>'
