"""The syllables of a Spanish word and where its stress falls: what reading ease, metre and rhyme begin with.

The rules are those of the Ortografía de la lengua española (RAE and ASALE, 2010), chapters I and II: strong vowels
(a, e, o) part; a weak one (i, u) without an accent joins its neighbour; a weak one with an accent beside a strong one
parts from it; two different weak ones join; an h between vowels is not heard. Where no accent is written,
a word that ends in a vowel, or in n or s after one, is stressed on its last syllable but one, and any other on its
last.
"""

import re
import unicodedata
from itertools import pairwise

_STRONG = set("aeoáéóàèòâêôäëö")
_WEAK = set("iuü")
_WEAK_ACCENTED = set("íú")
_VOWELS = _STRONG | _WEAK | _WEAK_ACCENTED
_ACCENTED = set("áéíóú")
_ENDS_UNSTRESSED = re.compile(r"[aeiouáéíóúü][ns]?$")  # casa, joven, martes; not robots, nor estoy
_VOWEL_RUN = re.compile(f"[{''.join(sorted(_VOWELS))}]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SILENT_U = re.compile(r"(?<=g)u(?=[eiéí])|(?<=q)u")  # guerra, queso; in pingüino it is heard


def words(text: str) -> list[str]:
    """Answers the words of a text, in its order: runs of letters, an apostrophe among them allowed."""
    return _WORD.findall(unicodedata.normalize("NFC", text))


def syllables(word: str) -> int:
    """Counts the syllables of a Spanish word; at least 1. «poeta» has 3, «aire» 2, «país» 2, «buey» 1, «prohíbe» 3."""
    return max(1, len(nuclei(sounds(word))))


def stressed(word: str) -> int:
    """Answers which syllable of a Spanish word is stressed, counted from its end: 1 the last, 2 the one before.

    «ciudad» 1, «casa» 2, «pájaro» 3, «fácilmente» 2: of the two stresses of an adverb in -mente, verse hears the last.
    """
    letters = unicodedata.normalize("NFC", word).lower()
    count = syllables(word)
    if count == 1:
        return 1
    if letters.endswith("mente"):
        return 2
    heard = sounds(word)
    accented = [at for at, (start, end) in enumerate(nuclei(heard)) if _ACCENTED & set(heard[start:end])]
    if accented:
        return count - accented[-1]
    return 2 if _ENDS_UNSTRESSED.search(letters) else 1


def sounds(word: str) -> str:
    """Answers a word as its vowels are heard: without a silent u or h, and with an y that sounds as i written so."""
    letters = unicodedata.normalize("NFC", word).lower()
    heard = _SILENT_U.sub("", letters)
    heard = re.sub(r"(?<=[^\Wc])h|^h", "", heard)  # prohíbe, ahijado, hoy; the h of ch is heard
    return re.sub(r"y(?![aeiouáéíóú])", "i", heard)  # rey, muy, y; in «yo» and «mayo» it is a consonant


def nuclei(heard: str) -> list[tuple[int, int]]:
    """Answers where the vowels of each syllable stand in what is heard of a word, as `sounds` writes it."""
    found = []
    for run in _VOWEL_RUN.finditer(heard):
        parts = [at for at in range(run.start() + 1, run.end()) if _parts(heard[at - 1], heard[at])]
        found += list(pairwise([run.start(), *parts, run.end()]))
    return found


def is_vowel(sound: str) -> bool:
    """Says whether a sound, as `sounds` writes it, is a vowel."""
    return sound in _VOWELS


def _parts(left: str, right: str) -> bool:
    """Says whether two vowels that follow one another belong to two syllables."""
    if left in _STRONG and right in _STRONG:
        return True
    if left in _WEAK_ACCENTED or right in _WEAK_ACCENTED:
        return _base(left) == _base(right) or left in _STRONG or right in _STRONG
    return left == right  # chiita; iu and ui join: ciudad, ruido


def _base(vowel: str) -> str:
    return unicodedata.normalize("NFD", vowel)[0]
