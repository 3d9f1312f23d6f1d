"""What every side of an evaluation is measured on: the sealed texts, and what of each is given to write on from."""

from dataclasses import dataclass
from pathlib import Path

from core.data import table
from core.errors import LessonError
from core.generation.loaded import Loaded
from core.tasks import TASKS, Task
from core.tokens import form as forms
from core.tokens.cut import IGNORED
from core.training.runs import Run

MOST_WRITTEN = 200  # test texts that each side writes from: writing takes a hundred times as long as reading
_FIRST_WORDS = 6  # of a held-out text: what a side goes on from
_SHORTEST, LONGEST = 24, 96  # tokens that a side may write on: some verses, and no more than can be waited for


@dataclass(frozen=True)
class Exam:
    """What every side is measured on: the sealed rows as tokens and as texts, and her training texts."""

    run: Run
    task: Task
    language: str
    folder: Path
    rows: list[dict]
    texts: list[dict]
    train: list[dict]

    @property
    def summarizes(self) -> bool:
        return "rouge" in self.task.metrics

    @property
    def written(self) -> int:
        return min(MOST_WRITTEN, len(self.rows))


def open_exam(run: Run) -> Exam:
    """Opens the sealed rows. Raises LessonError `no_test_texts` where there is none."""
    record = run.record()
    rows, texts = table.rows(run.tokens / "test"), table.rows(run.prepared / "test")
    if not rows:
        raise LessonError("no_test_texts")
    folder = Path(record["model_folder"])
    train = table.rows(run.prepared / "train")
    return Exam(run, TASKS[record["task"]], record["language"], folder, rows, texts, train)


def asked(sitting: Exam, loaded: Loaded, row: int) -> list[int]:
    """Answers the ids that a model reads before it writes: the text to shorten, as cut, or a text's first words."""
    ids, labels = sitting.rows[row]["input_ids"], sitting.rows[row]["labels"]
    if loaded.is_seq2seq:
        return ids
    if sitting.summarizes:
        return [id for id, label in zip(ids, labels, strict=True) if label == IGNORED]
    form = forms.of(loaded.tokenizer, sitting.task, sitting.language)
    return form.begin + loaded.tokenizer.encode(beginning(sitting.texts[row]["text"]))


def beginning(text: str) -> str:
    """Answers the first words of a text, at most half of them: the rest is for the sides to write."""
    words = text.split()
    count = max(1, min(_FIRST_WORDS, len(words) // 2))
    at = 0
    for word in words[:count]:
        at = text.index(word, at) + len(word)
    return text[:at]


def rest(text: str) -> str:
    """Answers what stands behind the beginning: what she wrote where the sides write on."""
    return text[len(beginning(text)) :].strip()


def writing_room(sitting: Exam, loaded: Loaded) -> int:
    """Answers how many tokens a side may write on: as many as half of her texts have left behind their beginnings."""
    sizes = sorted(len(ids) for ids in loaded.tokenizer.encode_all([rest(row["text"]) for row in sitting.texts]))
    return max(1, min(max(_SHORTEST, sizes[len(sizes) // 2]), LONGEST, loaded.context // 2))


def summary_room(run: Run) -> int:
    """Answers how many tokens a summary may take: one and a half times the longest of the training set."""
    labels = table.read(run.tokens / "train").column("labels").to_pylist()
    return round(1.5 * max(sum(label != IGNORED for label in row) for row in labels))
