"""The recipe: every repair that cleaning can do, each with what was chosen for it. Flat, typed, saved as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.data.language import main_language
from core.errors import LessonError
from core.machine import Choice
from core.tasks import Task

PERSONAL = ("keep", "mask", "leave_out")
# From here on nearly equal texts are looked for only when she asks: some 20 s for every 100 000.
NEAR_MOST = 200_000


@dataclass(frozen=True)
class Recipe:
    """What cleaning does, in the order of the fields. Empty rows always go: nothing can be learned from them.

    `longest` and `shortest` are in characters, `likeness` is a share of equal three-word pieces (Jaccard, 0 to 1).
    """

    encoding: bool = True  # «Ã±» back to «ñ»
    whitespace: bool = True  # spaces, control characters, NFC
    markup: bool = True  # HTML tags and entities
    page_numbers: bool = True  # lines with nothing but a page's number
    hard_wraps: bool = True  # lines cut by a page's width, never a poem's
    personal: str = "mask"  # e-mail, telephone, identity numbers, cards, addresses of the web
    long_texts: bool = False  # longer than `longest`: divided at their paragraphs or stanzas
    longest: int = 2000
    short_texts: bool = False  # shorter than `shortest`: left out
    shortest: int = 20
    other_language: bool = False  # clearly in another language than most of these texts: left out
    long_summaries: bool = True  # a summary as long as its source: left out
    copied_summaries: bool = True  # a summary that only copies its source: left out
    duplicates: bool = True  # equal but for capitals, punctuation and spaces: the first one stays
    near_duplicates: bool = True  # nearly equal: the first one stays
    likeness: float = 0.8

    def changed(self, changes: Mapping[str, Any]) -> "Recipe":
        """Answers the recipe with `changes`. Raises LessonError `recipe_problems`, with all of them."""
        types = {field.name: field.type for field in fields(self)}
        problems = [f"{name} = {value!r}" for name, value in changes.items() if not _fits(name, value, types)]
        if problems:
            raise LessonError("recipe_problems", problems="; ".join(problems)[:300], known=", ".join(types))
        return Recipe(**{**asdict(self), **changes})


# The fields that switch a repair on, in the order in which cleaning works.
REPAIRS = tuple(f.name for f in fields(Recipe) if f.type is bool or f.name == "personal")
FOR_SUMMARIES = ("long_summaries", "copied_summaries")


def repairs_of(task: Task) -> tuple[str, ...]:
    """Answers the repairs that make sense for a task: pairs are not divided, and only pairs have summaries."""
    pairs = "summary" in task.columns
    return tuple(name for name in REPAIRS if (name != "long_texts" if pairs else name not in FOR_SUMMARIES))


def propose(overview: Mapping[str, Any], task: Task, room: int) -> tuple[Recipe, dict[str, Choice]]:
    """Proposes a recipe for texts like these, and the reasons for what depends on them.

    `overview` is `core.data.overview`'s; `room` is how many characters the model can read at once.
    """
    rows, characters = overview["rows"], overview["characters"]
    chosen = {"longest": Choice(max(200, room // 100 * 100), "recipe.room", {"room": room})}
    if "summary" not in task.columns and characters["max"] > room:
        chosen["long_texts"] = Choice(True, "recipe.longer_than_room", {"longest": characters["max"], "room": room})
    if characters["percentiles"]["50"] >= 10 * Recipe.shortest:
        chosen["short_texts"] = Choice(True, "recipe.usual", {"usual": characters["percentiles"]["50"]})
    if rows > NEAR_MOST:
        chosen["near_duplicates"] = Choice(False, "recipe.too_many", {"rows": rows})
    main = main_language(overview["languages"])
    if main and overview["languages"][main] >= 0.7:
        chosen["other_language"] = Choice(
            True, f"recipe.mostly.{main}" if main in ("es", "en") else "recipe.mostly", {}
        )
    return Recipe().changed({name: choice.value for name, choice in chosen.items()}), chosen


def _fits(name: str, value: Any, types: Mapping[str, Any]) -> bool:
    if name not in types or not (type(value) is types[name] or (types[name] is float and type(value) is int)):
        return False
    if name == "personal":
        return value in PERSONAL
    if name == "likeness":
        return 0.5 <= value <= 1
    return isinstance(value, bool) or value >= 1
