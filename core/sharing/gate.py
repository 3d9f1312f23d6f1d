"""What has to hold before everybody may see a model: five points, each passed or with a sentence of what to do.

A model that only she can see passes with less: with nothing. What she answers is kept with the run.
"""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from core import classroom, storage
from core.data import table
from core.data.repairs import personal
from core.errors import LessonError
from core.evaluation import evaluate, evidence
from core.models import folder as models
from core.models import licence
from core.models.folder import CLASSROOM
from core.training.runs import Run

# Whose the texts are, and what those who appear in them said: the answers, the good ones first.
TEXTS = ("mine", "free", "agreed", "not_asked")
PEOPLE = ("nobody", "agreed", "not_asked")
NOT_ASKED = "not_asked"
# Licences that she can choose from, by the names that the Hub knows; the base's own is offered too.
LICENCES = ("cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc0-1.0", "apache-2.0")
_ENOUGH = 100  # texts with something personal: there is no need to count any further


@dataclass(frozen=True)
class Answers:
    """What she says of her texts and of what she publishes; "" where she has not said it yet.

    `licence` is hers, `read` says that she has read the base's own terms, `about` is a line of hers on the texts.
    """

    texts: str = ""
    people: str = ""
    licence: str = ""
    read: bool = False
    about: str = ""


@dataclass(frozen=True)
class Point:
    """One thing that has to hold: `says` is `passed`, or what is in the way of it."""

    code: str
    says: str
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.says == "passed"


def kept(run: Run) -> Answers:
    """Answers what she said the last time."""
    said = storage.read_json(_path(run)) or {}
    known = {f.name: said[f.name] for f in fields(Answers) if isinstance(said.get(f.name), type(f.default))}
    return Answers(**known)


def keep(run: Run, answers: Answers) -> None:
    if answers != kept(run):
        storage.write_json(_path(run), asdict(answers))


def points(run: Run) -> list[Point]:
    """Answers every point, in the order in which she meets them."""
    said = kept(run)
    return [_personal(run), _copies(run), _texts(said), _people(said), _licence(run, said)]


def check(run: Run) -> None:
    """Raises LessonError `gate_closed` unless all points are passed."""
    waiting = sum(not point.passed for point in points(run))
    if waiting:
        raise LessonError("gate_closed", waiting=waiting)


def base_licence(run: Run) -> str:
    """Answers the licence of the run's base model as its card names it; "" where it names none."""
    record = run.record()  # ours is known by its name: the workshop may have been moved since
    return models.licence(classroom.MODEL if record["model"] == CLASSROOM else Path(record["model_folder"]))


def offered(run: Run) -> list[str]:
    """Answers the licences that the base's own lets her choose from, the base's first where it must stay."""
    base = base_licence(run).lower()
    return [name for name in dict.fromkeys((*LICENCES, base)) if licence.may_carry(base, name)]


def is_found_by_others(run: Run) -> bool:
    """Says whether others can get the base that an adapter needs: ours goes along, and the Hub has its own."""
    reference = run.record()["model"]
    return run.settings().method == "full" or reference == CLASSROOM or models.is_hub_reference(reference)


def _path(run: Run) -> Path:
    return run.folder / "share" / "answers.json"


def _personal(run: Run) -> Point:
    """Step 6 masks, or leaves out; where she chose to keep what is personal, what was read is looked through."""
    recipe = storage.load_json(run.prepared / "record.json")["recipe"]
    if recipe.get("personal") in ("mask", "leave_out"):
        return Point("personal", "passed")
    found = _with_something_personal(run)
    return Point("personal", "found" if found else "passed", {"rows": found})


def _with_something_personal(run: Run) -> int:
    data, found = table.read(run.prepared / "train"), 0
    columns = [name for name in ("text", "summary") if name in data.column_names]
    for batch in data.select(columns).to_batches(max_chunksize=table.BATCH_ROWS):
        for row in batch.to_pylist():
            found += any(personal.find(text) for text in row.values())
            if found >= _ENOUGH:
                return found
    return found


def _copies(run: Run) -> Point:
    seen = evidence.copying_of(run, evaluate.result(run))
    if seen is None:
        return Point("copies", "unlooked")
    return Point("copies", "high" if seen.is_high else "passed", {"texts": seen.texts, "longest": seen.longest})


def _texts(said: Answers) -> Point:
    right = said.texts in TEXTS and said.texts != NOT_ASKED
    return Point("texts", "passed" if right else said.texts or "unanswered")


def _people(said: Answers) -> Point:
    right = said.people in PEOPLE and said.people != NOT_ASKED
    return Point("people", "passed" if right else said.people or "unanswered")


def _licence(run: Run, said: Answers) -> Point:
    base = base_licence(run)
    facts: dict[str, object] = {"base": base, "licence": said.licence}
    if licence.meaning(base) == licence.NONE:
        return Point("licence", "none", facts)
    if not offered(run):
        return Point("licence", "no_changes", facts)
    if not said.licence:
        return Point("licence", "unanswered", facts)
    if said.licence not in offered(run):
        return Point("licence", "other", facts)
    if licence.meaning(base) == licence.TERMS and not said.read:
        return Point("licence", "unread", facts)
    return Point("licence", "passed", facts)
