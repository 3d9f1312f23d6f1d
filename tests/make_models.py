"""Little models of many families, drawn at random: the real architectures, with tokenizers of their own."""

import json
import shutil
from pathlib import Path

from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers import models as kinds

from core import classroom

CAUSAL = ("llama", "gpt2", "qwen3", "gemma3", "gpt_neox", "mistral")
SEQ2SEQ = ("t5", "mt5", "bart", "mbart", "pegasus")
SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
_TEXTS = [
    "El taller abre a las cinco en la plaza del pueblo. Hay mate, sillas y una mesa larga para escribir cartas.",
    "La lluvia no avisa: cae sobre el techo de chapa, y mi abuela se levanta a cerrar las ventanas.",
    "Resume este texto: el mercado de la costa vende pescado, pan y fruta hasta que baja el sol.",
    "0 1 2 3 4 5 6 7 8 9, ¿cuántos años? ¡Ningún pingüino! Allí, en la fiesta; acá (tal vez) no...",
] * 4
_MARKS = ["<pad>", "</s>", "<unk>", "<s>"]


def make(family: str, folder: Path, **changes: object) -> Path:
    """Writes a model of `family` with its tokenizer in `folder`. `changes` are for its configuration."""
    import torch
    import transformers as t

    torch.manual_seed(3)
    folder.mkdir(parents=True, exist_ok=True)
    if family in CAUSAL:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(classroom.MODEL / name, folder / name)
        vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
    else:
        vocabulary = _own_tokenizer(family, folder)
    ends = {"bos_token_id": 0, "eos_token_id": 0} if family in CAUSAL else {}
    sizes = {"vocab_size": vocabulary, **ends, **changes}
    marian = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2}
    marian |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}
    marian |= {"max_position_embeddings": 128, "pad_token_id": 0, "eos_token_id": 1, "forced_eos_token_id": 1}
    t5 = {"d_model": 32, "d_kv": 16, "d_ff": 48, "num_layers": 2, "num_heads": 2, "decoder_start_token_id": 0}
    heads = {"head_dim": 16, "num_key_value_heads": 1, "max_position_embeddings": 256}
    configs = {
        "llama": lambda: t.LlamaConfig(**{**SMALL, **heads, "tie_word_embeddings": False, **sizes}),
        "qwen3": lambda: t.Qwen3Config(**{**SMALL, **heads, "tie_word_embeddings": True, **sizes}),
        "gemma3": lambda: t.Gemma3TextConfig(**{**SMALL, **heads, "sliding_window": 16, **sizes}),
        "mistral": lambda: t.MistralConfig(**{**SMALL, **heads, "sliding_window": 16, **sizes}),
        "gpt_neox": lambda: t.GPTNeoXConfig(**{**SMALL, "max_position_embeddings": 256, **sizes}),
        "gpt2": lambda: t.GPT2Config(**{"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 256, **sizes}),
        "t5": lambda: t.T5Config(
            **{**t5, "task_specific_params": {"summarization": {"prefix": "summarize: "}}, **sizes}
        ),
        "mt5": lambda: t.MT5Config(**{**t5, "tie_word_embeddings": False, **sizes}),
        "bart": lambda: t.BartConfig(**{**marian, "bos_token_id": 3, "decoder_start_token_id": 1, **sizes}),
        "mbart": lambda: t.MBartConfig(**{**marian, "bos_token_id": 3, **sizes}),
        "pegasus": lambda: t.PegasusConfig(**{**marian, "decoder_start_token_id": 0, **sizes}),
    }
    kind = t.AutoModelForCausalLM if family in CAUSAL else t.AutoModelForSeq2SeqLM
    kind.from_config(configs[family]()).save_pretrained(folder)
    return folder


def _own_tokenizer(family: str, folder: Path) -> int:
    """Trains a tokenizer of the sort that the family has. Answers the size of its vocabulary."""
    if family == "bart":
        tokenizer = Tokenizer(kinds.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=_MARKS, initial_alphabet=alphabet)
    else:
        tokenizer = Tokenizer(kinds.Unigram())
        tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        marks = [*_MARKS, "en_XX", "es_XX"] if family == "mbart" else _MARKS
        trainer = trainers.UnigramTrainer(vocab_size=300, special_tokens=marks, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(_TEXTS, trainer)
    dressed = {"bart": "<s> $A </s>", "mbart": "$A </s> en_XX"}.get(family, "$A </s>")
    ids = [(mark, tokenizer.token_to_id(mark)) for mark in dressed.split() if mark != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=dressed, special_tokens=ids)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**names, "tokenizer_class": "TokenizersBackend"}))
    return tokenizer.get_vocab_size()


def make_masked(folder: Path) -> Path:
    """Writes a little BERT, drawn at random, with a tokenizer of whole words."""
    import torch
    import transformers as t

    torch.manual_seed(3)
    folder.mkdir(parents=True, exist_ok=True)
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    marks["mask_token"] = "[MASK]"
    tokenizer = Tokenizer(kinds.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=list(marks.values()), show_progress=False)
    tokenizer.train_from_iterator(_TEXTS, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({**marks, "tokenizer_class": "TokenizersBackend"}))
    sizes = {"vocab_size": tokenizer.get_vocab_size(), "max_position_embeddings": 64}
    t.BertForMaskedLM(t.BertConfig(**{**SMALL, **sizes})).save_pretrained(folder)
    return folder
