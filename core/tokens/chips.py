"""Tokens as a person sees them: a byte is no letter, so tokens that share a letter share a chip."""

import codecs
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

_REGIONAL = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # the letters that flags are spelt with
_JOINER = "\u200d"  # zero width joiner: it makes one picture of several


@dataclass(frozen=True)
class Chip:
    """One token, or the few that together make whole letters: their text, their ids, and whether it is special."""

    text: str
    ids: tuple[int, ...]
    special: bool = False


def byte_letters() -> dict[str, int]:
    """Answers the letter that stands for each byte in a byte-level vocabulary (Radford et al., 2019, "GPT-2").

    Bytes that are printable in Latin-1 stand for themselves, and the others, in order, for the letters from 256 on.
    """
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    shown = {chr(byte): byte for byte in printable}
    return shown | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTE = byte_letters()


def bytewise(token_of: Callable[[int], str | None], ids: Sequence[int], special: Collection[int]) -> list[Chip]:
    """Groups the ids of a byte-level vocabulary wherever a token ends on a whole letter.

    What is no letter at all becomes U+FFFD, as decoding makes it.
    """
    chips: list[Chip] = []
    texts: list[str] = []
    pending: list[int] = []
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def close(is_special: bool = False) -> None:
        texts.append(decoder.decode(b"", final=True))
        chips.append(Chip("".join(texts), tuple(pending), is_special))
        texts.clear()
        pending.clear()

    for id in ids:
        if id in special and pending:
            close()
        texts.append(decoder.decode(_bytes(token_of(id) or "")))
        pending.append(id)
        if not decoder.getstate()[0]:
            close(id in special)
    if pending:
        close()
    return chips


def _bytes(token: str) -> bytes:
    values = [_BYTE.get(letter) for letter in token]
    return token.encode() if None in values else bytes(value for value in values if value is not None)


def joined_letters(chips: Sequence[Chip]) -> list[Chip]:
    """Joins chips where a picture or a letter goes on: accents written apart, skin colours, families, flags."""
    groups: list[list[Chip]] = []
    flags = 0  # regional letters just before: two make a flag
    for chip in chips:
        last = groups[-1][-1] if groups else None
        if last and not (last.special or chip.special) and _goes_on(last.text, chip.text, flags):
            groups[-1].append(chip)
        else:
            groups.append([chip])
        at_end = _regional_at_end(chip.text)
        flags = flags + at_end if at_end == len(chip.text) else at_end
    return [group[0] if len(group) == 1 else _one(group) for group in groups]


def _one(group: Sequence[Chip]) -> Chip:
    return Chip("".join(chip.text for chip in group), tuple(id for chip in group for id in chip.ids))


def _goes_on(before: str, after: str, flags: int) -> bool:
    if not before or not after:
        return False
    return (
        before[-1] == _JOINER
        or after[0] == _JOINER
        or unicodedata.category(after[0]) in ("Mn", "Mc", "Me")
        or "\U0001f3fb" <= after[0] <= "\U0001f3ff"  # skin colours
        or "\U000e0020" <= after[0] <= "\U000e007f"  # the marks in a region's flag
        or (_is_regional(after[0]) and flags % 2 == 1)
    )


def _regional_at_end(text: str) -> int:
    return len(text) - len(text.rstrip(_REGIONAL))


def _is_regional(letter: str) -> bool:
    return letter in _REGIONAL
