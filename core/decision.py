"""Is a language model right for her? What was measured and four answers of hers, put to a list of plain rules.

The rules are asked in their order, and the first that holds decides: her need comes before any number, what is missing
before what is good, what is simple before what is not. Each names the measures or the answers that it leans on. They
propose; the decision is hers, and is kept with her own reason.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core import project as projects
from core.grounds import Comparison, Evidence
from core.project import Project

# What can be proposed; WAIT is none of them: something has to be measured first.
PROPOSALS = ("adapted", "prompted", "simple", "more", "none")
WAIT = "wait"
# The four questions, each with its options.
QUESTIONS = {
    "purpose": ("drafts", "play", "alike", "truth"),
    "often": ("once", "weekly", "daily"),
    "mistake": ("little", "time", "harm"),
    "public": ("yes", "no", "unsure"),
}
STEP = "decision"  # under which project.json keeps all this among her choices

FEW_ROWS = 30  # test texts: under this many one text moves the mean; the usual rule of thumb for a margin
PATIENCE = 120  # seconds a text: who needs many a day has written it by hand by then. A choice of the workshop


@dataclass(frozen=True)
class Answers:
    """Hers to the four questions, by their codes; "" where she has not answered."""

    purpose: str = ""
    often: str = ""
    mistake: str = ""
    public: str = ""

    @property
    def missing(self) -> list[str]:
        return [question for question, options in QUESTIONS.items() if getattr(self, question) not in options]


@dataclass(frozen=True)
class Rule:
    """One line of the table: where it `holds`, it proposes; `points` are the measures or the questions it leans on."""

    code: str
    proposal: str
    points: tuple[str, ...]
    holds: Callable[[Evidence, Answers], object]


def _copies(e: Evidence) -> bool:
    return e.copying is not None and e.copying.is_high


RULES = (
    # Her need, before any number: a model that is good at something she does not need is of no use.
    Rule("harm", "none", ("mistake",), lambda e, a: a.mistake == "harm"),
    Rule("truth", "none", ("purpose",), lambda e, a: a.purpose == "truth"),
    Rule("alike", "none", ("purpose",), lambda e, a: a.purpose == "alike"),
    Rule("by_hand", "none", ("often", "purpose"), lambda e, a: a.often == "once" and a.purpose == "drafts"),
    # What nobody has looked at cannot be decided on.
    Rule("unmeasured", WAIT, ("quality",), lambda e, a: e.base is None),
    Rule("unlooked", WAIT, ("copying", "public"), lambda e, a: e.copying is None and a.public != "yes"),
    # What would do harm, however good it is.
    Rule("copies", "prompted", ("copying", "public"), lambda e, a: _copies(e) and a.public != "yes"),
    # Nothing sure yet: the way out is more texts, to measure with or to learn from.
    Rule("few", "more", ("quality",), lambda e, a: e.unsettled and e.unsettled.rows < FEW_ROWS),
    Rule("dose", "more", ("quality", "dose"), lambda e, a: e.unsettled and e.dose and e.dose.code == "helps"),
    # What is as good and simpler, before what is not.
    Rule("simple", "simple", ("quality",), lambda e, a: e.simple and not e.simple.wins),
    Rule("untouched", "prompted", ("quality",), lambda e, a: e.untouched and not e.untouched.wins),
    Rule("ears", "prompted", ("tasting",), lambda e, a: e.tasting and e.tasting.high < 0.5),
    Rule("slow", "none", ("time", "often"), lambda e, a: (e.text_seconds or 0) > PATIENCE and a.often == "daily"),
    # Better than all of them, and more than luck.
    Rule("better", "adapted", ("quality",), lambda e, a: True),
)


@dataclass(frozen=True)
class Note:
    """Something else that was measured or answered and counts for or against what is proposed, one of `proposals`."""

    code: str
    proposals: tuple[str, ...]
    points: tuple[str, ...]
    holds: Callable[[Evidence, Answers], object]


NOTES = (
    Note("ears_agree", ("adapted",), ("tasting",), lambda e, a: e.tasting and e.tasting.low > 0.5),
    Note("ears_unsure", ("adapted",), ("tasting",), lambda e, a: e.tasting and e.tasting.low <= 0.5),
    Note("no_ears", ("adapted",), ("tasting",), lambda e, a: e.tasting is None),
    Note("no_rivals", ("adapted",), ("quality",), lambda e, a: e.simple is None or e.against("few_shot") is None),
    Note("copies_none", ("adapted",), ("copying",), lambda e, a: e.copying and not e.copying.share),
    Note("copies_little", ("adapted",), ("copying",), lambda e, a: e.copying and e.copying.share and not _copies(e)),
    Note("copies_much", ("adapted",), ("copying", "public"), lambda e, a: _copies(e)),
    Note("someone_reads", ("adapted", "prompted", "simple"), ("mistake",), lambda e, a: a.mistake == "time"),
    Note("more_helps", ("adapted", "prompted", "simple"), ("dose",), lambda e, a: e.dose and e.dose.code == "helps"),
    Note("more_flat", ("adapted", "prompted", "simple"), ("dose",), lambda e, a: e.dose and e.dose.code == "flat"),
    Note("no_dose", ("more",), ("dose",), lambda e, a: e.dose is None),
)


@dataclass(frozen=True)
class Kept:
    """What she keeps of it: her answers, what she decided (one of PROPOSALS), what was proposed, her reason, the run.

    `watts` and `price` (of a kWh, in her own money) are what she put in for energy and cost; None: what is proposed.
    """

    answers: Answers = Answers()
    chosen: str = ""
    proposed: str = ""
    reason: str = ""
    run: str = ""
    watts: float | None = None
    price: float | None = None


def propose(evidence: Evidence, answers: Answers) -> Rule | None:
    """Answers the first rule that holds; None as long as a question is open."""
    return None if answers.missing else next(rule for rule in RULES if rule.holds(evidence, answers))


def notes(rule: Rule, evidence: Evidence, answers: Answers) -> list[Note]:
    """Answers what else counts for or against what `rule` proposes."""
    return [note for note in NOTES if rule.proposal in note.proposals and note.holds(evidence, answers)]


def subject(rule: Rule, evidence: Evidence) -> Comparison | None:
    """Answers the comparison that a rule on quality speaks of."""
    spoken = {"simple": evidence.simple, "untouched": evidence.untouched, "better": evidence.closest}
    return spoken.get(rule.code, evidence.unsettled)


def kept(project: Project) -> Kept:
    """Answers what she kept; what another hand or version wrote there and is none of the options is left out."""
    found = project.choices.get(STEP, {})
    answers = {question: found.get(question) for question in QUESTIONS}
    known = {question: answer for question, answer in answers.items() if answer in QUESTIONS[question]}
    watts, price = (float(v) if isinstance(v := found.get(name), int | float) else None for name in ("watts", "price"))
    chosen, proposed = (v if (v := found.get(name)) in PROPOSALS else "" for name in ("chosen", "proposed"))
    reason, run = (str(found.get(name) or "") for name in ("reason", "run"))
    return Kept(Answers(**known), chosen, proposed, reason, run, watts, price)


def keep(project: Project, **choices: object) -> Project:
    """Keeps an answer, a figure or her decision with the project."""
    return projects.update(project, STEP, choices)
