"""A tiny corpus in our own words, and a recipe that a processor follows in seconds."""

import gzip
import json
from pathlib import Path

import pytest
import yaml

_PEOPLE = ("la panadera", "mi tío Anselmo", "el cartero", "una nena del puerto", "la maestra", "el jardinero")
_DOES = ("abre la ventana", "cuenta las sillas", "lee una carta", "guarda el pan", "mira llover", "pinta la puerta")
_WHEN = ("al alba", "los martes", "cuando nadie la ve", "sin apuro", "después de comer", "en invierno", "con los ojos")


def sentence(n: int) -> str:
    person, does, when = _PEOPLE[n % 6], _DOES[n // 6 % 6], _WHEN[n // 36 % 7]
    return f"{when.capitalize()}, {person} {does} y vuelve a la calle número {n}."


def records(kind: str, count: int) -> list[dict]:
    made = []
    for n in range(count):
        lines = [sentence(7 * n + k) for k in range(6)]
        text = {"verse": ",\n".join(lines), "everyday": lines[0]}.get(kind, " ".join(lines))
        made.append({"text": text, "summary": lines[2], "title": f"La calle {n}", "source": f"{kind}/{n}"})
    return made


@pytest.fixture(scope="session")
def corpora(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpora")
    for kind, count in (("prose", 60), ("verse", 40), ("everyday", 150), ("pairs", 40)):
        with gzip.open(folder / f"{kind}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records(kind, count))
    return folder


@pytest.fixture(scope="session")
def asked() -> dict:
    return {
        "name": "tiny",
        "seed": 3,
        "watts": 20,
        "tokenizer_characters": 40_000,
        "registers": {
            "prose": {"file": "prose.jsonl.gz", "early": 0.5, "late": 0.2, "held_out": 0.2},
            "verse": {"file": "verse.jsonl.gz", "early": 0.2, "late": 0.3, "held_out": 0.2},
            "everyday": {
                "file": "everyday.jsonl.gz", "early": 0.2, "late": 0.3, "held_out": 0.2, "apart_by": "text",
            },
            "pairs": {"file": "pairs.jsonl.gz", "form": "summary", "early": 0.1, "late": 0.2, "held_out": 0.2},
        },
        "shape": {"width": 32, "layers": 2, "heads": 2, "inner": 64, "context": 64, "vocabulary": 400},
        "training": {"rows": 8, "rows_at_once": 4, "steps": 20, "warm_up_steps": 3, "compile": False},
    }  # fmt: skip


@pytest.fixture
def recipe_file(tmp_path, asked) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(asked, sort_keys=False), encoding="utf-8")
    return path
