"""What is left of a page's markup (HTML, BBCode, Markdown), taken away; the words stay."""

import html
import re
import unicodedata
from collections import defaultdict

# Only names that HTML has: «<así>», «<3», «a <b y c> d» and «<a@b.c>» are not tags.
_PARAGRAPHS = "p|h[1-6]|blockquote|pre|article|section|table|ul|ol|dl|figure"
_LINES = "div|li|tr|dt|dd|hr|header|footer|main|nav|aside|form|option|figcaption|caption|address|center"
_INLINE = (
    "a|abbr|acronym|audio|b|bdi|bdo|big|body|button|cite|code|col|colgroup|data|del|details|dfn|em|embed|fieldset|font"
    "|head|html|i|iframe|img|input|ins|kbd|label|legend|link|mark|meta|noscript|object|param|picture|q|s|samp|select"
    "|small|source|span|strike|strong|sub|summary|sup|svg|path|tbody|td|textarea|tfoot|th|thead|time|title|tt|u|var"
    "|video|wbr|[ovwmx]\\d?:[a-z]+"
)
_ATTRIBUTES = (
    r"(?:\s+(?:[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+)"
    r"|disabled|checked|hidden|controls|selected|async|defer|nowrap|itemscope))*+\s*/?"
)


def _tags(names: str) -> re.Pattern[str]:
    # «<<b>>» are somebody's quotation marks.
    return re.compile(rf"(?<!<)</?(?:{names}){_ATTRIBUTES}>(?!>)", re.IGNORECASE)


_HIDDEN = (  # how it begins, and how it ends
    (re.compile(r"<!--"), re.compile(r"-->")),
    *(
        (re.compile(rf"<{name}{_ATTRIBUTES}>", re.IGNORECASE), re.compile(rf"</{name}\s*>", re.IGNORECASE))
        for name in ("script", "style")
    ),
)
_HEADING = re.compile(r"<!doctype\b[^<>]*>|<\?xml\b[^<>]*>", re.IGNORECASE)
_BLANK_START = re.compile(r"\A(?:[^\S\n]*\n)+")
_BREAK = re.compile(rf"(?:(?<![ \t])[ \t]++)?(?<!<)<br{_ATTRIBUTES}>(?!>)[ \t]*\n?", re.IGNORECASE)
_BLOCK = _tags(f"{_PARAGRAPHS}|{_LINES}")
_WIDE = _tags(_PARAGRAPHS)
_BLOCKS = re.compile(rf"(?:(?<!\s)\s++)?(?:{_BLOCK.pattern}\s*+)+", re.IGNORECASE)
_OTHER = _tags(_INLINE)
_NAME = r"(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_ENTITY = re.compile(rf"&(?:amp;)++(?:{_NAME})?+|&{_NAME}")
_BBCODE = re.compile(
    r"\[(/?)(b|i|u|s|url|img|quote|code|size|color|center|font|list|email|spoiler|align|left|right)"
    r"((?:=[^\[\]\n]{0,300})?)\]",
    re.IGNORECASE,
)
_BOLD = re.compile(r"(?<![*\w\\])(\*\*\*?)(?=[^\s*])([^*\n]{0,500}\w[^*\n]{0,50})(?<=\S)\1(?![*\w])")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\((?:https?://|www\.|mailto:|[/#.])[^\s()]*(?:\s+\"[^\"\n]*\")?\)")
_GATE = re.compile(r"[<&]|\[/|\*\*|\]\(")


def strip_markup(text: str) -> str:
    """Answers `text` without HTML tags, comments and entities, BBCode pairs, Markdown's bold and links.

    `<br>` becomes a line's end and a paragraph's tag a blank line. What is written with the same signs stays:
    «<3», «a < b», «<<así>>», «***» between two parts, an e-mail between angles.
    """
    # Under an entity there may be a tag («&lt;b&gt;»): again until nothing is left. Every turn makes it shorter.
    while _GATE.search(text) and (stripped := _strip_once(text)) != text:
        text = stripped
    return text


def _strip_once(text: str) -> str:
    if "<" in text:
        text = _strip_tags(text)
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "[/" in text:
        text = _strip_bbcode(text)
    if "**" in text:
        text = _BOLD.sub(r"\2", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    return text


def _strip_tags(text: str) -> str:
    if ">" not in text:
        return text
    before = text
    for begins, ends in _HIDDEN:
        text = _without(text, begins, ends)
    text = _HEADING.sub("", text)
    text, breaks = _BREAK.subn("\n", text)
    text, count = _BLOCKS.subn(_room, text)
    breaks += count
    text = _OTHER.sub("", text)
    if breaks:
        text = re.sub(r"\n{3,}", "\n\n", text)
        text = _BLANK_START.sub("", text).rstrip()  # the first line's indent stays
    return text if len(text) < len(before) else before


def _without(text: str, begins: re.Pattern[str], ends: re.Pattern[str]) -> str:
    """Answers `text` without what stands between a beginning and the first end after it; one without an end stays."""
    kept, at = [], 0
    while (begin := begins.search(text, at)) and (end := ends.search(text, begin.end())):
        kept.append(text[at : begin.start()])
        at = end.end()
    return "".join([*kept, text[at:]])


def _strip_bbcode(text: str) -> str:
    """Answers `text` without the tags that make a pair, and without what an image's pair holds: its address."""
    opened: dict[str, list[tuple[int, int]]] = defaultdict(list)
    gone: list[tuple[int, int]] = []
    for tag in _BBCODE.finditer(text):
        name = tag[2].lower()
        if not tag[1]:
            opened[name].append(tag.span())
        elif opened[name] and not tag[3]:
            begin = opened[name].pop()
            gone += [(begin[0], tag.end())] if name == "img" else [begin, tag.span()]
    kept, at = [], 0
    for start, end in sorted(gone):
        kept.append(text[at:start])  # nothing, where an image held it
        at = max(at, end)
    return "".join([*kept, text[at:]])


def _room(tags: re.Match[str]) -> str:
    # Between </p> and <p> there is one blank line; between </li> and <li> none is added.
    return "\n\n" if _WIDE.search(tags[0]) or _BLOCK.sub("", tags[0]).count("\n") > 1 else "\n"


def _character(entity: re.Match[str]) -> str:
    name = re.sub(r"^&(?:amp;)+(?=[#A-Za-z])", "&", entity[0])
    meant = html.unescape(name)
    if meant == name or (meant.endswith(";") and len(meant) > 1):  # no entity has that name
        return entity[0] if name == entity[0] else name
    if meant in ("\r", "\n"):
        return "\n"
    if meant.isspace():
        return " "
    return "".join(c for c in meant if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
