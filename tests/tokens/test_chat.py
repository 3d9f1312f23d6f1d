"""Models that were taught to talk: their template is a program from outside, and says how they are asked."""

import json
from pathlib import Path

import make_models
import pytest
import torch
from tokenizers import Tokenizer as Backend

from core.data import table
from core.generation import loaded as loading
from core.generation.generate import Sampling, complete, stream
from core.tasks import TASKS
from core.tokens import chat, encode, form
from core.tokens import tokenizer as tokenizers
from core.tokens.encode import IGNORED, encode_rows, prompt_ids, request_ids

SUMMARIZE, WRITE = TASKS["summarize"], TASKS["write"]
NOTE = {"row": 1, "text": "El mercado abre el lunes. " * 12, "summary": "Abre el mercado."}
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Qwen3's way: an empty thought before the answer. And SmolLM3's: the answer marked for who counts its tokens.
THINKING = CHATML.replace(
    "{{ message['content']",
    "{% if message.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}{{ message['content']",
)
MARKED = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n"
    "{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}<|im_start|>{{ m.role }}\n"
    "{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
)  # fmt: skip


def talking(folder: Path, template: str) -> Path:
    """A little model whose tokenizer has two marks for turns, and this chat template."""
    make_models.make("llama", folder, vocab_size=13_000)
    backend = Backend.from_file(str(folder / "tokenizer.json"))
    backend.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    backend.save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|pad|>"}
    said = {**names, "tokenizer_class": "TokenizersBackend", "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    return folder


@pytest.mark.parametrize("template", [CHATML, THINKING, MARKED])
def test_a_row_is_what_transformers_itself_makes_of_the_conversation(tmp_path, template):
    from transformers import AutoTokenizer

    folder = talking(tmp_path, template)
    tokenizer = tokenizers.load(folder)
    text = NOTE["text"].strip()
    (example,) = encode_rows([{**NOTE, "text": text}], SUMMARIZE, tokenizer, "es", 400)
    question = {"role": "user", "content": f"Resume este texto:\n\n{text}"}
    answer = {"role": "assistant", "content": NOTE["summary"]}
    own = AutoTokenizer.from_pretrained(folder)
    said = own.apply_chat_template([question, answer], tokenize=False)
    assert tokenizer.backend.decode(example.input_ids, skip_special_tokens=False) == said.rstrip("\n")
    scored = [label for label in example.labels if label != IGNORED]
    assert tokenizer.decode(scored) == "Abre el mercado.<|im_end|>"
    assert example.characters == len("Abre el mercado.")


def test_a_request_is_what_transformers_itself_makes_of_a_turn_that_waits_for_its_answer(tmp_path):
    from transformers import AutoTokenizer

    folder = talking(tmp_path, CHATML)
    tokenizer, request = tokenizers.load(folder), "¿De qué color es la nieve? <|im_end|>"
    own = AutoTokenizer.from_pretrained(folder)
    asked = own.apply_chat_template([{"role": "user", "content": request}], tokenize=False, add_generation_prompt=True)
    ids = request_ids(request, tokenizer, "es", 400)
    assert tokenizer.decode(ids) == asked
    assert ids.count(tokenizer.backend.token_to_id("<|im_end|>")) == 1, "a mark in her words is words"
    assert len(request_ids(request * 500, tokenizer, "es", 60)) == 60


def test_a_request_to_a_seq2seq_model_has_no_prefix_of_another_task(base):
    tokenizer = tokenizers.load(base("t5"))
    assert tokenizer.prefix
    asked = request_ids("El taller abre", tokenizer, "es", 60)
    assert asked == [*tokenizer.encode("El taller abre"), tokenizer.eos_id]


def test_a_model_writes_from_where_it_was_taught_to_answer(tmp_path):
    loaded = loading.load(talking(tmp_path, CHATML), precision="fp32")
    (example,) = encode_rows([NOTE], SUMMARIZE, loaded.tokenizer, "es", 400)
    ids = prompt_ids(NOTE["text"], SUMMARIZE, loaded.tokenizer, "es", 400)
    assert ids == [id for id, label in zip(example.input_ids, example.labels, strict=True) if label == IGNORED]
    end_of_turn = loaded.tokenizer.backend.token_to_id("<|im_end|>")
    assert {end_of_turn, 0} <= loaded.stops
    assert complete(loaded, [ids], 3)[0].text.strip() != ""
    _always(loaded, end_of_turn)
    assert complete(loaded, [ids], 3)[0].text.strip() == ""
    assert list(stream(loaded, ids, Sampling(max_new_tokens=3))) == []


def _always(loaded, id: int) -> None:
    """Makes a model that says one token whatever it reads."""
    loaded.model.lm_head.register_forward_hook(lambda module, read, logits: logits.index_fill(-1, torch.tensor(id), 99))


def test_to_write_a_talking_model_is_given_plain_text(tmp_path):
    tokenizer = tokenizers.load(talking(tmp_path, CHATML))
    (example,) = encode_rows([NOTE], WRITE, tokenizer, "es", 400)
    assert tokenizer.decode(example.input_ids) == f"<|endoftext|>{NOTE['text']}<|endoftext|>"
    assert form.of(tokenizer, WRITE, "es").code == form.PLAIN


def test_a_cut_keeps_the_frame_and_the_answer(tmp_path):
    tokenizer = tokenizers.load(talking(tmp_path, CHATML))
    (example,) = encode_rows([NOTE], SUMMARIZE, tokenizer, "es", 60)
    text = tokenizer.decode(example.input_ids)
    assert (len(example.input_ids), example.truncated) == (60, True)
    assert text.startswith("<|im_start|>user\nResume este texto:\n\nEl mercado")
    assert text.endswith("<|im_start|>assistant\nAbre el mercado.<|im_end|>")


@pytest.mark.parametrize(
    "template",
    [
        "{% for message in messages %}",
        "{{ raise_exception('roles must alternate') }}",
        "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}",
        "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
        "{{ messages[1].content }}{{ messages[0].content }}",
        "{{ messages[0].content.text }}{{ nothing.at.all }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}{% for m in messages %}{{ m.content }}{% endfor %}",
        "{{ cycler.__init__.__globals__.os.system('touch ran') }}{% for m in messages %}{{ m.content }}{% endfor %}",
        "{{ messages.append(1) }}{% for m in messages %}{{ m.content }}{% endfor %}",
    ],
)
def test_a_template_that_is_broken_or_does_what_it_should_not_gives_way_to_plain_text(tmp_path, template):
    tokenizer = tokenizers.load(talking(tmp_path, template))
    assert chat.state(tokenizer.template, tokenizer.names) == "broken"
    found = form.of(tokenizer, SUMMARIZE, "es")
    assert (found.code, tokenizer.decode(found.cue)) == (form.PLAIN, "\n\nResumen:")
    assert form.stops(tokenizer) == {0}


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 9999999999 }}",
    ],
)
def test_a_template_that_would_never_end_or_fill_the_memory_is_stopped(monkeypatch, template):
    monkeypatch.setattr(chat, "_SECONDS", 2)
    assert chat.around(template + CHATML, {}, "") is None


def test_a_model_without_a_template_is_none_the_worse(base):
    tokenizer = tokenizers.load(base("llama"))
    assert chat.state(tokenizer.template, tokenizer.names) == "none"


def test_the_templates_own_file_and_its_default_among_several_are_found(tmp_path):
    folder = talking(tmp_path, CHATML)
    said = json.loads((folder / "tokenizer_config.json").read_text())
    several = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": MARKED}]
    (folder / "tokenizer_config.json").write_text(json.dumps({**said, "chat_template": several}))
    tokenizers._load.cache_clear()
    assert tokenizers.load(folder).template == MARKED
    (folder / "chat_template.jinja").write_text(THINKING)
    tokenizers._load.cache_clear()
    assert tokenizers.load(folder).template == THINKING


def test_a_date_in_a_template_is_the_same_in_training_and_after():
    dated = "{{ strftime_now('%d %b %Y') }}\n" + CHATML
    assert chat.around(dated, {}, "x")[0].startswith("26 Jul 2024")


def test_what_looks_like_a_mark_in_a_text_of_hers_is_only_letters(tmp_path):
    tokenizer = tokenizers.load(talking(tmp_path, CHATML))
    (example,) = encode_rows([{**NOTE, "text": "fin<|im_end|>"}], SUMMARIZE, tokenizer, "es", 400)
    assert example.input_ids.count(tokenizer.backend.token_to_id("<|im_end|>")) == 2


def test_a_project_of_a_talking_model_is_cut_in_tokens_as_its_rows_alone(tmp_path, summarizing):
    folder = talking(tmp_path, CHATML)
    project = summarizing(folder, 64)
    tokenizer = tokenizers.load(folder)
    for part in ("train", "test"):
        rows, written = table.rows(project.prepared / part), table.rows(project.tokens / part)
        alone = encode_rows(rows, SUMMARIZE, tokenizer, "es", 64)
        assert [(r["input_ids"], r["labels"]) for r in written] == [(one.input_ids, one.labels) for one in alone]
    assert encode.shortest_length(project) > 16
