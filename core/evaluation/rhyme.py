"""Which verses rhyme, in Spanish.

Consonant: all sounds agree from the last stressed vowel on; assonant: at least the vowels do (Quilis, Métrica
española, 1984). In assonance only the strongest vowel of each syllable is heard, an unstressed last i is as good as e
and u as o («fácil» and «valle»), and what stands between the stressed syllable and the last is not heard («pájaro» and
«casco»). Sounds are those of most who speak Spanish: s and z alike, ll and y alike, b and v alike.

Some rhyme is chance. Of sentences of prose in no order (the 800 of the sample notes) 3.5 % have a consonant neighbour
and 34 % an assonant one: a share of assonance is to be read beside that of other texts.
"""

import re
from collections.abc import Sequence

from core.evaluation import verse

NEAR = 3  # verses: how far the rhymes of quatrain, romance, sextilla, tercets, sonnet and décima stand apart at most
KINDS = ("consonant", "assonant")
_PLAIN = str.maketrans("áéíóúü", "aeiouu")
# In this order. A capital stands for a sound that its letter would lose further down.
_SOUNDS = (
    (r"g(?=[eiéí])", "j"), (r"gu(?=[eiéí])", "g"), (r"qu", "k"), (r"ch", "C"), (r"c(?=[eiéí])", "s"), (r"c", "k"),
    (r"z", "s"), (r"v", "b"), (r"ll", "y"), (r"x", "ks"), (r"h", ""), (r"y(?![aeiouáéíóú])", "i"),
)  # fmt: skip


def rhymes(lines: Sequence[str], kind: str) -> list[bool]:
    """Says of each verse whether it rhymes with another, at most NEAR verses away; a word does not with itself."""
    last = [(verse.words(line) or [""])[-1].lower() for line in lines]
    ends = [ending(word, kind) for word in last]
    near = [range(max(0, at - NEAR), min(len(lines), at + NEAR + 1)) for at in range(len(lines))]
    return [
        any(ends[at] and ends[at] == ends[other] and last[at] != last[other] for other in near[at])
        for at in range(len(lines))
    ]


def ending(word: str, kind: str) -> str:
    """Answers what of a word rhymes: «camino» gives «ino» (consonant) and «io» (assonant); empty without vowels."""
    heard = word.lower()
    for pattern, sound in _SOUNDS:
        heard = re.sub(pattern, sound, heard)
    syllables = verse.nuclei(heard)[-verse.stressed(word) :]
    if not syllables:
        return ""
    start = _heard_most(heard, *syllables[0])
    if kind == "consonant":
        return heard[start:].translate(_PLAIN)
    first = heard[start].translate(_PLAIN)
    if len(syllables) == 1:
        return first
    last = heard[_heard_most(heard, *syllables[-1])].translate(_PLAIN)
    return first + {"i": "e", "u": "o"}.get(last, last)


def _heard_most(heard: str, start: int, end: int) -> int:
    """Answers the place of a syllable's strongest vowel: the accented, else a, e or o, else the last."""
    for strong in ("áéíóú", "aeo"):
        found = [at for at in range(start, end) if heard[at] in strong]
        if found:
            return found[-1]
    return end - 1
