"""One kind of failure reaches a person: a LessonError, raised with a code and facts, worded in the texts."""

from collections.abc import Mapping
from typing import Any


class LessonError(Exception):
    """Something about what was given, or about this machine, that the person can understand and mend.

    `code` names a block of `pages/texts/<language>/errors.md`; `facts` fill its placeholders.
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


def told(error: Exception) -> dict[str, Any]:
    """Answers an error as a process writes it for another: `code`, and `facts` as JSON has them, numbers as numbers.

    Anything but a LessonError is our own fault, and of it no more is told: it may hold anything.
    """
    if not isinstance(error, LessonError):
        return {"code": "our_fault", "facts": {}}
    facts = {name: fact if isinstance(fact, int | float) else str(fact) for name, fact in error.facts.items()}
    return {"code": error.code, "facts": facts}


def heard(told: Mapping[str, Any]) -> LessonError:
    """Answers the error that was `told`."""
    return LessonError(told["code"], **told["facts"])
