"""Milliseconds to look for copies in a generated text, with 10 MB of training texts read. By hand."""

import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from core.evaluation.copying import Index

MEGABYTES = 10
GENERATIONS = 200


def made_up(draw: random.Random) -> list[str]:
    """Texts with words as unequal in frequency as a language's (Zipf's law), MEGABYTES in all."""
    words = ["".join(draw.choices("aeiourslntdcm", k=draw.randint(2, 9))) for _ in range(30_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    texts, size = [], 0
    while size < MEGABYTES * 1_000_000:
        texts.append(" ".join(draw.choices(words, weights, k=120)))
        size += len(texts[-1])
    return texts


def main() -> None:
    draw = random.Random(1)
    texts = made_up(draw)
    began = time.perf_counter()
    index = Index(texts)
    print(f"reading {MEGABYTES} MB: {time.perf_counter() - began:.1f} s")
    seconds = []
    for _ in range(GENERATIONS):
        own, taken = draw.choice(texts).split(), draw.choice(texts).split()
        text = " ".join(own[:40:2] + taken[10:40] + own[60:100:2])  # a copy of thirty words among words of no order
        began = time.perf_counter()
        looked = index.look(text)
        seconds.append(time.perf_counter() - began)
        assert any(copy.words >= 30 for copy in looked.copies)
    print(f"a generation: median {1000 * statistics.median(seconds):.2f} ms, longest {1000 * max(seconds):.1f} ms")


if __name__ == "__main__":
    main()
