"""What tells who somebody is, or how to reach them: found, and masked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Written into the texts themselves, as data that the model will read; a page never shows these as its own words.
_TAGS = {
    "es": {"email": "[correo]", "phone": "[teléfono]", "id": "[documento]", "card": "[tarjeta]", "web": "[enlace]"},
    "en": {"email": "[email]", "phone": "[phone]", "id": "[id]", "card": "[card]", "web": "[link]"},
}
_REGIONS = ("AR", "ES", "MX", "CL", "CO", "PE", "UY", "BR", "US")

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_WEB = re.compile(r"(?:\b(?:https?|ftp)://|\bwww\.)[^\s<>\[\]\"«»“”]*\w/?", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9](?:[ .()/+–-]{0,3}[0-9]){5}")  # six: fewer are no number of the kinds below

_EDGE, _END = r"(?<![\w.,-])", r"(?![\w-]|[.,]\d)"
_IDENTITY = {  # a form, and who tells its check digits in python-stdnum
    "stdnum.ar.cuit": re.compile(rf"{_EDGE}\d{{2}}[- ]?\d{{2}}(?:\.?\d{{3}}){{2}}[- ]?\d{_END}", re.ASCII),
    "stdnum.cl.rut": re.compile(rf"{_EDGE}\d{{1,2}}\.?\d{{3}}\.?\d{{3}}-[\dkK]{_END}", re.ASCII),
    "stdnum.mx.curp": re.compile(rf"{_EDGE}[A-Z]{{4}}\d{{6}}[HMX][A-Z]{{5}}[A-Z\d]\d{_END}", re.ASCII),
    "stdnum.es.nif": re.compile(rf"{_EDGE}(?:\d{{8}}|\d{{2}}\.\d{{3}}\.\d{{3}}|[XYZ]-?\d{{7}})-?[A-Z]{_END}", re.ASCII),
    "stdnum.br.cpf": re.compile(rf"{_EDGE}\d{{3}}\.\d{{3}}\.\d{{3}}-\d{{2}}{_END}", re.ASCII),
}
# Some have no check digit: only the word before tells. A million written with points looks the same.
_NAMED = re.compile(
    r"(?<!\w)(?:D\.?[ ]?N\.?[ ]?I\.?|documento|c[eé]dula|C\.[ ]?I\.|L\.[ ]?[EC]\.|pasaporte|passport|identity card|CPF)"
    r"(?:[ ]nacional)?(?:[ ]de[ ]identidad)?(?:(?<!documento),)?[ :(–-]{0,3}(?:(?:es|is)[ ])?(?:el[ ])?"
    r"(?:n\.?[°º]|nro\.?|n[uú]mero|n[uú]m\.?|number|no\.)?[ :(]{0,2}"
    r"([A-Z]{0,3}[0-9]{1,3}(?:[.]?[0-9]{3}){2}(?:-?[0-9]{1,2})?)(?!\w)",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w.,-])[2-6](?:[ -]?[0-9]){12,18}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.,/$€-])(?:\+[ ]?|\()?[0-9][0-9 ().\-–/]{5,24}[0-9](?![\w%$€°º]|[.,/-]\d|-[xX]\b)"
)  # -X ends an ISBN
_CALL = re.compile(
    r"(?<!\w)(?:tel|tfno|fono|phone|cel(?=[ul\W])|m[oó]vil|mobile|whats|wsp|llam|call(?!es?\b)|fax|contact|comun)"
    r"[\w.éá]{0,12}"
    r"[^0-9\n]{0,25}$",
    re.IGNORECASE,
)
_NOT_PHONE = re.compile(  # a date (and its hour), a thousand with its points, years, a decimal, a version
    r"\(?(?:\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}|\d{4}[-./]\d{1,2}[-./]\d{1,2}(?: \d{1,2})?"
    r"|\d{1,3}(?:\.\d{3})+|\d{1,2}(?: \d{3})+|(?:(?:1\d|20)\d\d\D+)*(?:1\d|20)\d\d\)?|\d\.\d+"
    r"|\d{1,4}(?:\.\d{1,4})*\.\d(?:\.\d{1,4})+|\d{1,3}(?:\.\d{1,3}){3})"
)
_UNIT = re.compile(r"\s*(?:€|\$|%|euros|pesos|d[oó]lares|dollars|habitantes|people|km|metros|a[nñ]os|years|kg)\b", re.I)
_PRICE = re.compile(r"(?:[$€£]|US|ISBN|ISSN|expediente|c[oó]digo)[^0-9\w]{0,4}(?:1[03][: ])?$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """Something personal: its kind (`email`, `phone`, `id`, `card`, `web`) and where, in characters from 0."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """Answers what is personal in `text`, in its order; of two that overlap, the longer one."""
    found: list[Found] = []
    if "@" in text:
        found += [Found("email", *match.span()) for match in _EMAIL.finditer(text)]
    if "://" in text or "www." in text or "WWW." in text:
        found += [Found("web", *match.span()) for match in _WEB.finditer(text)]
    if _DIGITS.search(text):
        found += _identities(text)
        found += _cards(text)
        found += _phones(text)
    if len(found) < 2:
        return found
    apart: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.kind)):  # on a tie, card and id before phone
        if all(one.end <= other.start or other.end <= one.start for other in apart):
            apart.append(one)
    return sorted(apart, key=lambda one: one.start)


def mask(text: str, language: str = "es") -> str:
    """Answers `text` with a short tag in place of what is personal, in `language` (`es` or `en`; any other, `en`)."""
    tags = _TAGS.get(language, _TAGS["en"])
    while found := find(text):  # what a tag has parted may be told only now
        for one in reversed(found):
            text = text[: one.start] + tags[one.kind] + text[one.end :]
    return text


def _identities(text: str) -> Iterator[Found]:
    from importlib import import_module

    for name, form in _IDENTITY.items():
        for match in form.finditer(text):
            if import_module(name).is_valid(match[0].replace(".", "")):
                yield Found("id", *match.span())
    for match in _NAMED.finditer(text):
        yield Found("id", *match.span(1))


def _cards(text: str) -> Iterator[Found]:
    from stdnum import luhn

    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub(r"[ -]", "", match[0])):
            yield Found("card", *match.span())


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        called = bool(_CALL.search(text[max(0, match.start() - 45) : match.start()]))
        before, after = text[max(0, match.start() - 16) : match.start()], text[match.end() : match.end() + 14]
        if _may_be_phone(match[0], before, after, called):
            yield from _valid_phones(match[0], match.start())


def _may_be_phone(digits: str, before: str, after: str, called: bool) -> bool:
    if called or digits.startswith("+"):
        return True
    if _NOT_PHONE.fullmatch(digits) or _UNIT.match(after) or _PRICE.search(before):
        return False
    groups = re.findall(r"\d+", digits)
    if len(groups) == 1:
        return len(digits) >= 9  # eight figures in a row are as often anything else
    if (len(groups) == 4 and len(groups[3]) == 1) or groups[0] in ("978", "979"):
        return False  # ISBN
    sizes = [len(group) for group in groups]
    if sum(size <= 2 for size in sizes) >= 4 or sizes.count(4) >= 3:
        return False  # verses, psalms, chapters; ranges of years or of anything counted in thousands
    return len(sizes) <= 6 and sizes.count(1) <= 2


def _valid_phones(digits: str, start: int) -> list[Found]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    regions = ("AR",) if digits.startswith("+") else _REGIONS
    for region in regions:
        matches = list(PhoneNumberMatcher(digits, region, leniency=Leniency.VALID, max_tries=10))
        if matches:
            return [Found("phone", start + match.start, start + match.end) for match in matches]
    return []
