"""Other tokenizers to compare with: bytes, pieces counted in her texts, and another model's, without its weights."""

import json
import shutil
import subprocess
import sys
import time

import pytest
from hub_server import FILES, NOWHERE, Repository, point_at, serving
from hypothesis import given
from hypothesis import strategies as st

from core.classroom import MODEL
from core.errors import LessonError
from core.models import folder
from core.processes import ROOT
from core.tokens import alternatives
from core.tokens import tokenizer as tokenizers

WITHOUT_TOKENIZER = {name: content for name, content in FILES.items() if name != "tokenizer.json"}
MODELS = {
    "prueba/classroom": Repository(FILES),
    "prueba/without": Repository(WITHOUT_TOKENIZER),
    "prueba/gated": Repository(refusal=(403, "GatedRepo")),
    "prueba/closed": Repository(FILES, closed=True),
    "prueba/ill": Repository(refusal=(500, "")),
}


@pytest.fixture
def fetch(monkeypatch, tmp_path):
    """Asks a Hub for a tokenizer. Answers how it cuts and which files came, or the code of what is refused."""

    def ask(id, server):
        point_at(monkeypatch, server, tmp_path)
        try:
            ids = alternatives.fetch(id).encode("La lluvia")
        except LessonError as error:
            return error.code
        return ids, sorted(path.name for path in alternatives.on_disk()[id].iterdir())

    return ask


def test_only_the_tokenizer_comes_down_and_then_it_is_here_without_connection(fetch):
    with serving(models=MODELS) as hub:
        ids, files = fetch("prueba/classroom", hub)
    assert ids == tokenizers.load(MODEL).encode("La lluvia")
    assert files == ["config.json", "tokenizer.json", "tokenizer_config.json"]
    assert fetch("prueba/classroom", NOWHERE) == (ids, files)


@pytest.mark.parametrize(
    ("id", "code"),
    [
        ("prueba/nadie", "model_not_found"),
        ("prueba/gated", "model_gated"),
        ("prueba/closed", "model_gated"),
        ("prueba/without", "no_tokenizer"),
        ("prueba/ill", "hub_ill"),
        ("../secreto", "model_not_a_name"),
    ],
)
def test_what_the_hub_refuses_is_said_in_words(fetch, id, code):
    with serving(models=MODELS) as hub:
        assert fetch(id, hub) == code


def test_a_model_of_which_only_the_tokenizer_came_is_not_taken_for_whole(fetch):
    with serving(models=MODELS) as hub:
        fetch("prueba/classroom", hub)
        assert (folder.find("prueba/classroom") / "model.safetensors").exists()


@given(st.text(st.characters(codec="utf-8")))
def test_letters_are_the_bytes_of_the_text_and_come_back_as_they_were(text):
    tokenizer = alternatives.letters()
    ids = tokenizer.encode(text)
    assert len(ids) == len(text.encode())
    assert tokenizer.decode(ids) == text


TEXTS = [f"La lluvia no avisa y el río tampoco, {i}. " * 3 for i in range(300)]


def test_pieces_counted_in_her_texts_cut_her_texts_in_fewer_tokens_than_bytes_and_lose_nothing():
    tokenizer = alternatives.counted(TEXTS)
    assert tokenizer.decode(tokenizer.encode("¿Ñandú 🦜?")) == "¿Ñandú 🦜?"
    assert len(tokenizer.encode(TEXTS[0])) < len(TEXTS[0].encode()) / 3
    assert tokenizer.backend.get_vocab_size() <= alternatives.MOST_PIECES


def test_the_same_texts_give_the_same_pieces():
    assert alternatives.counted(TEXTS).backend.to_str() == alternatives.counted(TEXTS).backend.to_str()


def test_counting_takes_no_longer_with_ever_more_texts():
    endless = (f"Copla {i} de la lluvia, del río y de la niebla que sube despacio. " * 30 for i in range(10**9))
    began = time.perf_counter()
    alternatives.counted(endless)
    assert time.perf_counter() - began < 3


def test_an_older_kind_of_tokenizer_is_turned_into_a_fast_one_without_loading_transformers_here(tmp_path):
    old = shutil.copytree(MODEL, tmp_path / "old")
    vocabulary = json.loads((old / "tokenizer.json").read_text())["model"]
    (old / "tokenizer.json").unlink()
    (old / "vocab.json").write_text(json.dumps(vocabulary["vocab"]))
    pairs = [" ".join(pair) if isinstance(pair, list) else pair for pair in vocabulary["merges"]]
    (old / "merges.txt").write_text("\n".join(["#version: 0.2", *pairs]))
    config = json.loads((old / "tokenizer_config.json").read_text())
    (old / "tokenizer_config.json").write_text(json.dumps({**config, "tokenizer_class": "GPT2Tokenizer"}))
    script = f"""
import sys
from pathlib import Path
from core.tokens import tokenizer
ids = tokenizer.load(Path({str(old)!r})).encode("La lluvia")
assert "transformers" not in sys.modules
print(ids)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == tokenizers.load(MODEL).encode("La lluvia")
