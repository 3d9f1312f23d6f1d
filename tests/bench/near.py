"""Seconds, memory, recall and precision of near-duplicates planted among synthetic texts of about 200 characters.

By hand: `python3 tests/bench/near.py [rows]`
"""

import random
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent.parent.parent))
from core.data.near import compare, components, sameness

WORDS_EACH = 36  # about 200 characters
LIKENESS = 0.8


def jaccard(one: str, other: str) -> float:
    """Answers the share of three-word pieces, counted plainly, to judge what compare says."""
    a, b = ({tuple(w[i : i + 3]) for i in range(len(w) - 2)} for w in (one.split(), other.split()))
    return len(a & b) / len(a | b)


def planted(rows: int, share: float = 0.05) -> tuple[list[str], set[tuple[int, int]]]:
    """Answers texts, and the pairs of them made by changing, dropping or adding a word."""
    draw = random.Random(7)
    syllables = [c + v for c in "bcdfglmnprst" for v in "aeiou"]
    lexicon = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(20_000)]
    weights = [1 / (place + 5) for place in range(len(lexicon))]  # Zipf's law, as in a language
    texts = [" ".join(draw.choices(lexicon, weights, k=WORDS_EACH)) for _ in range(int(rows * (1 - share)))]
    made = []
    while len(texts) + len(made) < rows:
        origin = draw.randrange(len(texts))
        words = texts[origin].split()
        at = draw.randrange(len(words))
        words[at : at + draw.randint(0, 1)] = draw.choices(lexicon, k=draw.randint(0, 1))
        made.append((origin, " ".join(words)))
    pairs = {(origin, len(texts) + n) for n, (origin, _) in enumerate(made)}
    texts += [text for _, text in made]
    return texts, {(a, b) for a, b in pairs if jaccard(texts[a], texts[b]) >= LIKENESS}


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, texts: list[str], wanted: set[tuple[int, int]]) -> None:
    array = pa.chunked_array([texts[n : n + 10_000] for n in range(0, len(texts), 10_000)])
    before, began = megabytes(), time.perf_counter()
    pairs = compare(array, LIKENESS).pairs
    seconds = time.perf_counter() - began
    found = {pair[:2] for pair in pairs}
    right = sum(jaccard(texts[a], texts[b]) >= LIKENESS or sameness(texts[a]) == sameness(texts[b]) for a, b in found)
    recall = f"{len(found & wanted) / len(wanted):.4f}" if wanted else "—"
    groups = len(np.unique(components(len(texts), found)))
    print(f"{name:28} {seconds:7.1f} {before:6.0f} → {megabytes():5.0f} {len(found):8} {groups:8} {recall:>8}", end="")
    print(f" {right / max(1, len(found)):10.4f}")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(f"{'':28} seconds  MB before → peak   pairs   groups   recall  precision")
    texts, wanted = planted(rows)
    measure(f"{rows} rows, 5 % planted", texts, wanted)
    body = " ".join(texts[0].split()[:34])
    measure("one template, 50,000 times", [f"{body} {n} {n % 7}" for n in range(50_000)], set())
    third = texts[0].split()
    loose = [" ".join([*third[:30], *texts[n].split()[:5]]) for n in range(50_000 if rows >= 50_000 else rows)]
    measure("a looser one (about 0.7)", loose, set())
    began = time.perf_counter()
    for text in texts[:100_000]:
        sameness(text)
    print(f"sameness: {(time.perf_counter() - began) / min(rows, 100_000) * 1e6:.1f} µs a text")


if __name__ == "__main__":
    main()
