"""What is looked at before a run: each thing is well (`ok`), to be known (`warn`), in the way (`no`), or unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core import limits, line, machine, storage
from core.data.split import FEWEST_ROWS
from core.errors import LessonError
from core.models import folder as models
from core.project import Project
from core.training import doubts, memory
from core.training.promise import Promise
from core.training.settings import Settings

OK, WARN, NO, UNKNOWN = "ok", "warn", "no", "unknown"
_FEW_ROWS = 100  # under this many, what is learned is more often luck than not
_MUCH_CUT = 0.2  # of the texts, from which the maximum length deserves another look
_CHECKPOINTS = 3  # on disk at once: two kept, and one being written
_ADAM = 3  # times what is trained: its weights and AdamW's two moments, all in float32


@dataclass(frozen=True)
class Check:
    """One thing: a code of the texts (`check.CODE.VERDICT`), its verdict, and the facts that fill it."""

    code: str
    verdict: str
    facts: Mapping[str, object] = field(default_factory=dict)


def look(project: Project, settings: Settings, promised: Promise | None) -> list[Check]:
    """Answers all checks, in the order in which they are shown; without a model, its needs are not looked at.

    Memory is reckoned until it was measured.
    """
    record = storage.read_json(project.tokens / "record.json")
    if record is None:
        return [Check("data", NO)]
    checks = [_data(record), _length(record), *_model(project)]
    if all(check.verdict != NO for check in checks if check.code == "model"):
        checks += [_settings(project, settings), _memory(project, settings, promised), _disk(project, settings)]
    return checks + _shared(project, settings, promised, record["rows"]["train"])


def _shared(project: Project, settings: Settings, promised: Promise | None, rows: int) -> list[Check]:
    """On a shared server: whether it keeps to the limits, and who is in line already."""
    limited = limits.of(project.folder)
    if limited is None:
        return []
    seconds = promised.seconds if promised else 0.0
    over = settings.steps(rows) > limited.run_steps or seconds > 60 * limited.run_minutes
    facts = {"minutes": limited.run_minutes, "steps": limited.run_steps}
    verdict = NO if over else OK if promised else UNKNOWN
    queue = line.folder(project.folder.parent, line.TRAINING)
    ahead = line.standing(queue)
    wait = line.seconds_until(queue, ahead)
    told = {"ahead": len(ahead)} | ({} if wait is None else {"seconds": wait})
    return [Check("limit", verdict, facts), Check("line", OK if not ahead else UNKNOWN if wait is None else WARN, told)]


def _data(record: Mapping) -> Check:
    rows = record["rows"]["train"]
    return Check("data", OK if rows >= _FEW_ROWS else WARN if rows >= FEWEST_ROWS else NO, {"rows": rows})


def _length(record: Mapping) -> Check:
    cut, rows = record["truncated_rows"], sum(record["rows"].values())
    facts = {"length": record["max_length"], "cut": cut, "rows": rows}
    return Check("length", WARN if cut > _MUCH_CUT * rows else OK, facts)


def _model(project: Project) -> list[Check]:
    name = models.public_name(project.model)
    try:
        folder = models.find(project.model)
    except LessonError:
        return [Check("model", NO, {"model": name})]
    licence = models.licence(folder)
    said = Check("licence", OK if licence else UNKNOWN, {"model": name, "licence": licence})
    return [Check("model", OK, {"model": name}), said]


def _settings(project: Project, settings: Settings) -> Check:
    found = len(doubts.of_project(project, settings))
    return Check("settings", WARN if found else OK, {"found": found})


def _memory(project: Project, settings: Settings, promised: Promise | None) -> Check:
    fitted = memory.fit(project, settings)
    facts: dict[str, object] = {"needed": round(fitted.needed), "free": round(fitted.free)}
    if not fitted.fits:
        return Check("memory", NO, facts)
    if changes := fitted.settings.differences(settings):
        return Check("reshaped", WARN, facts | changes)
    return Check("memory" if promised else "memory_reckoned", OK, facts)


def _disk(project: Project, settings: Settings) -> Check:
    facts_of_model = models.describe(project.model, models.find(project.model))
    parameters = memory.trained_parameters(facts_of_model, settings)
    needed = parameters * 4 * (_CHECKPOINTS * _ADAM + 1) / 1e6
    free = machine.inspect(project.folder).free_disk_gb * 1000
    facts = {"needed": max(1, round(needed)), "free": round(free)}
    return Check("disk", OK if needed < 0.8 * free else NO, facts)
