"""What a model is, what it was made from, how it did, what it took and what it wrote: measured, and kept."""

from dataclasses import asdict
from pathlib import Path

from core import classroom, storage
from core.evaluation import energy
from core.generation.score import Score
from core.pretraining import card, export, held_out, probe, rows, train
from core.pretraining.recipe import Recipe

FILE = "record.json"  # beside the model, not in it
BEGUN = "training.json"  # written once, when the training begins: its recipe's fingerprint, and what it grew from
PROMPTS = Path(__file__).parent / "prompts.txt"
TOP_P, TOKENS, SEED = 0.95, 48, 7


def passage() -> dict[str, list[str]]:
    """Answers texts of our own that come with the workshop, by which anyone can tell that a model is the one meant."""
    names = ("poems", "notes")
    lines = {name: storage.read_json_lines(classroom.sample_path(name, "es"))[:20] for name in names}
    return {name: [line["text"] for line in some] for name, some in lines.items()}


def parts_of(model_folder: Path) -> list[dict]:
    """Answers the trainings that made a model, oldest first.

    Where it has no record beside it, one of which only the model's name is known.
    """
    known = storage.read_json(model_folder.parent / FILE) or {}
    return known.get("parts") or [
        {"recipe": model_folder.name, "steps": 0, "tokens": 0, "seconds": 0.0, "kwh": 0.0, "read": {}}
    ]


def write(recipe: Recipe, folder: Path, against: Path | None) -> dict:
    """Measures the model in `folder`/model and the one `against`; writes record.json beside it, and its card in it.

    Answers the record: the recipe, the files' sums, bits a character, seconds and energy with those of the model that
    it grew from, what it wrote and leans to.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    made = folder / "model"
    model = AutoModelForCausalLM.from_pretrained(made, dtype="float32")
    tokenizer = AutoTokenizer.from_pretrained(made)
    passages = held_out.read(folder)
    last, prepared = train.last_kept(folder), storage.load_json(folder / "prepared.json")
    watts = recipe.watts or energy.power().watts
    part = {
        "recipe": recipe.name,
        "steps": last.step,
        "tokens": last.tokens,
        "seconds": round(last.seconds, 1),
        "kwh": round(energy.kwh(last.seconds, watts), 4),
        "read": {name: count * recipe.shape.context for name, count in last.rows_read.items()},
    }
    parts = [*storage.load_json(folder / BEGUN)["grown_from"], part]
    written = {
        "recipe": asdict(recipe),
        "registers": prepared["registers"],
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "parts": parts,
        "tokens": sum(one["tokens"] for one in parts),
        "seconds": round(sum(one["seconds"] for one in parts), 1),
        "kwh": round(sum(one["kwh"] for one in parts), 4),
        "watts": watts,
        "held_out": _as_figures(held_out.measure(model, tokenizer, passages)),
        "against": _as_figures(held_out.measure_folder(against, passages)) if against else {},
        "passage": _as_figures(held_out.measure(model, tokenizer, passage())),
        "passage_against": _as_figures(held_out.measure_folder(against, passage())) if against else {},
        "leanings": {verb: round(value, 2) for verb, value in probe.leanings(model, tokenizer).items()},
        "wrote": _written(made),
        "sha256": export.checksums(made),
    }
    storage.write_text(made / card.FILE, card.as_markdown(written))
    storage.write_json(folder / FILE, written)
    return written


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
        sampling = Sampling(temperature=card.TEMPERATURE, top_p=TOP_P, max_new_tokens=TOKENS, seed=SEED + place)
        ids = [rows.END, *loaded.tokenizer.encode(beginning)]
        written.append({"beginning": beginning, "wrote": "".join(step.text for step in stream(loaded, ids, sampling))})
    return written
