"""The form in which a model meets a row: what stands around its source and its completion, as ids.

Training, scoring and writing all take it from here, so that a model is asked as it was taught.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from core.errors import LessonError
from core.models.kind import SEQ2SEQ
from core.tasks import Task
from core.tokens import chat
from core.tokens.tokenizer import Tokenizer

PLAIN, CHAT, APART = "plain", "chat", "apart"
_LANGUAGE_MARK = re.compile(r"[a-z]{2}_[A-Z]{2}")  # mBART names a text's language with a token of its own: es_XX


@dataclass(frozen=True)
class Form:
    """`begin + source + cue + completion + end`, of which completion and end are scored.

    `code` says whose form it is: `plain` text; the model's own `chat`; or, of a seq2seq model, `apart`: it reads
    `begin + source + cue` and writes `lead + completion + end`, which is all scored.
    """

    code: str
    begin: list[int]
    cue: list[int]
    end: list[int]
    lead: list[int]

    @property
    def is_apart(self) -> bool:
        return self.code == APART

    def completion(self, text: str) -> str:
        """Answers a completion as the form wants it: only in plain text does a space part it from what is before."""
        return text if self.code == PLAIN else text.strip()

    def room(self, max_length: int) -> int:
        """Answers how many tokens `max_length` leaves for what is hers; apart, for her source."""
        return max_length - len(self.begin) - len(self.cue)

    def kept(self, source: np.ndarray, completion: np.ndarray, max_length: int) -> tuple[np.ndarray, np.ndarray]:
        """Answers how many tokens of sources are read, and how many of completions and their ends are scored.

        In one sequence, the source loses its end first, but keeps half the room; then the rest loses its own. Apart,
        each has `max_length` for itself.
        """
        room, scored = max(0, self.room(max_length)), completion + len(self.end)
        if self.is_apart:
            return np.minimum(source, room), np.minimum(scored, max(0, max_length - len(self.lead)))
        return fit_counts(source, scored, room)

    def lengths(self, source: np.ndarray, completion: np.ndarray) -> np.ndarray:
        """Answers the whole lengths of rows: int32 [rows], or apart [rows, 2], of what is read and what is written."""
        read, written = source + len(self.begin + self.cue), completion + len(self.lead + self.end)
        return (np.stack([read, written], axis=1) if self.is_apart else read + written).astype(np.int32)


def of(tokenizer: Tokenizer, task: Task, language: str) -> Form:
    """Answers the form in which a tokenizer's model does a task. Raises LessonError `seq2seq_cannot_write`.

    A model with a chat template is asked in it, unless the task asks nothing or the template is broken: then in
    plain text, as every other.
    """
    if tokenizer.kind == SEQ2SEQ:
        if not task.cue(language):
            raise LessonError("seq2seq_cannot_write")
        return _apart(tokenizer, language)
    instruction = task.instruction(language)
    around = chat.around(tokenizer.template, tokenizer.names, instruction) if instruction else None
    if around is not None:
        begin, cue, end = map(tokenizer.encode_marks, around)
        return Form(CHAT, begin, cue, _first_mark(tokenizer, end), [])
    begin, end = ends(tokenizer)
    return Form(PLAIN, begin, tokenizer.encode(task.cue(language)), end, [])


def request(tokenizer: Tokenizer, language: str) -> Form:
    """Answers the form of a request in a person's own words: her turn in the chat, where a model was taught to talk.

    Any other reads the text as it stands; a seq2seq one without the prefix of a task that is not this.
    """
    if tokenizer.kind == SEQ2SEQ:
        return _apart(replace(tokenizer, prefix=""), language)
    around = chat.around(tokenizer.template, tokenizer.names, "")
    begin, end = ends(tokenizer)
    if around is None:
        return Form(PLAIN, begin, [], end, [])
    opening, cue, close = map(tokenizer.encode_marks, around)
    return Form(CHAT, opening, cue, _first_mark(tokenizer, close), [])


def ends(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Answers what begins and what ends a plain text: one id each, or none where the model has none."""
    begin, end = ([] if id is None else [id] for id in (tokenizer.bos_id, tokenizer.eos_id))
    return begin, end


def stops(tokenizer: Tokenizer) -> frozenset[int]:
    """Answers the ids that end what a model writes: those its files name, and the one that ends its turn in a chat."""
    found = {*tokenizer.stop_ids, *ends(tokenizer)[1]}
    around = chat.around(tokenizer.template, tokenizer.names, "")
    if around is not None:
        found |= set(_first_mark(tokenizer, tokenizer.encode_marks(around[2]))[-1:])
    return frozenset(found)


def fit(source: list[int], scored: list[int], room: int) -> tuple[list[int], list[int]]:
    """Cuts to `room` tokens: first the end of the source, which keeps half the room; then the end of the rest."""
    kept, rest = fit_counts(np.array(len(source)), np.array(len(scored)), room)
    return source[: int(kept)], scored[: int(rest)]


def fit_counts(source: np.ndarray, scored: np.ndarray, room: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers how many tokens `fit` keeps of sources and of what is scored, from how many there are."""
    room = max(0, room)
    kept = np.minimum(source, np.maximum(room - scored, room // 2))
    return kept, np.minimum(scored, room - kept)


def _apart(tokenizer: Tokenizer, language: str) -> Form:
    """Source and completion each as the tokenizer itself dresses a text: `text </s>` in T5, `<s> text </s>` in BART."""
    before, after = ([_in_language(tokenizer, id, language) for id in ids] for ids in tokenizer.around())
    end = after or ends(tokenizer)[1]
    return Form(APART, before + _prefix(tokenizer), end, end, before)


def _prefix(tokenizer: Tokenizer) -> list[int]:
    """Answers the prefix's ids; where words carry the space before them, it is the source that brings it."""
    whole, word = tokenizer.encode(tokenizer.prefix + "casa"), tokenizer.encode("casa")
    bare = tokenizer.encode(tokenizer.prefix.rstrip())
    return bare if bare + word == whole else tokenizer.encode(tokenizer.prefix)


def _in_language(tokenizer: Tokenizer, id: int, language: str) -> int:
    token = tokenizer.backend.id_to_token(id) or ""
    own = tokenizer.backend.token_to_id(f"{language}_XX") if _LANGUAGE_MARK.fullmatch(token) else None
    return id if own is None else own


def _first_mark(tokenizer: Tokenizer, ids: list[int]) -> list[int]:
    """Answers ids up to their first special token, which ends a turn; where there is none, all, and the text's end."""
    special = tokenizer.special_ids()
    at = next((place for place, id in enumerate(ids) if id in special), None)
    return ids + ends(tokenizer)[1] if at is None else ids[: at + 1]
