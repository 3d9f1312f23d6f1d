"""How many tokens a word of Spanish takes, by register and by tokenizer.

    python3 tests/bench/pieces.py FOLDER NAME=PLACE [NAME=PLACE ...]

FOLDER is where `python3 -m core pretrain` worked: in it are texts that no tokenizer of ours learnt from. PLACE is a
`tokenizer.json`, or a folder with `encoder.json` and `vocab.bpe`, which is how GPT-2's was published.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from core.pretraining import held_out  # noqa: E402

REGISTERS = ("prose", "verse", "everyday", "guides", "pairs")
_WORD = re.compile(r"\w+")


def opened(place: Path):
    from tokenizers import ByteLevelBPETokenizer, Tokenizer

    if place.is_dir():
        return ByteLevelBPETokenizer(str(place / "encoder.json"), str(place / "vocab.bpe"))
    return Tokenizer.from_file(str(place))


def main() -> None:
    passages = held_out.read(Path(sys.argv[1]))
    print(f"{'tokens a word':<16}{'pieces':>8}", *(f"{name:>9}" for name in REGISTERS))
    for name, place in (argument.split("=", 1) for argument in sys.argv[2:]):
        tokenizer = opened(Path(place))
        taken = []
        for register in REGISTERS:
            words = sum(len(_WORD.findall(text)) for text in passages[register])
            tokens = sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in passages[register])
            taken.append(f"{tokens / words:>9.2f}")
        print(f"{name:<16}{tokenizer.get_vocab_size():>8}", *taken)


if __name__ == "__main__":
    main()
