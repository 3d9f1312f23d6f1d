"""What the set-up says to her; Babel and the pages are not there yet."""

import sys

from core.texts import Words


class SetupError(Exception):
    """Something that stops the set-up and that the person can mend; `key` names its sentence in the texts."""

    def __init__(self, key: str, **facts: str) -> None:
        super().__init__(key, facts)
        self.key = key
        self.facts = facts


def tell(sentence: str) -> None:
    """Says one thing to the person, apart from what a command answers on stdout."""
    print(sentence, file=sys.stderr, flush=True)


def size_in_words(megabytes: float, text: Words) -> str:
    """Writes a size as the language does; Babel is not there yet."""
    if megabytes < 1000:
        return f"{megabytes:.0f} MB"
    size = f"{megabytes / 1000:.1f} GB"
    return size.replace(".", ",") if text.language == "es" else size
