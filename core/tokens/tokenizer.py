"""A model's tokenizer, through the `tokenizers` library alone: it loads in milliseconds, without torch."""

import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer as Backend
from tokenizers import decoders

from core import storage
from core.errors import LessonError
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
    """A tokenizer and the ids that begin and end a text; `None` where the model has none."""

    backend: Backend
    bos_id: int | None
    eos_id: int | None

    def encode(self, text: str) -> list[int]:
        """Answers the ids of `text`, adding no special token."""
        return self.backend.encode(text, add_special_tokens=False).ids

    def encode_all(self, texts: list[str]) -> list[list[int]]:
        """Answers the ids of each text, on every core; like `encode`, in one call."""
        # The fast one leaves out where each token stands in its text, which nobody here asks.
        return [encoding.ids for encoding in self.backend.encode_batch_fast(texts, add_special_tokens=False)]

    def decode(self, ids: list[int]) -> str:
        """Answers the text of `ids`, special tokens included."""
        return self.backend.decode(ids, skip_special_tokens=False)

    def decode_all(self, ids: list[list[int]]) -> list[str]:
        return self.backend.decode_batch(ids, skip_special_tokens=False)

    def chips(self, ids: list[int]) -> list[Chip]:
        """Answers the ids in groups that a person can read: no letter, accent or emoji is divided between two.

        Put together, their texts are the decoded text. Takes time in proportion to the ids.
        """
        special = {id for id, token in self.backend.get_added_tokens_decoder().items() if token.special}
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
    names = storage.read_json(folder / "tokenizer_config.json") or {}
    config = storage.read_json(folder / "config.json") or {}

    def find(role: str) -> int | None:
        named = names.get(f"{role}_token")
        content = named.get("content") if isinstance(named, dict) else named
        id = backend.token_to_id(content) if content else config.get(f"{role}_token_id")
        return id[0] if isinstance(id, list) else id

    return Tokenizer(backend, find("bos"), find("eos"))
