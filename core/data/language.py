"""Spanish or English: told by each language's commonest small words."""

import re
from collections import Counter
from collections.abc import Iterable

_SMALL_WORDS = {
    "es": {
        "el",
        "la",
        "los",
        "las",
        "de",
        "del",
        "que",
        "y",
        "en",
        "un",
        "una",
        "por",
        "con",
        "para",
        "se",
        "no",
        "al",
        "lo",
        "su",
        "es",
        "como",
        "más",
        "pero",
        "sus",
        "le",
    },
    "en": {
        "the",
        "of",
        "and",
        "to",
        "in",
        "a",
        "is",
        "that",
        "it",
        "for",
        "on",
        "was",
        "with",
        "as",
        "at",
        "by",
        "be",
        "this",
        "have",
        "from",
        "or",
        "had",
        "his",
        "her",
    },
}


def text_language(texts: Iterable[str]) -> str:
    """Answers `es` or `en`, whichever has more of its small words in the first 200 texts; `es` on a tie."""
    counts: Counter[str] = Counter()
    for _, text in zip(range(200), texts, strict=False):
        for word in re.findall(r"\w+", text.lower()):
            counts.update(language for language, small in _SMALL_WORDS.items() if word in small)
    return "en" if counts["en"] > counts["es"] else "es"
