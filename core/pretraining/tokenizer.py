"""The pieces that texts are cut in: byte pairs, learned from the texts themselves."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core import storage
from core.tokens.gguf_vocabulary import AS_LLAMA

if TYPE_CHECKING:
    from tokenizers import Tokenizer

END, PAD = "<|endoftext|>", "<|pad|>"  # ids 0 and 1; END begins a text and ends it
# Where pieces never reach across: a word with the space before it; up to three digits; signs; line breaks by
# themselves, so that a line of verse begins with the same pieces wherever it stands; other blanks.
_PATTERN = r" ?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\n+|[^\S\n]+(?=\S)|[^\S\n]+"
_RARE = 2  # times that a pair must have been seen


def learn(texts: Iterable[str], vocabulary: int) -> "Tokenizer":
    """Learns a tokenizer of `vocabulary` pieces (Sennrich et al., 2016), over bytes: any text can be cut and put back.

    It puts letters and their accents together (NFC), and adds no special token by itself. Pieces are learned within
    the bounds of _PATTERN, and texts cut by those of Llama 3, which are fewer: no piece reaches across the others
    anyway, and llama.cpp knows these by name.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    def parted(pattern: str) -> pre_tokenizers.PreTokenizer:
        split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
        into_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        return pre_tokenizers.Sequence([split, into_bytes])

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = parted(_PATTERN)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=_RARE,
        special_tokens=[END, PAD],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.pre_tokenizer = parted(AS_LLAMA)
    tokenizer.model.ignore_merges = True  # a whole word that is a piece is one, as there
    return tokenizer


def save(tokenizer: "Tokenizer", folder: Path, context: int) -> None:
    """Writes what `AutoTokenizer.from_pretrained(folder)` reads."""
    told = {
        "backend": "tokenizers",
        "bos_token": END,
        "clean_up_tokenization_spaces": False,
        "eos_token": END,
        "model_max_length": context,
        "pad_token": PAD,
        "tokenizer_class": "TokenizersBackend",
    }
    storage.write_text(folder / "tokenizer_config.json", json.dumps(told, indent=2) + "\n")
    storage.write_text(folder / "tokenizer.json", tokenizer.to_str(pretty=True))


def load(folder: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
