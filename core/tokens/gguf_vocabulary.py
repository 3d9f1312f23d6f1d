"""A byte-level tokenizer as a GGUF file keeps it, and back.

llama.cpp reads tokens and merges from the file, but not how a text is parted before letters are merged: it knows some
ways by name, in its source (`llama-vocab.cpp`). A wrong name says nothing and gives a text other ids than the model
learned, so that a way is named only where it is the very one.
"""

import json
from dataclasses import dataclass

from tokenizers import Regex, decoders, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend
from tokenizers import models as kinds

from core.errors import LessonError
from core.tokens import form as forms
from core.tokens.tokenizer import Tokenizer

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5  # llama.cpp's types of tokens
_WORDS, _DIGITS = "words as in GPT-2", "digits one by one"
_AS_QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_AS_LLAMA = _AS_QWEN.replace(r"\p{N}|", r"\p{N}{1,3}|")
# What llama.cpp calls a way: the steps by which a text is parted, and whether a whole word that is a token is one.
_WAYS: dict[str, tuple[tuple[str, ...], bool]] = {
    "gpt-2": ((_WORDS,), False),
    "smollm": ((_DIGITS, _WORDS), False),
    "qwen2": ((_AS_QWEN,), False),
    "llama-bpe": ((_AS_LLAMA,), True),
}


@dataclass(frozen=True)
class Vocabulary:
    """What stands under `tokenizer.` in the file. `pre` is llama.cpp's name for how a text is parted."""

    pre: str
    tokens: list[str]
    types: list[int]
    merges: list[str]
    bos_id: int | None
    eos_id: int | None
    eot_id: int | None
    pad_id: int | None
    adds_bos: bool
    template: str


def vocabulary(tokenizer: Tokenizer, size: int, adds_bos: bool, template: str, model: str) -> Vocabulary:
    """Answers a tokenizer as GGUF keeps it, with `size` tokens, as many as the model has rows for.

    `adds_bos` and `template` say how a text is asked (see `core.sharing.gguf_guide.Frame`).

    Raises LessonError `gguf_tokenizer` where llama.cpp would give some text other ids.
    """
    said = json.loads(tokenizer.backend.to_str())
    bpe = said["model"]
    way = (_steps(said["pre_tokenizer"]), bool(bpe.get("ignore_merges")))
    pre = next((name for name, known in _WAYS.items() if known == way), None)
    if pre is None or not _is_plain(said) or tokenizer.eos_id is None:
        raise LessonError("gguf_tokenizer", model=model)
    tokens, types = [f"[PAD{id}]" for id in range(size)], [UNUSED] * size
    for token, id in bpe["vocab"].items():
        tokens[id], types[id] = token, NORMAL
    for added in said["added_tokens"]:
        if added["id"] < size:  # some tokenizers name more marks than their model has rows
            tokens[added["id"]], types[added["id"]] = added["content"], CONTROL if added["special"] else USER_DEFINED
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in bpe["merges"]]
    turn_ends = sorted(forms.stops(tokenizer) - {tokenizer.eos_id})
    pad = tokenizer.backend.token_to_id(tokenizer.names.get("pad_token", ""))
    eot = turn_ends[0] if turn_ends else None
    return Vocabulary(pre, tokens, types, merges, tokenizer.bos_id, tokenizer.eos_id, eot, pad, adds_bos, template)


def backend(vocabulary: Vocabulary) -> Backend:
    """Answers the tokenizer that llama.cpp makes of a file. Raises LessonError `gguf_tokenizer`."""
    if vocabulary.pre not in _WAYS:
        raise LessonError("gguf_tokenizer", model=vocabulary.pre)
    steps, whole_words = _WAYS[vocabulary.pre]
    ids = {token: id for id, token in enumerate(vocabulary.tokens) if vocabulary.types[id] != UNUSED}
    merges = [(left, right) for left, _, right in (pair.partition(" ") for pair in vocabulary.merges)]
    made = Backend(kinds.BPE(ids, merges, ignore_merges=whole_words))
    made.normalizer = normalizers.NFC()
    by_word = _WORDS in steps
    parts = [_part(step) for step in steps if step != _WORDS]
    parts.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=by_word))
    made.pre_tokenizer = pre_tokenizers.Sequence(parts)
    made.decoder = decoders.ByteLevel()
    for type, add in ((CONTROL, made.add_special_tokens), (USER_DEFINED, made.add_tokens)):
        add([token for token, its in zip(vocabulary.tokens, vocabulary.types, strict=True) if its == type])
    return made


def _part(step: str):
    if step == _DIGITS:
        return pre_tokenizers.Digits(individual_digits=True)
    return pre_tokenizers.Split(Regex(step), "isolated")


def _steps(pre_tokenizer: dict | None) -> tuple[str, ...]:
    """Answers the steps of a `tokenizer.json`, each as it stands in `_WAYS`, or as JSON, which stands there nowhere."""
    parts = (pre_tokenizer or {}).get("pretokenizers", [pre_tokenizer])
    named = [_named(part or {}) for part in parts]
    return tuple(name for name in named if name)


def _named(part: dict) -> str:
    match part:
        case {"type": "ByteLevel", "add_prefix_space": False, **rest}:
            return _WORDS if rest.get("use_regex", True) else ""
        case {"type": "Digits", "individual_digits": True}:
            return _DIGITS
        case {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}:
            return pattern
    return json.dumps(part)


def _is_plain(said: dict) -> bool:
    """Says whether all else in a `tokenizer.json` is what llama.cpp takes for granted in a byte-level vocabulary.

    Accents put together (NFC) it leaves out, and so every text that is typed as keyboards type has the same ids.
    """
    bpe, changed = said["model"], said["normalizer"] or {"type": "NFC"}
    odd = ("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback")
    bytes_decoded = (said["decoder"] or {}).get("type") == "ByteLevel"
    return bpe["type"] == "BPE" and changed == {"type": "NFC"} and bytes_decoded and not any(bpe.get(o) for o in odd)
