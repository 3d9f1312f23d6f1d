"""Summaries that teach nothing: as long as their source, or copied from it."""

from difflib import SequenceMatcher

_MOST = 0.8  # from this share of the source on, a copy is the source and not a quotation
_LEAD = 60  # characters: a title or a first phrase may open both, a whole sentence seldom does
_ENDS = " .…\"'«»“”‘’"


def is_long(text: str, summary: str) -> bool:
    """Answers whether the summary is at least as long as its source, in characters; runs of spaces count as one."""
    return len(summary) * 2 >= len(text) and len(" ".join(summary.split())) >= len(" ".join(text.split()))


def is_copied(text: str, summary: str) -> bool:
    """Answers whether the summary says nothing that was not copied whole.

    It is copied when one unbroken stretch of words, the same in both but for capitals and spaces, is 80 % of the
    source or more (so also when they are equal, or when the summary holds the source and adds to it), or when it
    is the source's own beginning (`lead`). One sentence quoted from a long source is far from that share: fine.
    """
    if lead(text, summary):
        return True
    if len(summary) < len(text) * _MOST * 0.5:  # half: the spaces of either may be many
        return False
    source, short = text.casefold().split(), summary.casefold().split()
    if not source or len(short) < len(source) * _MOST:
        return False
    match = SequenceMatcher(None, source, short, autojunk=False).find_longest_match()
    return match.size >= len(source) * _MOST


def lead(text: str, summary: str) -> bool:
    """Answers whether the summary, longer than 60 characters, is exactly the beginning of its source.

    Capitals, runs of spaces and the quotation marks or dots at either end do not count.
    """
    if len(summary) <= _LEAD or text.lstrip(_ENDS)[:1].casefold() != summary.lstrip(_ENDS)[:1].casefold():
        return False
    start = " ".join(summary.casefold().split()).strip(_ENDS)
    if len(start) <= _LEAD:
        return False
    source = " ".join(text.casefold().split()).lstrip(_ENDS)
    return source.startswith(start) and not source[len(start) : len(start) + 1].isalnum()
