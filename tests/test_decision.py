"""The decision: which rule decides, case by case; and what must never be proposed, whatever else was measured."""

import itertools
import math
import random

import pytest

from core import decision
from core import project as projects
from core.decision import PROPOSALS, QUESTIONS, WAIT, Answers
from core.grounds import Comparison, Copying, Dose, Evidence, Tasting


def against(rival, low, high, rows=100):
    return Comparison(rival, "bits_per_character", 0.3, low, high, rows)


DRAFTS = {"purpose": "drafts", "often": "weekly", "mistake": "time", "public": "yes"}
BEATEN = (against("base", 0.2, 0.4), against("few_shot", 0.1, 0.3), against("ngram", 0.3, 0.6))
GOOD = {"rows": 500, "comparisons": BEATEN, "copying": Copying(20, 0.01, 6), "text_seconds": 2.0}
TIED, LOST = (-0.1, 0.1), (-0.4, -0.2)


def versus(**changed):
    """The comparisons of a good model, but for these."""
    return tuple(against(one.rival, *changed.get(one.rival, (one.low, one.high))) for one in BEATEN)


CASES = [
    ("harm", "none", {"mistake": "harm"}, {}),
    ("truth", "none", {"purpose": "truth"}, {}),
    ("alike", "none", {"purpose": "alike"}, {}),
    ("by_hand", "none", {"often": "once"}, {}),
    ("unmeasured", WAIT, {}, {"comparisons": ()}),
    ("unlooked", WAIT, {"public": "unsure"}, {"copying": None}),
    ("copies", "prompted", {"public": "no"}, {"copying": Copying(20, 0.2, 8)}),
    ("copies", "prompted", {"public": "unsure"}, {"copying": Copying(20, 0.02, 30)}),
    ("few", "more", {}, {"comparisons": (against("base", *TIED, rows=20),)}),
    ("few", "more", {}, {"comparisons": (against("base", -math.inf, math.inf, rows=8),)}),
    ("dose", "more", {}, {"comparisons": versus(base=TIED), "dose": Dose("helps", 50.0, 40.0)}),
    ("simple", "simple", {}, {"comparisons": versus(ngram=TIED), "dose": Dose("flat", 40.0, 40.0)}),
    ("simple", "simple", {}, {"comparisons": versus(ngram=LOST)}),
    ("untouched", "prompted", {}, {"comparisons": versus(base=TIED)}),
    ("untouched", "prompted", {}, {"comparisons": versus(few_shot=LOST)}),
    ("ears", "prompted", {}, {"tasting": Tasting(2, 20, 0.02, 0.3)}),
    ("slow", "none", {"often": "daily"}, {"text_seconds": 300.0}),
    ("better", "adapted", {}, {}),
    ("better", "adapted", {"often": "once", "purpose": "play"}, {}),
    ("better", "adapted", {"public": "yes"}, {"copying": None}),
    ("better", "adapted", {"often": "weekly"}, {"text_seconds": 300.0}),
]


@pytest.mark.parametrize(("code", "proposal", "answers", "measured"), CASES)
def test_the_first_rule_that_holds_decides(code, proposal, answers, measured):
    rule = decision.propose(Evidence(**GOOD | measured), Answers(**DRAFTS | answers))
    assert (rule.code, rule.proposal) == (code, proposal)


def test_every_rule_decides_somewhere_and_every_proposal_is_reached():
    assert {code for code, *_ in CASES} == {rule.code for rule in decision.RULES}
    assert {proposal for _, proposal, *_ in CASES} == {*PROPOSALS, WAIT}


def test_with_a_question_open_nothing_is_proposed():
    for question in QUESTIONS:
        assert decision.propose(Evidence(**GOOD), Answers(**DRAFTS | {question: ""})) is None


def drawn(draw):
    """Evidence of any kind: everything may be missing, good or bad."""
    rivals = draw.sample(["base", "few_shot", "ngram", "lead_1"], draw.randint(0, 4))
    bounds = [sorted(draw.uniform(-0.3, 1) for _ in range(2)) for _ in rivals]
    maybe = lambda value: value if draw.random() < 0.7 else None  # noqa: E731
    return Evidence(
        comparisons=tuple(
            against(rival, *ends, draw.choice([10, 200])) for rival, ends in zip(rivals, bounds, strict=True)
        ),
        tasting=maybe(Tasting(5, 10, *sorted(draw.random() for _ in range(2)))),
        text_seconds=maybe(draw.uniform(0, 400)),
        copying=maybe(Copying(5, draw.random() / 4, draw.randint(0, 30))),
        dose=maybe(Dose(draw.choice(["helps", "flat", "unsure", "worse", "nothing"]), 50.0, 40.0)),
    )


def test_the_adapted_model_is_never_proposed_where_it_must_not_be():
    """Whatever was measured: not when no more than luck, and not when it copies what may not be published."""
    draw, adapted = random.Random(1), 0
    options = list(itertools.product(*QUESTIONS.values()))
    for _ in range(20_000):
        evidence, answers = drawn(draw), Answers(*draw.choice(options))
        rule = decision.propose(evidence, answers)
        if rule.proposal == "adapted":
            adapted += 1
            assert evidence.base
            assert all(one.wins for one in evidence.comparisons)
            assert answers.public == "yes" or (evidence.copying and not evidence.copying.is_high)
            assert answers.mistake != "harm"
        if rule.proposal == "simple":
            assert evidence.simple
    assert adapted > 50


def test_a_rule_on_quality_speaks_of_the_rival_that_made_it_hold():
    for code, _, _, measured in CASES:
        rule = next(rule for rule in decision.RULES if rule.code == code)
        if "quality" in rule.points and code != "unmeasured":
            one = decision.subject(rule, Evidence(**GOOD | measured))
            assert one.wins == (code == "better")
            assert (one.rival == "ngram") == (code == "simple")


def test_what_else_counts_is_said_with_what_it_leans_on():
    rule = decision.propose(Evidence(**GOOD), Answers(**DRAFTS))
    said = {note.code: note.points for note in decision.notes(rule, Evidence(**GOOD), Answers(**DRAFTS))}
    assert said == {"no_ears": ("tasting",), "copies_little": ("copying",), "someone_reads": ("mistake",)}


def test_her_decision_is_kept_with_her_reason_and_a_strange_one_is_left_out(new_project):
    project = new_project()
    assert decision.kept(project) == decision.Kept()
    project = decision.keep(
        project, purpose="play", chosen="none", proposed="adapted", reason="no hace falta", run="run-1"
    )
    project = projects.open_project(project.folder.parent, project.id)
    kept = decision.kept(project)
    assert (kept.answers, kept.chosen, kept.reason) == (Answers(purpose="play"), "none", "no hace falta")
    project = decision.keep(project, purpose="otra", chosen="keep", watts="mucho", price=0.2)
    assert decision.kept(project) == decision.Kept(Answers(), "", "adapted", "no hace falta", "run-1", None, 0.2)
