"""A model's card, told from its record in both languages."""

from core import texts
from core.pretraining.recipe import FOLDER
from core.texts import LANGUAGES, Words, number

FILE = "README.md"  # in the model's folder, where it goes along with it
TEMPERATURE = 0.8  # of what it wrote for the card


def as_markdown(record: dict) -> str:
    """Answers the card in both languages, the Spanish first."""
    both = []
    for language in LANGUAGES:
        (title, about), *others = sections(record, language)
        both += [f"# {title}", about, *(part for heading, text in others for part in (f"## {heading}", text))]
    return "\n\n".join(both) + "\n"


def sections(record: dict, language: str) -> list[tuple[str, str]]:
    """Answers the card's parts, each with its heading, the first with the model's name; as Markdown, in `language`."""
    words = texts.words(language, "pretraining")
    shape = record["recipe"]["shape"]
    # Another recipe's texts are not ours to credit; a model that grew from one of ours has read ours too.
    is_ours = any((FOLDER / f"{part['recipe']}.yaml").exists() for part in record["parts"])
    facts = {
        **shape,
        "millions": number(record["parameters"] / 1e6, language),
        "read": number(record["tokens"] / 1e6, language),
        "time": texts.duration(record["seconds"], language),
        "kwh": number(record["kwh"], language, 3),
        "watts": record["watts"],
        "temperature": TEMPERATURE,
    }
    wrote = "\n".join(f"- **{one['beginning']}**{_one_line(one['wrote'])}" for one in record["wrote"])
    shown = {
        "title": _parts(words, record),
        "measured": _table(words, record),
        "mix": _mix(words, record),
        "sources": "",
        "wrote": wrote,
        "leanings": _leanings(record, language),
        "energy": "",
    }
    return [
        (words(key), "\n\n".join(filter(None, (words.body(key, **facts), part))))
        for key, part in shown.items()
        if is_ours or key != "sources"
    ]


def _parts(words: Words, record: dict) -> str:
    parts = [
        words(
            "part" if one["tokens"] else "part.unknown",
            recipe=one["recipe"],
            read=number(one["tokens"] / 1e6, words.language),
            time=texts.duration(one["seconds"], words.language),
        )
        for one in record["parts"]
    ]
    return words("parts", count=len(parts), parts="; ".join(parts)) if len(parts) > 1 else ""


def _one_line(text: str) -> str:
    return texts.escaped(text.rstrip()).replace("\n\n", " ⏎⏎ ").replace("\n", " ⏎ ")


def _table(words: Words, record: dict) -> str:
    heads = [words(f"column.{name}") for name in ("register", "before", "now", "change")]
    rows = [f"| {' | '.join(heads)} |", "|---|--:|--:|--:|"]
    nows, befores = (
        {name: one["bits_per_character"] for part in parts for name, one in record[part].items()}
        for parts in (("held_out", "passage"), ("against", "passage_against"))
    )
    for name, now in nows.items():
        before = befores.get(name)
        change = _signed(now / before - 1, words.language) if before else ""
        said = number(before, words.language, 3) if before else "—"
        rows.append(f"| {_register(words, name)} | {said} | {number(now, words.language, 3)} | {change} |")
    return "\n".join(rows)


def _signed(change: float, language: str) -> str:
    said = texts.percent(abs(change), language, 1)
    return f"{'−' if change < 0 else '+'}{said}"  # a minus sign, and a rise that is seen to be one


def _mix(words: Words, record: dict) -> str:
    heads = [words(f"column.{name}") for name in ("register", "read", "share", "size")]
    rows = [f"| {' | '.join(heads)} |", "|---|--:|--:|--:|"]
    names = dict.fromkeys([*record["registers"], *(name for part in record["parts"] for name in part["read"])])
    for name in names:
        read = sum(part["read"].get(name, 0) for part in record["parts"])
        share = texts.percent(read / record["tokens"], words.language)
        there = record["registers"].get(name)  # of what an earlier training read, not always known
        size = number(there["tokens"] / 1e6, words.language, 1) if there else "—"
        rows.append(f"| {_register(words, name)} | {number(read / 1e6, words.language, 1)} | {share} | {size} |")
    return "\n".join(rows)


def _register(words: Words, name: str) -> str:
    return words(f"register.{name}") if f"register.{name}" in words else name


def _leanings(record: dict, language: str) -> str:
    ordered = sorted(record["leanings"].items(), key=lambda item: -item[1])
    said = ", ".join(f"*{verb}* {number(round(value, 1) + 0.0, language, 1)}" for verb, value in ordered)
    return said.replace("-", "−")
