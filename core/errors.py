"""One kind of failure reaches a person: a LessonError, raised with a code and facts, worded in the texts."""


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
