"""The glossary: its terms, the names each goes by, and which of them a text uses."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core import texts

_ITALIC = re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]*[^*\s])\*(?![\w*])")
# Letters that stand for words (GPU, QLoRA, MB): two capitals at least.
_ACRONYM = re.compile(r"\b[A-Za-z]*[A-Z][A-Za-z]*[A-Z][A-Za-z]*\b")
_CODE = re.compile(r"`[^`]*`")
_NUMBER = re.compile(r"\d+")
_OTHER_NAMES = "also."  # `also.token`: other names of `token`, between commas
_NOT_TERMS = {"title", "intro"}
_BETWEEN_NAMES = re.compile(r"[(),]| o | or ")


@dataclass(frozen=True)
class Term:
    """A term: its meaning, an example from the workshop, the number of the step where it is seen, and its names.

    `names` are as `folded` writes them.
    """

    key: str
    label: str
    meaning: str
    example: str
    step: int
    names: frozenset[str]


def terms(language: str, wanted: str = "") -> list[Term]:
    """Answers the terms in alphabetical order; with `wanted`, those whose label, names or text have it."""
    asked = texts.unaccented(wanted.strip())
    found = [term for term in _all(texts.words(language, "glossary")) if asked in _searched(term)]
    return sorted(found, key=lambda term: texts.unaccented(term.label))


def used(language: str, written: Iterable[str]) -> tuple[list[Term], list[str]]:
    """Answers the terms that texts use, in the order of their first use, and the words set in italics that are none.

    A term is used where it stands *in italics*, or is an acronym.
    """
    known = {name: term for term in _all(texts.words(language, "glossary")) for name in term.names}
    found: dict[str, Term] = {}
    unknown = []
    for text in written:
        for name in _ITALIC.findall(text):
            term = known.get(folded(name))
            if term:
                found.setdefault(term.key, term)
            else:
                unknown.append(name)
        for name in acronyms(text):
            if folded(name) in known:
                found.setdefault(known[folded(name)].key, known[folded(name)])
    return list(found.values()), unknown


def acronyms(text: str) -> list[str]:
    """Answers the acronyms of a text, code apart."""
    return _ACRONYM.findall(_CODE.sub("", text))


def of_step(language: str, step: str) -> list[Term]:
    """Answers the terms that the texts of a step use."""
    return used(language, written(language, step))[0]


def written(language: str, step: str) -> list[str]:
    """Answers all that a step's own file says, block by block: what it opens with first."""
    blocks = texts.words(language, step).blocks.values()
    return [f"{block.label}\n{block.body}" for block in blocks]


def folded(name: str) -> str:
    """Answers a name without accents, capitals or plural: «Parámetros» and «parámetro» are one."""
    return " ".join(word.rstrip("s") if len(word) > 3 else word for word in texts.unaccented(name).split())


def _all(words: texts.Words) -> tuple[Term, ...]:
    return _terms(tuple(words.blocks.items()))


@lru_cache(maxsize=4)
def _terms(blocks: tuple[tuple[str, texts.Block], ...]) -> tuple[Term, ...]:
    others = {key.removeprefix(_OTHER_NAMES): block.label for key, block in blocks if key.startswith(_OTHER_NAMES)}
    return tuple(
        _term(key, block, others.get(key, ""))
        for key, block in blocks
        if key not in _NOT_TERMS and not key.startswith(_OTHER_NAMES)
    )


def _term(key: str, block: texts.Block, others: str) -> Term:
    """The last paragraph of a term is its example, and the first number in it is the step."""
    meaning, _, example = block.body.rpartition("\n\n")
    number = _NUMBER.search(example)
    names = [block.label, *_BETWEEN_NAMES.split(block.label), *others.split(",")]
    return Term(
        key, block.label, meaning, example, int(number[0]) if number else 0,
        frozenset(folded(name) for name in names if name.strip()),
    )  # fmt: skip


def _searched(term: Term) -> str:
    return texts.unaccented("\n".join((term.label, term.meaning, term.example, *term.names)))
