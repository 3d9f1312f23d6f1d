"""Other ways of cutting the same text: one token a byte, pieces counted in her own texts, and other models'."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers, trainers

from core.errors import LessonError
from core.models.answers import in_words
from core.tokens import tokenizer as tokenizers
from core.tokens.chips import byte_letters
from core.tokens.tokenizer import Tokenizer

MOST_TEXTS = 2_000  # counted in under a second, and enough for pieces that look like hers
MOST_PIECES = 2_000
_MOST_CHARACTERS = 1_000_000  # of all the texts together: some of them may be books
_FILES = ["tokenizer.json", "tokenizer_config.json", "config.json"]
_ANSWER_SECONDS = 6  # a Hub that takes the question and is still silent then is slow


@lru_cache(maxsize=1)
def letters() -> Tokenizer:
    """Answers the tokenizer that knows no words: each byte of UTF-8 is a token, two for «ñ», four for an emoji."""
    return _byte_level(models.BPE(vocab=byte_letters(), merges=[]))


def counted(texts: Iterable[str]) -> Tokenizer:
    """Trains a tokenizer on these texts: the pairs that stand together most often become pieces (byte-level BPE).

    Looks at up to MOST_TEXTS texts and a million characters, and makes up to MOST_PIECES pieces. The same texts give
    the same pieces.
    """
    tokenizer = _byte_level(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=MOST_PIECES,
        initial_alphabet=sorted(byte_letters()),
        show_progress=False,
    )
    read, room = [], _MOST_CHARACTERS
    for text, _ in zip(texts, range(MOST_TEXTS), strict=False):
        read.append(text[:room])
        room -= len(read[-1])
    tokenizer.backend.train_from_iterator(read, trainer)
    return tokenizer


def _byte_level(model: models.BPE) -> Tokenizer:
    backend = Backend(model)
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return Tokenizer(backend, None, None)


def on_disk() -> dict[str, Path]:
    """Answers the models of this computer's Hub cache that have a tokenizer there: by Hub id, the folder of each."""
    from huggingface_hub import constants

    found = {}
    for path in sorted(Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*/tokenizer.json")):
        found[path.parts[-4].removeprefix("models--").replace("--", "/")] = path.parent
    return found


def fetch(id: str, token: str | None = None) -> Tokenizer:
    """Answers the tokenizer of a Hub model: the copy on disk, else downloaded, some megabytes and no weights.

    Raises LessonError: `model_not_a_name`, `no_tokenizer`, and what `core.models.answers` says.
    """
    from core.models import hub

    if not hub.is_hub_id(id):
        raise LessonError("model_not_a_name", model=id)
    known = on_disk()
    return tokenizers.load(known[id] if id in known else _download(id, token))


def _download(id: str, token: str | None) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    with in_words(id):
        files = HfApi(token=token or False).model_info(id, timeout=_ANSWER_SECONDS).siblings or []
        if _FILES[0] not in {file.rfilename for file in files}:
            raise LessonError("no_tokenizer", folder=id)
        return Path(snapshot_download(id, allow_patterns=_FILES, token=token or False))
