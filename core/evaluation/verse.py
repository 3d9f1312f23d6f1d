"""The syllables of Spanish as prose counts them: what reading ease needs, and where the metre of a verse begins.

The rules are those of the Ortografía de la lengua española (RAE and ASALE, 2010), chapters I and II: strong vowels
(a, e, o) part; a weak one (i, u) without an accent joins its neighbour; a weak one with an accent beside a strong one
parts from it; two different weak ones join; an h between vowels is not heard.
"""

import re
import unicodedata
from itertools import pairwise

_STRONG = set("aeoáéóàèòâêôäëö")
_WEAK = set("iuü")
_WEAK_ACCENTED = set("íú")
_VOWELS = _STRONG | _WEAK | _WEAK_ACCENTED
_VOWEL_RUN = re.compile(f"[{''.join(sorted(_VOWELS))}]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SILENT_U = re.compile(r"(?<=g)u(?=[eiéí])|(?<=q)u")  # guerra, queso; in pingüino it is heard


def words(text: str) -> list[str]:
    """Answers the words of a text, in its order: runs of letters, an apostrophe among them allowed."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def syllables(word: str) -> int:
    """Counts the syllables of a Spanish word; at least 1. «poeta» has 3, «aire» 2, «país» 2, «buey» 1, «prohíbe» 3."""
    sounds = _sounds(word)
    return max(1, sum(_nuclei(run) for run in _VOWEL_RUN.findall(sounds)))


def _sounds(word: str) -> str:
    """Answers a word as its vowels are heard: without a silent u or h, and with an y that sounds as i written so."""
    letters = unicodedata.normalize("NFC", word).lower()
    heard = _SILENT_U.sub("", letters)
    heard = re.sub(r"(?<=[^\Wc])h|^h", "", heard)  # prohíbe, ahijado, hoy; the h of ch is heard
    return re.sub(r"y(?![aeiouáéíóú])", "i", heard)  # rey, muy, y; in «yo» and «mayo» it is a consonant


def _nuclei(run: str) -> int:
    """Counts the syllables that a run of vowels makes: one, and one more wherever two neighbours part."""
    return 1 + sum(_parts(left, right) for left, right in pairwise(run))


def _parts(left: str, right: str) -> bool:
    """Says whether two vowels that follow one another belong to two syllables."""
    if left in _STRONG and right in _STRONG:
        return True
    if left in _WEAK_ACCENTED or right in _WEAK_ACCENTED:
        return _base(left) == _base(right) or left in _STRONG or right in _STRONG
    return left == right  # chiita; iu and ui join: ciudad, ruido


def _base(vowel: str) -> str:
    return unicodedata.normalize("NFD", vowel)[0]
