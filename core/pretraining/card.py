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
    is_ours = (FOLDER / f"{record['recipe']['name']}.yaml").exists()  # another recipe's texts are not ours to credit
    facts = {
        **shape,
        "millions": number(record["parameters"] / 1e6, language),
        "read": number(record["tokens"] / 1e6, language),
        "minutes": round(record["seconds"] / 60),
        "kwh": record["kwh"],
        "watts": record["watts"],
        "temperature": TEMPERATURE,
    }
    wrote = "\n".join(f"- **{one['beginning']}**{_one_line(one['wrote'])}" for one in record["wrote"])
    shown = {
        "title": "",
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
        change = texts.percent(now / before - 1, words.language, 1) if before else ""
        said = number(before, words.language, 3) if before else "—"
        rows.append(f"| {_register(words, name)} | {said} | {number(now, words.language, 3)} | {change} |")
    return "\n".join(rows)


def _mix(words: Words, record: dict) -> str:
    heads = [words(f"column.{name}") for name in ("register", "early", "late", "size")]
    rows = [f"| {' | '.join(heads)} |", "|---|--:|--:|--:|"]
    for name, one in record["recipe"]["registers"].items():
        shares = " | ".join(texts.percent(one[part], words.language) for part in ("early", "late"))
        size = number(record["registers"][name]["tokens"] / 1e6, words.language, 1)
        rows.append(f"| {_register(words, name)} | {shares} | {size} |")
    return "\n".join(rows)


def _register(words: Words, name: str) -> str:
    return words(f"register.{name}") if f"register.{name}" in words else name


def _leanings(record: dict, language: str) -> str:
    ordered = sorted(record["leanings"].items(), key=lambda item: -item[1])
    return ", ".join(f"*{verb}* {number(round(value, 1) + 0.0, language, 1)}" for verb, value in ordered)
