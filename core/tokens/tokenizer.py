"""A model's tokenizer, through the `tokenizers` library alone: it loads in milliseconds, without torch."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from tokenizers import Tokenizer as Backend
from tokenizers import decoders

from core import storage
from core.errors import LessonError
from core.models.kind import CAUSAL, kind_of
from core.tokens.chips import Chip, bytewise, joined_letters

_CONVERT_SECONDS = 120
_LONGEST_LETTER = 4  # bytes of a letter in UTF-8, and so the most tokens that it can take


@dataclass(frozen=True)
class Piece:
    """One token as a person sees it: its id, the text it stands for, and whether it is a special token.

    Bytes that are no letter by themselves are shown with the token that completes them: `text` is then empty
    in the first tokens and whole in the last.
    """

    id: int
    text: str
    special: bool = False


@dataclass(frozen=True)
class Tokenizer:
    """A tokenizer and the ids that begin and end a text; `None` where the model has none.

    What else decides how its model is to be spoken to: its `kind`, the `prefix` that it wants before a text to
    shorten, its chat `template` (Jinja), the `names` of its special tokens, by role, that the template may ask for,
    and the `stop_ids` at which its makers say that it has finished writing.
    """

    backend: Backend
    bos_id: int | None
    eos_id: int | None
    kind: str = CAUSAL
    prefix: str = ""
    template: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    stop_ids: tuple[int, ...] = ()

    def encode(self, text: str) -> list[int]:
        """Answers the ids of `text`, adding no special token."""
        return self.backend.encode(text, add_special_tokens=False).ids

    def encode_marks(self, text: str) -> list[int]:
        """Answers the ids of a text that is not hers, in which the names of special tokens are special tokens."""
        return self._with_marks.encode(text, add_special_tokens=False).ids

    def around(self) -> tuple[list[int], list[int]]:
        """Answers what the tokenizer by itself puts before and after a text."""
        plain = self._with_marks.encode("a", add_special_tokens=False).ids
        whole = self._with_marks.encode("a").ids
        at = next((i for i in range(len(whole)) if whole[i : i + len(plain)] == plain), len(whole))
        return whole[:at], whole[at + len(plain) :]

    @cached_property
    def _with_marks(self) -> Backend:
        backend = Backend.from_str(self.backend.to_str())
        backend.encode_special_tokens = False
        return backend

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """Answers the ids of each text, on every core; like `encode`, in one call."""
        # The fast one leaves out where each token stands in its text, which nobody here asks.
        return [encoding.ids for encoding in self.backend.encode_batch_fast(texts, add_special_tokens=False)]

    def decode(self, ids: list[int]) -> str:
        """Answers the text of `ids`, special tokens included."""
        return self.backend.decode(ids, skip_special_tokens=False)

    def decode_all(self, ids: list[list[int]]) -> list[str]:
        return self.backend.decode_batch(ids, skip_special_tokens=False)

    def special_ids(self) -> set[int]:
        """Answers the ids of special tokens, which stand for no text."""
        return {id for id, token in self.backend.get_added_tokens_decoder().items() if token.special}

    def chips(self, ids: list[int]) -> list[Chip]:
        """Answers the ids in groups that a person can read: no letter, accent or emoji is divided between two.

        Put together, their texts are the decoded text. Takes time in proportion to the ids.
        """
        special = self.special_ids()
        if isinstance(self.backend.decoder, decoders.ByteLevel):
            chips = bytewise(self.backend.id_to_token, ids, special)
            if "".join(chip.text for chip in chips) == self.decode(ids):
                return joined_letters(chips)
        return joined_letters(self._decoded_one_by_one(ids, special))

    def pieces(self, ids: list[int]) -> list[Piece]:
        """Answers one piece a token; put together, their texts are the decoded text."""
        pieces: list[Piece] = []
        for chip in self.chips(ids):
            pieces += [Piece(id, "", chip.special) for id in chip.ids[:-1]]
            pieces.append(Piece(chip.ids[-1], chip.text, chip.special))
        return pieces

    def _decoded_one_by_one(self, ids: list[int], special: set[int]) -> list[Chip]:
        chips: list[Chip] = []
        before: list[int] = []
        pending: list[int] = []
        for place, id in enumerate(ids, start=1):
            pending.append(id)
            # Read after the piece before it: many decoders drop the space that begins a text.
            text = self.decode(before + pending)[len(self.decode(before)) :]
            if text.endswith("\ufffd") and place < len(ids) and len(pending) < _LONGEST_LETTER:
                continue
            chips.append(Chip(text, tuple(pending), id in special))
            before, pending = pending, []
        return chips


def load(folder: Path) -> Tokenizer:
    """Loads the tokenizer of the model in `folder`. Raises LessonError `no_tokenizer`."""
    path = folder / "tokenizer.json"
    if path.is_file():
        return _load(path, path.stat().st_mtime_ns)
    return _convert(folder)


def of_model(folder: Path) -> Tokenizer:
    """Loads the tokenizer of a model that is to read with it. Raises LessonError: `no_tokenizer`, `tokens_unknown`."""
    tokenizer = load(folder)
    config = storage.read_json(folder / "config.json") or {}
    known = config.get("text_config", config).get("vocab_size")
    last = _last_id(tokenizer)
    if isinstance(known, int) and last >= known:
        raise LessonError("tokens_unknown", folder=folder.name, last=last, known=known)
    return tokenizer


def _last_id(tokenizer: Tokenizer) -> int:
    """Answers the greatest id that a text of hers, or its ends, can have; special tokens are never in it."""
    added = tokenizer.backend.get_added_tokens_decoder()
    in_texts = tokenizer.backend.get_vocab_size(with_added_tokens=False) - 1  # ids count up from 0
    plain = (id for id, token in added.items() if not token.special)
    return max(in_texts, tokenizer.bos_id or 0, tokenizer.eos_id or 0, *plain, 0)


@lru_cache(maxsize=4)
def _load(path: Path, modified: int) -> Tokenizer:
    try:
        backend = Backend.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise LessonError("no_tokenizer", folder=path.parent.name) from error
    backend.no_truncation()
    backend.no_padding()
    return _with_ends(backend, path.parent)


# In a process of its own: transformers would stay in the server's memory for good.
_CONVERT = """
import sys
from transformers import AutoTokenizer
sys.stdout.write(AutoTokenizer.from_pretrained(sys.argv[1], local_files_only=True).backend_tokenizer.to_str())
"""


@lru_cache(maxsize=4)
def _convert(folder: Path) -> Tokenizer:
    """Builds a fast tokenizer from an older format; needs transformers, so it takes a few seconds."""
    command = [sys.executable, "-c", _CONVERT, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_CONVERT_SECONDS)
        return _with_ends(Backend.from_str(done.stdout.decode()), folder)
    except Exception as error:  # the library raises bare Exception
        raise LessonError("no_tokenizer", folder=folder.name) from error


def _with_ends(backend: Backend, folder: Path) -> Tokenizer:
    """Finds the ids that begin and end a text: by name in the tokenizer's configuration, else in the model's."""
    backend.encode_special_tokens = True  # «</s>» in a text of hers is five letters, not an end
    said = storage.read_json(folder / "tokenizer_config.json") or {}
    config = storage.read_json(folder / "config.json") or {}
    names = {role: _content(name) for role, name in said.items() if role.endswith("_token") and _content(name)}

    def find(role: str) -> int | None:
        id = backend.token_to_id(names[f"{role}_token"]) if f"{role}_token" in names else config.get(f"{role}_token_id")
        return id[0] if isinstance(id, list) else id

    return Tokenizer(
        backend,
        find("bos"),
        find("eos"),
        _kind(config),
        _prefix(config),
        _template(folder, said),
        names,
        _stop_ids(folder),
    )


def _kind(config: Mapping) -> str:
    try:
        return kind_of(config, "")
    except LessonError:
        return CAUSAL  # a tokenizer that is only looked at, beside the model's own: its kind is not asked


def _stop_ids(folder: Path) -> tuple[int, ...]:
    said = (storage.read_json(folder / "generation_config.json") or {}).get("eos_token_id")
    return tuple(id for id in (said if isinstance(said, list) else [said]) if isinstance(id, int))


def _content(name: object) -> str:
    """Answers a special token's text: newer configurations hold it plain, older ones in an object."""
    content = name.get("content") if isinstance(name, dict) else name
    return content if isinstance(content, str) else ""


def _prefix(config: Mapping) -> str:
    """Answers what the model's makers put before a text to summarise, as its configuration says («summarize: » in T5).

    T5 learned many tasks at once and told them apart by such a prefix (Raffel et al., 2020). Models that only learned
    to fill gaps (mT5, BART) name none, and a prefix of ours would tell them nothing.
    """
    tasks = config.get("task_specific_params")
    summarization = tasks.get("summarization") if isinstance(tasks, dict) else None
    prefix = summarization.get("prefix") if isinstance(summarization, dict) else None
    return prefix if isinstance(prefix, str) else ""


def _template(folder: Path, said: Mapping) -> str:
    """Answers the model's chat template: its file, else the configuration's, where there may be several by name."""
    try:
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):
        pass
    template = said.get("chat_template")
    if isinstance(template, list):
        named = {one.get("name"): one.get("template") for one in template if isinstance(one, dict)}
        template = named.get("default")
    return template if isinstance(template, str) else ""
