"""In which language a text is: told by small words where they suffice, or else by py3langid."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

# The languages a reader of Spanish may meet. Fewer to choose from makes fewer mistakes.
LANGUAGES = ("es", "en", "pt", "ca", "gl", "eu", "fr", "it", "de", "la", "ro", "nl", "pl")
FEWEST_LETTERS = 40  # with fewer letters a name or a loan decides
_BEGINNING = 500  # characters in which small words are looked for: a quick yes
_LONGEST = 1_500  # characters looked at: more say no more
_SURE = 0.9  # of py3langid's probability, over the whole text

_SMALL_WORDS = {
    "es": "el la los las de del que y en un una por con para se no al lo su es como más pero sus le",
    "en": "the of and to in a is that it for on was with as at by be this have from or had his her",
}
# Those that no neighbouring language writes the same way.
_OWN_WORDS = {
    "es": "y los las muy pero más yo cuando donde hay hasta también había así ella ellos mientras aunque luego hacia "
    "ahora siempre entonces otro otra hoy sino fue está están puede hace tiene",
    "en": "the of and is that it was with this have from had his her you they are not which were",
}
_SMALL, _OWN = ({code: frozenset(words.split()) for code, words in of.items()} for of in (_SMALL_WORDS, _OWN_WORDS))


def text_language(texts: Iterable[str]) -> str:
    """Answers `es` or `en`, whichever has more of its small words in the first 200 texts; `es` on a tie."""
    counts: Counter[str] = Counter()
    for _, text in zip(range(200), texts, strict=False):
        for word in re.findall(r"\w+", text.lower()):
            counts.update(language for language, small in _SMALL.items() if word in small)
    return "en" if counts["en"] > counts["es"] else "es"


def main_language(shares: Mapping[str, float]) -> str | None:
    """Answers the language with the largest share of `core.data.overview`'s `languages`; None where there is none."""
    return max(shares, key=lambda code: shares[code], default=None)


def detect(text: str) -> tuple[str, float] | None:
    """Answers the likeliest of `LANGUAGES` and its probability, 0 to 1; None for a text without 20 letters."""
    text = text[:_LONGEST]
    return _classify(text) if _letters(text) >= 20 else None


def is_other(text: str, expected: str) -> str | None:
    """Answers the code of the language that `text` is clearly in; None if `expected`, too short, mixed or doubtful."""
    if expected not in LANGUAGES:
        return None  # what we do not know we cannot miss
    if _own_words_suffice(text[:_BEGINNING], expected):
        return None
    text = text[:_LONGEST]
    if _letters(text) < FEWEST_LETTERS:
        return None
    code, probability = _classify(text)
    if code == expected or probability < _SURE:
        return None
    words = text.split()
    third = max(1, -(-len(words) // 3))
    for begin in range(0, len(words), third):
        if _classify(" ".join(words[begin : begin + third]))[0] == expected:
            return None  # a text of two languages is of neither
    return code


def forget() -> None:
    """Lets go of py3langid's model, 44 MB, until it is needed again."""
    _identifier.cache_clear()


def _own_words_suffice(text: str, expected: str) -> bool:
    words = text.lower().split()
    hits = sum(map(_OWN.get(expected, frozenset()).__contains__, words))
    return hits >= 3 and hits * 20 >= len(words)


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _classify(text: str) -> tuple[str, float]:
    code, probability = _identifier().classify(text.lower())
    return code, float(probability)


@cache
def _identifier() -> Any:
    """Loads the model: about a second, and only where small words did not suffice.

    Of its 142 languages it keeps ours alone, which leaves 28 MB of its table behind.
    """
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier
    from py3langid.modelio import load_model

    table, priors, codes, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
    kept = [place for place, code in enumerate(codes) if code in LANGUAGES]
    return LanguageIdentifier(
        np.asarray(table)[:, kept],
        np.asarray(priors)[kept],
        [codes[place] for place in kept],
        moves,
        outputs,
        norm_probs=True,
        tk_row=rows,
    )
