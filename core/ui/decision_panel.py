"""The decision on the page: four questions, what is proposed and why, and what she decides."""

from collections.abc import Mapping

import streamlit as st

from core import decision, texts, workshop
from core.decision import Answers, Kept, Rule
from core.evaluation import evidence
from core.grounds import Evidence
from core.project import Project
from core.texts import Words
from core.training.runs import Run
from core.ui import evidence_panel
from core.ui.evidence_panel import MEASURES, compared
from core.ui.plain import plain

LEAST_REASON = 20  # letters: less than that is no reason


def invite(project: Project, run: Run, language: str) -> bool:
    """Leads to the decision: what is still missing for it, or what she decided. Answers whether she did, and why."""
    words = texts.words(language, "decision")
    kept = decision.kept(project)
    missing = evidence_panel.missing(evidence.read(project, run), kept, words)
    if missing:
        st.caption(words("invite.missing", measures=", ".join(words(name).lower() for name in missing)))
    decided = bool(kept.chosen and len(kept.reason) >= LEAST_REASON)
    if decided:
        chosen = words(f"proposal.{kept.chosen}").lower()
        st.markdown(words("invite.decided", decision=chosen, reason=plain(" ".join(kept.reason.split()))))
    st.page_link("pages/decision.py", label=words("invite.again" if decided else "invite"), icon=":material/balance:")
    return decided


def ask(project: Project, kept: Kept, words: Words) -> Answers:
    """Asks the four questions, and keeps each answer as it is given."""
    given = {}
    for question, options in decision.QUESTIONS.items():
        before = getattr(kept.answers, question)
        given[question] = st.radio(
            words(question),
            options,
            options.index(before) if before else None,
            format_func=lambda option, question=question: words(f"answer.{question}.{option}"),
            key=f"decision.{question}",
        )
    answers = Answers(**{question: answer or "" for question, answer in given.items()})
    if answers != kept.answers:
        decision.keep(project, **{question: answer for question, answer in given.items() if answer})
    return answers


def propose(found: Evidence, answers: Answers, words: Words) -> Rule | None:
    """Shows what is proposed, why, what else counts, and the whole list of rules with the one that decided."""
    rule = decision.propose(found, answers)
    if rule is None:
        st.info(words("proposal.later"), icon=":material/help:")
        return None
    facts = _facts(rule, found, words)
    with st.container(border=True, key="proposal"):
        key = f"proposal.{rule.proposal}"
        st.markdown(f"#### {words(key)}\n\n{words.body(key)}")
        st.markdown(f"**{words('because')}.** {words.body(f'rule.{rule.code}', **facts)} {_points(rule.points, words)}")
        also = decision.notes(rule, found, answers)
        if also:
            lines = [f"- {words(f'note.{note.code}', **facts)} {_points(note.points, words)}" for note in also]
            st.markdown(f"**{words('also')}**\n\n" + "\n".join(lines))
    with st.expander(words("rules"), icon=":material/format_list_numbered:"):
        st.markdown(words.body("rules"))
        st.markdown(_list(rule, words))
    return rule


def decide(project: Project, run: Run, rule: Rule | None, kept: Kept, words: Words) -> None:
    """Asks what she does, which may be another thing, and why; keeps it on a click."""
    options = decision.PROPOSALS
    proposed = rule.proposal if rule and rule.proposal in options else ""
    before = kept.chosen or proposed
    chosen = st.radio(
        words("decide.label"),
        options,
        options.index(before) if before else None,
        format_func=lambda option: words(f"proposal.{option}"),
        key="decision.chosen",
    )
    if chosen and proposed and chosen != proposed:
        st.caption(words("decide.other"))
    reason = st.text_area(words("decide.reason"), kept.reason, key="decision.reason", height=90, max_chars=2000).strip()
    if st.button(
        words("decide.keep"), key="decision.keep", type="primary", icon=":material/check:", disabled=not chosen
    ):
        if len(reason) < LEAST_REASON:
            st.info(words("decide.short", least=LEAST_REASON), icon=":material/lightbulb:")
            return
        kept_now = decision.keep(project, chosen=chosen, proposed=proposed, reason=reason, run=run.name)
        workshop.mark_done(kept_now, "12_compare")
        st.success(words("decide.kept"), icon=":material/check:")
    elif kept.chosen and kept.run != run.name:
        st.caption(words("decide.stale", run=plain(kept.run.removeprefix("run-"))))


def _facts(rule: Rule, found: Evidence, words: Words) -> Mapping[str, object]:
    """Answers the numbers that the words of a rule, and of what else counts, may name."""
    facts: dict[str, object] = {}
    if one := decision.subject(rule, found):
        facts |= compared(one, words)
    if found.tasting:
        facts |= {"wins": found.tasting.wins, "pairs": found.tasting.pairs}
    if found.copying:
        facts["share"] = texts.percent(found.copying.share, words.language)
        facts |= {"longest": found.copying.longest, "copied_texts": found.copying.texts}
    if found.dose:
        facts |= {"half": found.dose.half, "all": found.dose.all}
    if found.text_seconds is not None:
        facts["text_time"] = texts.duration(found.text_seconds, words.language)
    return facts


def _points(points: tuple[str, ...], words: Words) -> str:
    named = [
        words("point.measure", number=MEASURES.index(point) + 1, name=words(point))
        if point in MEASURES
        else words("point.question", name=words(point))
        for point in points
    ]
    return f":gray[{words('points', points='; '.join(named))}]"


def _list(decided: Rule, words: Words) -> str:
    """Answers the rules in their order, each with what it proposes and how it went here."""
    at = decision.RULES.index(decided)
    lines = []
    for number, rule in enumerate(decision.RULES):
        state = "yes" if number == at else "no" if number < at else "later"
        said = words(f"rule.{state}", rule=words(f"rule.{rule.code}"), proposal=words(f"proposal.{rule.proposal}"))
        lines.append(f"{number + 1}. {said}")
    return "\n".join(lines)
