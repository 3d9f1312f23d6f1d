"""What a licence lets a person do, by the name that a model's card gives it."""

import re

FREE, ALIKE, NON_COMMERCIAL, TERMS, NONE = "free", "alike", "non_commercial", "terms", "none"
_NON_COMMERCIAL = re.compile(r"(^|-)nc(-|$)|non-?commercial|research")
_ALIKE = re.compile(r"(^|-)sa(-|$)|^[al]?gpl")
_FREE = re.compile(r"^(apache|mit|bsd|isc|cc0|cc-by-\d|unlicense|zlib|odc-by|cdla-permissive)")


def meaning(name: str) -> str:
    """Answers FREE (use, change, publish, sell), ALIKE (the same, if what is published keeps the licence),
    NON_COMMERCIAL, TERMS (its owners' own, to be read), or NONE where no licence is named.
    """
    plain = name.strip().lower()
    if plain in ("", "unknown"):
        return NONE
    for found, pattern in ((NON_COMMERCIAL, _NON_COMMERCIAL), (ALIKE, _ALIKE), (FREE, _FREE)):
        if pattern.search(plain):
            return found
    return TERMS


_NO_CHANGES = re.compile(r"(^|-)nd(-|$)")


def may_carry(base: str, hers: str) -> bool:
    """Says whether what was made from a base under one licence may be published under another.

    A free one lets her choose; one that asks to keep it, or that is its owners' own, stays as it is; what is not for
    sale stays so. Nothing may be published of a base that names none, or that allows no changes.
    """
    came, goes = base.strip().lower(), hers.strip().lower()
    means = meaning(came)
    if means == NONE or _NO_CHANGES.search(came) or not goes:
        return False
    if goes == came or means == FREE:
        return True
    return came.startswith("cc-by-nc-4") and goes.startswith("cc-by-nc-") and not _NO_CHANGES.search(goes)
