"""A language model made by counting: which words follow which, in a few lines or in many texts.

Words, with the space or line break before them, are counted after the ones before. Probabilities are interpolated
Kneser–Ney (Kneser and Ney, 1995, "Improved backing-off for m-gram language modeling"; interpolated as by Chen and
Goodman, 1998, "An empirical study of smoothing techniques for language modeling"), with one discount for each length of
context, n1 / (n1 + 2 n2) (Ney, Essen and Kneser, 1994). Below the single words stands a spelling: the same counting
over the letters of the words seen, and below the letters every code point alike. So any text at all has a probability,
and those of everything that can follow add up to 1 at most (the spelling gives some of it to words that the cutting
would part): it can be compared with any other model, character by character, and is never flattered.
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from core.errors import LessonError
from core.generation.generate import Candidate
from core.generation.score import Score

START, END = "<start>", "<end>"  # longer than any token of letters can be mistaken for: a token has no "<" inside
_TOKEN = re.compile(r"\s?\w{1,30}|\s?[^\w\s]|\s")  # a longer word would cost more than a float can say: it is two
_CODE_POINTS = 0x110000
_LETTERS_BEFORE = 3  # how far the spelling looks back


class Counts:
    """What follows each context of up to `order - 1` symbols, and the probabilities that follow from it."""

    def __init__(self, sequences: Iterable[Sequence[str]], order: int, base: Callable[[str], float]) -> None:
        self.order = order
        self._base = base
        # One table for each length of context: raw counts of the longest contexts and of those that begin a sequence,
        # and of any other how many different symbols stood before context and symbol.
        self._tables: list[dict[tuple[str, ...], Counter]] = [defaultdict(Counter) for _ in range(order)]
        seen: set[tuple[str, ...]] = set()
        for sequence in sequences:
            symbols = [START, *sequence, END]
            for place in range(1, len(symbols)):
                for length in range(min(order, place + 1)):
                    context = tuple(symbols[place - length : place])
                    if length < order - 1 and length < place:
                        longer = tuple(symbols[place - length - 1 : place + 1])
                        if longer in seen:
                            continue
                        seen.add(longer)
                    self._tables[length][context][symbols[place]] += 1
        self._totals = [{context: sum(c.values()) for context, c in table.items()} for table in self._tables]
        self._discounts = [_discount(table.values()) for table in self._tables]

    def probability(self, symbol: str, before: Sequence[str]) -> float:
        """Answers the probability (0 to 1) of `symbol` after `before`, of which only the last symbols count."""
        likely = self._base(symbol)
        for length, context in enumerate(self._contexts(before)):
            counts = self._tables[length].get(context)
            if counts:
                total, discount = self._totals[length][context], self._discounts[length]
                likely = (max(counts[symbol] - discount, 0.0) + discount * len(counts) * likely) / total
        return likely

    def draw(self, before: Sequence[str], chance: random.Random) -> str:
        """Draws a symbol as often as it followed the longest end of `before` that was seen: bare counts."""
        for length, context in reversed(list(enumerate(self._contexts(before)))):
            if counts := self._tables[length].get(context):
                return chance.choices(list(counts), list(counts.values()))[0]
        return END

    def followers(self, before: Sequence[str]) -> set[str]:
        """Answers the symbols seen after `before` or any shorter end of it."""
        contexts = enumerate(self._contexts(before))
        return {symbol for length, context in contexts for symbol in self._tables[length].get(context, ())}

    def _contexts(self, before: Sequence[str]) -> list[tuple[str, ...]]:
        """Answers the contexts that `before` ends in, the shortest first."""
        symbols = (START, *before)[-(self.order - 1) :] if self.order > 1 else ()
        return [tuple(symbols[len(symbols) - length :]) for length in range(len(symbols) + 1)]


class NGram:
    """A model of whole texts by counting; see the module. The same texts always give the same model."""

    def __init__(self, texts: Iterable[str], order: int = 3) -> None:
        """Counts `texts`, each of them a sequence of its own. Raises LessonError `nothing_to_count`."""
        sequences = [tokens for text in texts if (tokens := _sequence(text))]
        if not sequences:
            raise LessonError("nothing_to_count")
        self.tokens = sum(map(len, sequences))
        self._known = sorted({token for tokens in sequences for token in tokens})
        self._spelling = Counts(self._known, _LETTERS_BEFORE + 1, lambda _: 1 / (_CODE_POINTS + 1))
        self._spelled: dict[str, float] = {}
        self._words = Counts(sequences, order, self._spell)
        self._after: dict[str, Counter] = defaultdict(Counter)
        for tokens in sequences:
            for first, second in zip(tokens, [*tokens[1:], END], strict=True):
                self._after[plain(first)][plain(second)] += 1

    @property
    def vocabulary(self) -> int:
        """How many different tokens it has seen."""
        return len(self._known)

    def counts(self) -> list[tuple[str, Counter]]:
        """Answers each word with what followed it and how often, spaces and capitals aside; the most followed first.

        END stands for the end of a text.
        """
        words = [(word, after) for word, after in self._after.items() if word[:1].isalnum()]
        return sorted(words, key=lambda pair: (-pair[1].total(), pair[0]))

    def next_words(self, text: str, count: int = 10) -> list[Candidate]:
        """Answers the likeliest tokens after `text` that were seen; the end of a text is an empty one."""
        before = _sequence(text)
        shown = [(self._words.probability(token, before), token) for token in self._words.followers(before)]
        best = sorted(shown, key=lambda pair: (-pair[0], pair[1]))[:count]
        return [Candidate("" if token == END else token, likely) for likely, token in best]

    def write(self, prompt: str, count: int = 40, seed: int = 7) -> str:
        """Writes up to `count` tokens behind `prompt`, or to the end of a text, drawn by the bare counts.

        The same seed gives the same text.
        """
        tokens, chance = _sequence(prompt), random.Random(seed)
        written: list[str] = []
        while len(written) < count:
            token = self._words.draw([*tokens, *written], chance)
            if token == END:
                break
            written.append(token)
        return "".join(written) if prompt else "".join(written)[1:]

    def token_nats(self, text: str) -> list[tuple[str, float]]:
        """Answers each token of `text` and the nats that it costs (-ln of its probability); END is the last."""
        tokens = [*_sequence(text), END]
        return [(token, -math.log(self._words.probability(token, tokens[:at]))) for at, token in enumerate(tokens)]

    def score(self, text: str) -> Score:
        """Answers what a whole text costs, its end included, as `core.generation.score` does for other models."""
        nats = [cost for _, cost in self.token_nats(text)]
        return Score(math.fsum(nats), len(nats), len(text))

    def _spell(self, token: str) -> float:
        """Answers the probability that the spelling gives a token, letter by letter and its end; END is no word."""
        if token == END:
            return 0.0
        if token not in self._spelled:
            letters = [*token, END]
            costs = [self._spelling.probability(letter, letters[:at]) for at, letter in enumerate(letters)]
            self._spelled[token] = math.prod(costs)
        return self._spelled[token]


def cut(text: str) -> list[str]:
    """Cuts a text into words and marks, each with the space before it; put together they are the text."""
    return _TOKEN.findall(text)


def _sequence(text: str) -> list[str]:
    """Answers a text's tokens as they are counted: behind a space, so that its first word is one like the others."""
    return cut(f" {text}") if text else []


def plain(token: str) -> str:
    """Answers a token as it is counted for a person: without its space, in lower case."""
    return token if token == END else (token.strip() or token).lower()


def _discount(tables: Iterable[Counter]) -> float:
    """Answers n1 / (n1 + 2 n2); where too little was seen to tell, 0.75, as is usual; never all of a count."""
    seen = Counter(count for table in tables for count in table.values() if count < 3)
    return min(0.95, seen[1] / (seen[1] + 2 * seen[2])) if seen[1] and seen[2] else 0.75
