"""A model's tokenizer, through the `tokenizers` library alone: it loads in milliseconds, without torch."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer as Backend

from core import storage
from core.errors import LessonError


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
        return [encoding.ids for encoding in self.backend.encode_batch(texts, add_special_tokens=False)]

    def decode(self, ids: list[int]) -> str:
        """Answers the text of `ids`, special tokens included."""
        return self.backend.decode(ids, skip_special_tokens=False)

    def pieces(self, ids: list[int]) -> list[Piece]:
        """Answers one piece a token; put together, their texts are the decoded text."""
        special = {id for id, token in self.backend.get_added_tokens_decoder().items() if token.special}
        pieces: list[Piece] = []
        before: list[int] = []
        pending: list[int] = []
        for position, id in enumerate(ids):
            pending.append(id)
            # Read after the piece before it: many decoders drop the space that begins a text.
            text = self.decode(before + pending)[len(self.decode(before)) :]
            unfinished = text.endswith("\ufffd") and position + 1 < len(ids)
            pieces.append(Piece(id, "" if unfinished else text, id in special))
            if not unfinished:
                before, pending = pending, []
        return pieces


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


def _convert(folder: Path) -> Tokenizer:
    """Builds a fast tokenizer from an older format; needs transformers, so it takes a few seconds."""
    from transformers import AutoTokenizer

    try:
        return _with_ends(AutoTokenizer.from_pretrained(folder).backend_tokenizer, folder)
    except Exception as error:
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
