"""The GGUF file, opened by the program that it is for: llama.cpp itself reads it, cuts texts with it, and writes."""

import json
import shutil
import tracemalloc
from pathlib import Path

import make_models
import pytest
from llama_program import running
from sharing.test_merged import with_base

from core import storage, texts
from core.classroom import MODEL
from core.errors import LessonError
from core.generation.generate import Sampling, stream
from core.generation.loaded import Loaded, load
from core.sharing import gguf_file, kept
from core.tasks import TASKS
from core.tokens import gguf_vocabulary
from core.tokens.encode import prompt_ids
from core.training import plan, runs

GREEDY = Sampling(temperature=0, max_new_tokens=40)
BEGINNINGS = ["Abrí la ventana y", "Mi abuela decía que", "La luna\n", "¿Dónde están"]
VERSE = "It's VERSO'S: con acentos:\n\n  ¡Ñandú, güiro!\n«—¿Y qué?» 1234\tfin…\r\n\r\n  Él, aún, 3,5 %  <|endoftext|> "


def written(loaded: Loaded, text: str, task: str = "write") -> str:
    """What the workshop writes, always taking the likeliest token."""
    ids = prompt_ids(text, TASKS[task], loaded.tokenizer, "es", loaded.room(40))
    return "".join(step.text for step in stream(loaded, ids, GREEDY))


def change_tokenizer(folder: Path, model: dict | None = None, **changes: object) -> None:
    path = folder / "tokenizer.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(said | changes | {"model": said["model"] | (model or {})}), encoding="utf-8")


def likely(loaded: Loaded, ids: list[int]):
    """The probability of each token behind each of `ids`: [ids, vocabulary]."""
    import torch

    with torch.no_grad():
        return loaded.model(input_ids=torch.tensor([ids])).logits[0].softmax(-1)


def file_of(run: runs.Run, project, quantisation: str) -> Path:
    return gguf_file.make(run, project, "es", quantisation) / gguf_file.file_name(run, quantisation)


@pytest.fixture(scope="module")
def adapted(sampled):
    """A project whose run adapted the classroom model, and that model as the workshop has it."""
    project = sampled()
    run = with_base(project, MODEL)
    return project, run, load(MODEL, run.adapter, "fp32")


def test_llama_cpp_writes_with_it_token_for_token_what_the_workshop_writes(adapted):
    project, run, ours = adapted
    file = file_of(run, project, "f16")
    back = load(file, precision="fp32")
    with running(file) as program:
        assert program.ids(VERSE) == ours.tokenizer.encode(VERSE) == back.tokenizer.encode(VERSE)
        for text in BEGINNINGS:
            assert program.ids(text, begins=True) == [ours.tokenizer.bos_id, *ours.tokenizer.encode(text)]
            assert program.write(text) == written(ours, text)
        assert program.write(text) == written(back, text)
        assert program.chat(BEGINNINGS[0]).strip() == program.write(BEGINNINGS[0]).strip()


def test_with_8_bits_it_nearly_always_takes_the_same_token(adapted):
    """Over the ids of its own greedy texts, so that one other token does not change all that follow."""
    project, run, ours = adapted
    same = total = 0
    with running(file_of(run, project, "q8_0")) as program:
        for text in BEGINNINGS[:3]:
            ids = [ours.tokenizer.bos_id, *ours.tokenizer.encode(text + written(ours, text))]
            mine = likely(ours, ids).argmax(-1).tolist()
            for end in range(max(1, len(ids) - 25), len(ids)):
                same += program.next(ids[:end])[0] == mine[end - 1]
                total += 1
    assert same / total >= 0.9, (same, total)


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
WORDS = BYTES | {"use_regex": True}
QWEN, LLAMA = gguf_vocabulary.AS_QWEN, gguf_vocabulary.AS_LLAMA


def parted(*steps: dict | str) -> dict:
    """A `pre_tokenizer` as it stands in a `tokenizer.json`; a step in letters is a pattern."""
    patterns = {"type": "Split", "behavior": "Isolated", "invert": False}
    parts = [patterns | {"pattern": {"Regex": step}} if isinstance(step, str) else step for step in steps]
    return {"type": "Sequence", "pretokenizers": parts}


# GPT-2 keeps its matrices turned; Qwen3 has fewer heads for keys than for queries; Llama's are taken apart. Each with
# another way of parting a text into words, as models of the Hub have it.
@pytest.mark.parametrize(
    ("family", "way", "merges_whole"),
    [
        ("llama", parted({"type": "Digits", "individual_digits": True}, WORDS), False),
        ("qwen3", parted(QWEN, BYTES), False),
        ("gpt2", parted(LLAMA, BYTES), True),
    ],
    ids=["Llama as SmolLM2", "Qwen3", "GPT-2 with the words of Llama 3"],
)
def test_other_architectures_come_out_as_they_went_in(loaded, tmp_path, family, way, merges_whole):
    import torch

    # Numbers large enough for a wrong arrangement to change what comes next.
    base = make_models.make(family, tmp_path / family, initializer_range=0.3)
    change_tokenizer(base, pre_tokenizer=way, model={"ignore_merges": merges_whole})
    project = loaded()
    run = with_base(project, base)
    ours, file = load(base, run.adapter, "fp32"), file_of(run, project, "f16")
    back = load(file, precision="fp32")
    ids = [0, *ours.tokenizer.encode("El taller abre a las cinco en la plaza del pueblo, con mate y sillas.")]
    mine = likely(ours, ids)
    assert torch.allclose(mine, likely(back, ids), atol=0.02)
    with running(file) as program:
        assert program.ids(VERSE) == ours.tokenizer.encode(VERSE) == back.tokenizer.encode(VERSE)
        for end in (5, 12, len(ids)):
            token, probability = program.next(ids[:end])
            assert token == int(mine[end - 1].argmax())
            assert probability == pytest.approx(float(mine[end - 1].max()), abs=0.02)


def test_a_text_to_shorten_is_asked_in_a_chat_window_as_in_training(summarizing):
    project = summarizing(MODEL)
    run = with_base(project, MODEL)
    ours = load(MODEL, run.adapter, "fp32")
    note = "El taller abre a las cinco en la plaza. Hay mate y sillas."
    file = file_of(run, project, "f16")
    with running(file) as program:
        assert program.chat(note).strip() == written(ours, note, "summarize").strip()
    with kept.opened(file) as one:
        assert (one.task, one.language) == ("summarize", "es")
    assert 'TEMPLATE """{{ .Prompt }}\n\nResumen:"""' in (file.parent / "Modelfile").read_text(encoding="utf-8")


def test_beside_it_lie_the_steps_for_each_program_and_its_licence(adapted):
    project, run, _ = adapted
    folder = gguf_file.make(run, project, "en", "q8_0")
    assert {path.name for path in folder.iterdir()} == {"run-1-q8_0.gguf", "Modelfile", "README.md"}
    steps = (folder / "README.md").read_text(encoding="utf-8")
    beginning = texts.words("es", "gguf")("prompt.default")  # of Spanish texts, whatever the steps are told in
    for said in ("ollama create", "lms import", "llama-completion -m run-1-q8_0.gguf", "MIT", beginning):
        assert said in steps
    assert (folder / "Modelfile").read_text(encoding="utf-8").startswith("FROM ./run-1-q8_0.gguf\n")
    assert gguf_file.made(run, "q8_0") == folder
    assert gguf_file.made(run, "f16") is None
    assert gguf_file.bytes_about(run, "q8_0") == pytest.approx((folder / "run-1-q8_0.gguf").stat().st_size, rel=0.1)


ELSE = {
    "another way of parting words": {"pre_tokenizer": parted(r"\w+|\s+", BYTES)},
    "a space before each text": {"pre_tokenizer": WORDS | {"add_prefix_space": True}},
    "small letters only": {"normalizer": {"type": "Lowercase"}},
    "words of Llama 3, merged as others do": {
        "pre_tokenizer": parted(LLAMA, BYTES),
        "model": {"ignore_merges": False},
    },
}


@pytest.mark.parametrize("change", ELSE)
def test_a_tokenizer_that_llama_cpp_does_not_know_is_refused_and_nothing_is_left(loaded, tmp_path, change):
    base = make_models.make("llama", tmp_path / "llama")
    project = loaded()
    run = with_base(project, base)
    change_tokenizer(base, **ELSE[change])
    with pytest.raises(LessonError, match="gguf_tokenizer"):
        gguf_file.make(run, project, "es")
    assert not (run.folder / "share").exists()


def test_a_token_of_hers_that_would_be_read_otherwise_is_found_in_her_own_texts(loaded, tmp_path):
    """«luna» is added as a token that swallows the space before it, which llama.cpp does not do."""
    base = make_models.make("llama", tmp_path / "llama")
    path = base / "tokenizer.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    token = {"id": 8191, "content": "la", "lstrip": True, "rstrip": False, "single_word": False}
    said["model"]["vocab"] = {name: id for name, id in said["model"]["vocab"].items() if id != 8191}
    said["model"]["merges"] = [pair for pair in said["model"]["merges"] if "".join(pair) in said["model"]["vocab"]]
    said["added_tokens"].append(token | {"normalized": False, "special": False})
    path.write_text(json.dumps(said), encoding="utf-8")
    project = loaded()
    run = with_base(project, base)
    with pytest.raises(LessonError, match="gguf_tokenizer"):
        gguf_file.make(run, project, "es")
    assert not [path for path in (run.folder / "share").rglob("*") if path.suffix != ".lock"]


def without_training(project, base: Path) -> runs.Run:
    run = runs.create(project, plan.settings(project, "quick"))
    record = run.record() | {"model": "otro/modelo", "model_folder": str(base)}
    storage.write_json(run.folder / "settings.json", record)
    return run


@pytest.mark.parametrize("family", ["t5", "gpt_neox", "gemma3"])
def test_of_an_architecture_that_is_not_written_here_it_says_so_before_anything_is_done(loaded, base, family):
    run = without_training(loaded(), base(family))
    with pytest.raises(LessonError, match="gguf_architecture"):
        gguf_file.check(run)


def test_a_large_weight_is_never_whole_in_memory(loaded, base, tmp_path):
    import torch
    from safetensors.torch import save_file

    project = loaded()
    large = tmp_path / "large"
    shutil.copytree(base("qwen3"), large)
    config = storage.load_json(large / "config.json") | {"vocab_size": 13_000, "hidden_size": 2048}
    storage.write_json(large / "config.json", config)
    save_file(
        {"model.embed_tokens.weight": torch.ones(13_000, 2048, dtype=torch.bfloat16)}, large / "model.safetensors"
    )
    run = without_training(project, large)
    shutil.copytree(large, run.adapter, dirs_exist_ok=True)  # as where the whole model was trained
    storage.write_json(run.folder / "reshaped.json", {"method": "full"})
    tracemalloc.start()
    file = file_of(run, project, "q8_0")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size > 27e6
    assert peak < 30e6


def test_a_disk_with_less_room_than_the_file_takes_is_said_before_anything_is_written(adapted, monkeypatch):
    project, run, _ = adapted
    shutil.rmtree(gguf_file.folder(run), ignore_errors=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1_000_000}))
    with pytest.raises(LessonError, match="merged_does_not_fit"):
        gguf_file.make(run, project, "es")
    assert not gguf_file.folder(run).exists()


def test_a_file_that_fills_the_disk_on_the_way_is_said_and_nothing_is_left(adapted, full_after):
    project, run, _ = adapted
    shutil.rmtree(run.folder / "share", ignore_errors=True)
    with full_after(5_000_000), pytest.raises(LessonError, match="disk_full"):
        gguf_file.make(run, project, "es", "f16")
    assert not [path for path in (run.folder / "share").rglob("*") if path.suffix != ".lock"]


def test_what_a_killed_process_left_half_made_goes_when_it_is_made_again(adapted):
    project, run, _ = adapted
    left = run.folder / "share" / f".gguf.{2**22 + 1}.0123abcd"
    left.mkdir(parents=True)
    gguf_file.make(run, project, "es", "f16")
    assert not left.exists()
