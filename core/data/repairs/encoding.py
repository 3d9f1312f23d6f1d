"""Letters broken by a wrong encoding («niÃ±o», «coraz√≥n», «â€œ»), put right."""

import re
import unicodedata

from ftfy import fix_encoding

# UTF-8 read as Latin-1, Windows, Mac or DOS leaves two odd characters side by side, the first one of these few.
# «IRMÃ»» and «MANHÃ…» are right in Portuguese: a capital, its tilde, and what closes the sentence.
_SUSPECT = re.compile(
    r"[ÃÂâÅÄÌÎÏËÊÐĂ├┬¬][^\x00-\x7f](?<![A-Z][ÃÂÊ][»”’…—–])|[a-z]Ã\s|[\x80-\x9f]|√[^\x00-\x7f]|‚[Äâó]|ï[»¿¸]|ð[ŸÂ]|Γ[^\w\s]"
)
# Each of those holds one of these; a single set is five times as quick.
_RARE = re.compile(r"[ÃÂâÅÄÌÎÏËÊÐĂ├┬¬\x80-\x9f√‚ïðΓ]")


def mend_encoding(text: str) -> str:
    """Answers `text` with its broken letters put right, twice broken ones too; a right text comes back as it is."""
    if text.isascii() or not _RARE.search(text) or not _SUSPECT.search(text):
        return text
    mended = fix_encoding(text)
    # Bytes that mean a control character or half a pair are no letter that anybody wrote.
    came = set(mended) - set(text)
    return text if any(unicodedata.category(c) in ("Cc", "Cs") for c in came) else mended
