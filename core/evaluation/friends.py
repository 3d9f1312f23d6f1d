"""A tasting for friends: the pairs as one file that any browser opens, and the small files that come back.

The pack holds what `pairs.json` does and the words of both languages: never the key, and nothing from elsewhere. What
comes back says who tasted, which tasting, and an answer a pair in the pairs' order. A sum (CRC-32) finds what was
damaged or changed by hand; who wants to deceive needs no such trouble, since any answer may be given.

<run>/tasting/friends/<fingerprint of the name>.json
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from core import storage, texts
from core.errors import LessonError
from core.evaluation import agreement, answers, tasting
from core.evaluation.answers import ANSWERS
from core.evaluation.tasting import Tasting
from core.training.runs import Run

KIND = "llms-para-poetas tasting answers"
LARGEST = 100_000  # bytes; one holds a few thousand
_LONGEST_NAME = 60
# What the pack's page says, besides its question.
_WORDS = (
    "title", "welcome", "keys", "name", "begin", "place", "read", "left", "right", "neither", "undo", "stop",
    "nothing", "thanks", "save", "back", "send", "file", "other_language",
)  # fmt: skip
_PAGE = Path(__file__).parent / "tasting_pack.html"


@dataclass(frozen=True)
class Friend:
    """Who tasted, by the name that was given, and an answer for each of the first pairs."""

    name: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """What several tasters say together. `tasters` is how many; `counts` is of the outcomes.

    `alpha` is Krippendorff's, None where nothing could differ; `pooled` is the rate of wins and its interval.
    """

    tasters: int
    counts: dict[str, int]
    alpha: float | None
    pooled: tuple[float, float, float] | None


def pack(tasted: Tasting) -> bytes:
    """Answers the file for friends, in both languages, opening in that of the texts."""
    said = {}
    for language in texts.LANGUAGES:
        blocks = texts.words(language, "tasting_pack").blocks
        said[language] = {word: blocks[word].body or blocks[word].label for word in _WORDS}
        said[language]["question"] = blocks[f"question.{tasted.task}"].label
    content = {
        "id": tasted.id,
        "answers": KIND,
        "task": tasted.task,
        "language": tasted.language,
        "pairs": [asdict(pair) for pair in tasted.pairs],
        "words": said,
    }
    held = json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")  # no text of hers can end the script
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(tasted=held).encode()


def read(tasted: Tasting, file: str, content: bytes) -> Friend:
    """Checks a file that came back.

    Raises LessonError `friend_not_answers`, `friend_other_tasting`, `friend_damaged`, `friend_nothing`.
    """
    try:
        told = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("kind") != KIND:
        raise LessonError("friend_not_answers", file=file)
    if told.get("tasting") != tasted.id:
        raise LessonError("friend_other_tasting", file=file)
    name, given = told.get("friend"), told.get("answers")
    if not (isinstance(name, str) and isinstance(given, list) and _is_whole(tasted, name, given, told.get("check"))):
        raise LessonError("friend_damaged", file=file)
    if not given:
        raise LessonError("friend_nothing", file=file)
    return Friend(name.strip(), tuple(given))


def keep(run: Run, tasted: Tasting, friend: Friend) -> str:
    """Keeps a friend's answers, in place of others under that name. Says `new`, `same`, or `replaced`."""
    path = _path(run, friend.name)
    before = storage.read_json(path)
    if before and before["tasting"] == tasted.id and _friend(before) == friend:
        return "same"
    storage.write_json(path, {"tasting": tasted.id, "friend": asdict(friend)})
    return "replaced" if before and before["tasting"] == tasted.id else "new"


def forget(run: Run, friend: Friend) -> None:
    _path(run, friend.name).unlink(missing_ok=True)


def kept(run: Run, tasted: Tasting) -> list[Friend]:
    """Answers the friends whose answers to this tasting were read, by name."""
    found = [storage.read_json(path) for path in (tasting.folder(run) / "friends").glob("*.json")]
    friends = [_friend(one) for one in found if one and one["tasting"] == tasted.id]
    return sorted(friends, key=lambda one: texts.unaccented(one.name))


def together(run: Run, tasted: Tasting, everyone: Sequence[dict[int, str]]) -> Together:
    """Puts together the answers, by pair, of several tasters. Reads the key: only for after the reveal."""
    key = tasting.key(run)
    found = [answers.outcomes(key, said) for said in everyone]
    units = [[one[pair] for one in found if pair in one] for pair in range(len(key))]
    counts = {outcome: sum(unit.count(outcome) for unit in units) for outcome in answers.OUTCOMES}
    pooled = agreement.pooled([unit.count("adapted") for unit in units], [unit.count("base") for unit in units])
    return Together(len(everyone), counts, agreement.alpha(units), pooled)


def _friend(record: dict) -> Friend:
    return Friend(record["friend"]["name"], tuple(record["friend"]["answers"]))


def _is_whole(tasted: Tasting, name: str, given: list, check: object) -> bool:
    """Says whether a name and its answers are such as the pack's page saves, with the sum that it reckons of them."""
    if not 0 < len(name.strip()) <= _LONGEST_NAME or len(given) > len(tasted.pairs):
        return False
    if any(one not in ANSWERS for one in given):
        return False
    try:
        return check == zlib.crc32("\n".join([tasted.id, name, *given]).encode())
    except UnicodeEncodeError:  # half a letter, which no browser writes
        return False


def _path(run: Run, name: str) -> Path:
    digest = storage.fingerprint(texts.unaccented(" ".join(name.split())))
    return tasting.folder(run) / "friends" / f"{digest}.json"
