"""What was measured of a run, a numbered line each, with the doors to what was not; and its energy."""

import math

import streamlit as st

from core import decision, texts
from core.decision import Kept
from core.evaluation import energy
from core.grounds import Comparison, Evidence
from core.project import Project
from core.texts import Words

MEASURES = ("quality", "tasting", "time", "memory", "energy", "copying", "rows", "dose")
_WHERE = {
    "quality": "pages/11_evaluate.py",
    "tasting": "pages/12_compare.py",
    "dose": "pages/experiments.py",
}


def show(evidence: Evidence, kept: Kept, words: Words) -> None:
    """Shows a numbered line for each measure, and the doors to what nobody has measured yet."""
    lines = []
    for number, name in enumerate(MEASURES, start=1):
        found = _found(name, evidence, kept, words) or [f"*{words('unmeasured')}*"]
        lines.append(f"{number}. **{words(name)}.** {found[0] if len(found) == 1 else ''}")
        lines += [f"    - {one}" for one in found if len(found) > 1]
    st.markdown("\n".join(lines))
    doors(evidence, words)


def missing(evidence: Evidence, kept: Kept, words: Words) -> list[str]:
    """Answers the measures that nobody has taken yet."""
    return [name for name in MEASURES if not _found(name, evidence, kept, words)]


def doors(evidence: Evidence, words: Words) -> None:
    """Links to where each thing that is missing can be measured."""
    looked = evidence.tasting and evidence.copying and evidence.text_seconds is not None
    there = {"quality": evidence.comparisons, "tasting": looked, "dose": evidence.dose}
    if all(there.values()):
        return
    st.caption(words("to_measure"))
    for name in (name for name, value in there.items() if not value):
        st.page_link(_WHERE[name], label=words(f"to_measure.{name}"), icon=":material/straighten:")


def power(project: Project, kept: Kept, words: Words) -> None:
    """Lets her put in what her machine draws and what a kWh costs her."""
    proposed = energy.power()
    with st.expander(words("energy.change"), icon=":material/bolt:"):
        st.markdown(words.body("energy.change"))
        st.caption(words(f"energy.watts.{proposed.source}", watts=proposed.watts, **proposed.facts))
        watts, price = st.columns(2)
        given = {
            "watts": watts.number_input(
                words("energy.watts"), 1.0, 10_000.0, kept.watts or proposed.watts, 5.0, key="decision.watts"
            ),
            "price": price.number_input(
                words("energy.price"), 0.0, None, kept.price, key="decision.price", format="%.4g",
                placeholder=words("energy.price.none"), help=words.body("energy.price"),
            ),
        }  # fmt: skip
    before = {"watts": kept.watts or proposed.watts, "price": kept.price}
    if given != before:
        decision.keep(project, **given)
        st.rerun()


def compared(one: Comparison, words: Words) -> dict[str, object]:
    """Answers a comparison as the facts that words about it ask for."""
    say = texts.percent if one.is_share else texts.number
    numbers = {name: say(getattr(one, name), words.language) for name in ("gain", "low", "high")}
    return {"rival": words(f"rival.{one.rival}"), "metric": words(f"by.{one.metric}"), "rows": one.rows, **numbers}


def _found(name: str, evidence: Evidence, kept: Kept, words: Words) -> list[str]:
    """Answers what a measure gave, in sentences; empty where nobody measured it."""
    language = words.language
    match name:
        case "quality":
            return [_quality(one, words) for one in evidence.comparisons]
        case "tasting" if evidence.tasting:
            told = evidence.tasting
            facts = {end: texts.percent(getattr(told, end), language) for end in ("low", "high")}
            key = "tasting.line" if told.tasters == 1 else "tasting.line.together"
            return [words(key, wins=told.wins, pairs=told.pairs, tasters=told.tasters, **facts)]
        case "time":
            taken = {name: getattr(evidence, f"{name}_seconds") for name in ("train", "evaluation", "text")}
            known = {name: seconds for name, seconds in taken.items() if seconds is not None}
            return [words(f"time.{name}", time=texts.duration(known[name], language)) for name in known]
        case "memory" if evidence.memory_mb:
            return [words("memory.line", memory=round(evidence.memory_mb))]
        case "energy":
            return _energy(evidence, kept, words)
        case "copying" if evidence.copying:
            copying = evidence.copying
            if not copying.share:
                return [words("copying.none", texts=copying.texts)]
            share = texts.percent(copying.share, language)
            if not copying.longest:
                return [words("copying.share", share=share, texts=copying.texts)]
            return [words("copying.line", share=share, texts=copying.texts, longest=copying.longest)]
        case "rows" if evidence.rows:
            return [words("rows.line", rows=evidence.rows)]
        case "dose" if evidence.dose:
            return [words(f"dose.line.{evidence.dose.code}", half=evidence.dose.half, all=evidence.dose.all)]
    return []


def _quality(one: Comparison, words: Words) -> str:
    if math.isinf(one.low):
        return words("quality.few", **compared(one, words))
    verdict = words(f"quality.{'wins' if one.wins else 'loses' if one.loses else 'unsure'}")
    return words("quality.line", verdict=verdict, **compared(one, words))


def _energy(evidence: Evidence, kept: Kept, words: Words) -> list[str]:
    watts = kept.watts or energy.power().watts
    spent = [seconds for seconds in (evidence.train_seconds, evidence.evaluation_seconds) if seconds]
    if not spent:
        return []
    kwh = energy.kwh(sum(spent), watts)
    said = words("energy.line", energy=1000 * kwh, watts=watts)
    if kept.price is not None:
        said += " " + words("energy.cost", cost=kwh * kept.price)
    if evidence.text_seconds is not None:
        said += " " + words("energy.text", energy=1000 * energy.kwh(evidence.text_seconds, watts))
    return [said]
