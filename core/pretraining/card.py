"""What a model is, what it was made from, how it did, what it took and what it wrote: measured, then told."""

from dataclasses import asdict
from pathlib import Path

from core import classroom, storage, texts
from core.evaluation import energy
from core.generation.score import Score
from core.pretraining import export, held_out, probe, rows
from core.pretraining.recipe import FOLDER, Recipe
from core.texts import LANGUAGES, Words, number

PROMPTS = Path(__file__).parent / "prompts.txt"
TEMPERATURE, TOP_P, TOKENS, SEED = 0.8, 0.95, 48, 7


def passage() -> dict[str, list[str]]:
    """Answers texts of our own that come with the workshop, by which anyone can tell that a model is the one meant."""
    names = ("poems", "notes")
    lines = {name: storage.read_json_lines(classroom.sample_path(name, "es"))[:20] for name in names}
    return {name: [line["text"] for line in some] for name, some in lines.items()}


def write(recipe: Recipe, folder: Path, against: Path | None) -> dict:
    """Measures the model in `folder`/model and the one `against`; writes record.json and README.md beside it.

    Answers the record: the recipe, the files' sums, bits a character, seconds, energy, what it wrote and leans to.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    made = folder / "model"
    model = AutoModelForCausalLM.from_pretrained(made, dtype="float32")
    tokenizer = AutoTokenizer.from_pretrained(made)
    passages = held_out.read(folder)
    last = storage.read_json_lines(folder / "metrics.jsonl")[-1]
    watts = recipe.watts or energy.power().watts
    record = {
        "recipe": asdict(recipe),
        "registers": storage.load_json(folder / "prepared.json")["registers"],
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "steps": last["step"],
        "tokens": last["tokens"],
        "seconds": last["seconds"],
        "watts": watts,
        "kwh": round(last["seconds"] * watts / energy.JOULES_A_KWH, 4),
        "held_out": _as_figures(held_out.measure(model, tokenizer, passages)),
        "against": _as_figures(held_out.measure_folder(against, passages)) if against else {},
        "passage": _as_figures(held_out.measure(model, tokenizer, passage())),
        "leanings": {verb: round(value, 2) for verb, value in probe.leanings(model, tokenizer).items()},
        "wrote": _written(made),
        "sha256": export.checksums(made),
    }
    storage.write_text(folder / "README.md", as_markdown(record))
    storage.write_json(folder / export.RECORD, record)
    return record


def _as_figures(scores: dict[str, Score]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "bits_per_character": round(one.bits_per_character, 4),
            "perplexity": round(one.perplexity, 2),
            "characters": one.characters,
            "tokens": one.tokens,
        }
        for name, one in scores.items()
    }


def _written(folder: Path) -> list[dict[str, str]]:
    """Answers what the model wrote to each of the ten beginnings, the first time and none left out."""
    from core.generation.generate import Sampling, stream
    from core.generation.loaded import load

    loaded = load(folder)
    written = []
    for place, beginning in enumerate(PROMPTS.read_text(encoding="utf-8").splitlines()):
        sampling = Sampling(temperature=TEMPERATURE, top_p=TOP_P, max_new_tokens=TOKENS, seed=SEED + place)
        ids = [rows.END, *loaded.tokenizer.encode(beginning)]
        written.append({"beginning": beginning, "wrote": "".join(step.text for step in stream(loaded, ids, sampling))})
    return written


# ---------------------------------------------------------------- told


def as_markdown(record: dict) -> str:
    """Answers the card in both languages, the Spanish first."""
    return "\n\n".join(_in(texts.words(language, "pretraining"), record) for language in LANGUAGES) + "\n"


def _in(words: Words, record: dict) -> str:
    language, shape = words.language, record["recipe"]["shape"]
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
    sections = [
        f"# {words('title')}",
        words.body("title", **facts),
        *_section(words, "measured", _table(words, record)),
        *_section(words, "mix", _mix(words, record)),
        *(_section(words, "sources") if is_ours else []),
        *_section(words, "wrote", wrote, **facts),
        *_section(words, "leanings", _leanings(record, language)),
        *_section(words, "energy", **facts),
    ]
    return "\n\n".join(part for part in sections if part)


def _section(words: Words, key: str, shown: str = "", **facts: object) -> list[str]:
    return [f"## {words(key)}", words.body(key, **facts), shown]


def _one_line(text: str) -> str:
    return text.rstrip().replace("\n\n", " ⏎⏎ ").replace("\n", " ⏎ ")


def _table(words: Words, record: dict) -> str:
    rows = [f"| {words('column.register')} | {words('column.before')} | {words('column.now')} | |", "|---|---|---|---|"]
    for name, one in record["held_out"].items():
        now, before = one["bits_per_character"], record["against"].get(name, {}).get("bits_per_character")
        change = f"{number(100 * (now / before - 1), words.language, 1)} %" if before else ""
        said = number(before, words.language, 3) if before else "—"
        rows.append(f"| {_register(words, name)} | {said} | {number(now, words.language, 3)} | {change} |")
    return "\n".join(rows)


def _mix(words: Words, record: dict) -> str:
    rows = [
        f"| {words('column.register')} | {words('column.early')} | {words('column.late')} | {words('column.size')} |"
    ]
    rows.append("|---|---|---|---|")
    for name, one in record["recipe"]["registers"].items():
        shares = " | ".join(f"{number(100 * one[part], words.language)} %" for part in ("early", "late"))
        size = number(record["registers"][name]["tokens"] / 1e6, words.language)
        rows.append(f"| {_register(words, name)} | {shares} | {size} |")
    return "\n".join(rows)


def _register(words: Words, name: str) -> str:
    return words(f"register.{name}") if f"register.{name}" in words else name


def _leanings(record: dict, language: str) -> str:
    ordered = sorted(record["leanings"].items(), key=lambda item: -item[1])
    return ", ".join(f"*{verb}* {number(value, language, 1)}" for verb, value in ordered)
