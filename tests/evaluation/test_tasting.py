"""A blind tasting on disk: written once, taken up again where it was cut, and named only at its end."""

import dataclasses
import os
import shutil
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from core import processes, storage
from core.data import table
from core.errors import LessonError
from core.evaluation import answers, tasting, tasting_pairs
from core.evaluation.tasting import Tasting
from core.training.runs import Run

WANTED = 10


def copied(run: Run, folder: Path) -> Run:
    shutil.copytree(run.folder, folder, ignore=shutil.ignore_patterns("evaluation", "tasting"))
    return Run(folder)


@pytest.fixture(scope="module")
def cut(adapted_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[dict], dict]:
    """A run whose tasting's writing was killed on the way, with what it had written and what it had planned."""
    run = copied(adapted_run, tmp_path_factory.mktemp("tasting") / "run-1")
    tasting.start(run)
    folder = tasting.folder(run)
    deadline = time.monotonic() + 60
    while len(storage.read_json_lines(folder / "written.jsonl")) < 3:
        assert time.monotonic() < deadline, (folder / "log.txt").read_text()
        time.sleep(0.02)
    processes.kill(folder)
    while processes.read_state(folder)["status"] in processes.ACTIVE:
        time.sleep(0.02)
    return run, storage.read_json_lines(folder / "written.jsonl"), storage.load_json(folder / "plan.json")


@pytest.fixture(scope="module")
def written(cut: tuple[Run, list[dict], dict]) -> Tasting:
    return tasting_pairs.write(cut[0], WANTED)


@pytest.fixture
def run(cut: tuple[Run, list[dict], dict], written: Tasting) -> Iterator[Run]:
    """A run with a tasting that nobody has answered yet."""
    yield cut[0]
    (tasting.folder(cut[0]) / "answers.jsonl").unlink(missing_ok=True)


def texts_of(run: Run, tasted: Tasting, side: str) -> list[str]:
    places = [next(place for place in sides if sides[place] == side) for sides in tasting.key(run)]
    return [getattr(pair, place) for pair, place in zip(tasted.pairs, places, strict=True)]


def swap_key(run: Run) -> None:
    """Makes every left a right: whatever shows the same as before has not looked at the key."""
    path = tasting.folder(run) / "key.json"
    kept = storage.load_json(path)
    turned = [{"left": sides["right"], "right": sides["left"]} for sides in kept["sides"]]
    storage.write_json(path, {**kept, "sides": turned})


# ------------------------------------------------------------------ writing the pairs


def test_an_interrupted_writing_goes_on_with_what_it_had(cut, written):
    run, before, plan = cut
    assert storage.load_json(tasting.folder(run) / "plan.json") == plan
    early = [line["text"] for line in before if line["side"] == "base"]
    lost = [text for text in early[:WANTED] if text not in texts_of(run, written, "base")]
    assert len(lost) <= written.alike
    assert not (tasting.folder(run) / "written.jsonl").exists()


def test_few_test_texts_still_give_ten_pairs_and_it_is_said_how_many_they_are(run, written):
    summaries = {row["text"] for row in table.rows(run.prepared / "test")}
    assert len(written.pairs) == WANTED
    assert written.texts == len(summaries) < WANTED
    assert {pair.beginning for pair in written.pairs} <= summaries
    assert all(pair.left != pair.right for pair in written.pairs)


def test_what_is_written_once_is_not_written_again(run, written):
    assert tasting_pairs.write(run, WANTED) == written == tasting.read(run)


def test_an_adapter_that_changed_since_has_no_tasting(run, written):
    weights = run.adapter / "adapter_model.safetensors"
    before = weights.stat()
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    try:
        assert tasting.read(run) is None
    finally:
        os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_another_tasting_leaves_the_first_one_kept(adapted_run, run, written, tmp_path):
    other = Run(tmp_path / "run-1")
    shutil.copytree(run.folder, other.folder)
    shutil.copystat(run.adapter / "adapter_model.safetensors", other.adapter / "adapter_model.safetensors")
    tasting.put_away(other)
    assert tasting.read(other) is None
    assert (tasting.folder(other) / "earlier" / written.id / "key.json").is_file()


def test_two_models_that_write_the_same_are_not_tasted(adapted_run, tmp_path):
    run = copied(adapted_run, tmp_path / "run-1")
    path = run.adapter / "adapter_model.safetensors"
    weights = {name: 0 * tensor if "lora_B" in name else tensor for name, tensor in load_file(path).items()}
    path.unlink()
    save_file(weights, path, {"format": "pt"})
    with pytest.raises(LessonError) as refused:
        tasting_pairs.write(run, 1)
    assert refused.value.code == "tasting_alike"
    assert processes.read_state(tasting.folder(run))["error"]["code"] == "tasting_alike"


def test_without_test_texts_there_are_no_beginnings(adapted_run, tmp_path):
    run = copied(adapted_run, tmp_path / "run-1")
    shutil.rmtree(run.prepared / "test")
    table.save([], run.prepared / "test", ["text", "summary"])
    with pytest.raises(LessonError) as refused:
        tasting_pairs.write(run)
    assert refused.value.code == "tasting_no_texts"


def test_a_run_whose_base_model_is_gone_says_so(adapted_run, tmp_path):
    run = copied(adapted_run, tmp_path / "run-1")
    storage.write_json(run.folder / "settings.json", {**run.record(), "model_folder": str(tmp_path / "gone")})
    with pytest.raises(LessonError) as refused:
        tasting_pairs.write(run, 1)
    assert processes.read_state(tasting.folder(run))["error"]["code"] == refused.value.code != "our_fault"


@pytest.mark.parametrize(
    ("text", "first"),
    [("", ""), ("Sola", "Sola"), ("uno dos tres", "uno"), ("a b\nc d e f g h i j k l m n o p q", "a b\nc d e f g h")],
)
def test_a_beginning_is_the_first_words_and_never_the_whole_text(text, first):
    assert tasting_pairs.opening(text) == first


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("La luna baja. El río canta. Y el pe", "La luna baja. El río canta."),
        ("La luna baja\nal río de noche\ny se que", "La luna baja\nal río de noche"),
        ("Corto. La luna baja al río de noche y se que", "Corto. La luna baja al río de noche y se"),
        ("Abracad", "Abracad"),
        ("", ""),
    ],
)
def test_a_text_that_the_room_cut_ends_whole(cut, whole):
    assert tasting_pairs.rounded(cut) == whole


# ------------------------------------------------------------------ the key


def test_the_sides_are_tossed_fairly_and_one_by_one(run, written, tmp_path):
    """All of 400 coins alike, or well away from half, would come out once in a million times."""
    other = copied(run, tmp_path / "run-1")
    pairs = [{"beginning": "x", "base": f"b{n}", "adapted": f"a{n}"} for n in range(400)]
    tasting.folder(other).mkdir()
    laid = tasting_pairs.lay_out(other, pairs, 0, 1)
    lefts = [sides["left"] == "adapted" for sides in tasting.key(other)]
    assert [pair.left[0] == "a" for pair in laid.pairs] == lefts
    assert 150 < sum(lefts) < 250
    assert 150 < sum(one != next_ for one, next_ in pairwise(lefts)) < 250


def test_what_is_tasted_says_nothing_of_the_key(run, written):
    content = storage.load_json(tasting.folder(run) / "pairs.json")
    assert content.keys() == {"id", "task", "language", "pairs", "alike", "texts", "adapter"}
    assert all(pair.keys() == {"beginning", "left", "right"} for pair in content["pairs"])
    swap_key(run)
    try:
        assert storage.load_json(tasting.folder(run) / "pairs.json") == content
        assert tasting.read(run) == written
    finally:
        swap_key(run)


# ------------------------------------------------------------------ answers


def prefer(run: Run, tasted: Tasting, side: str, count: int) -> None:
    """Answers the next `count` pairs for one model."""
    for _ in range(count):
        number = answers.sitting(run, tasted).next(len(tasted.pairs))
        sides = tasting.key(run)[number]
        answers.answer(run, tasted, number, next(place for place in sides if sides[place] == side))


def test_answers_are_kept_as_they_come_and_the_last_one_can_be_taken_back(run, written):
    answers.answer(run, written, 0, "left")
    answers.answer(run, written, 1, "neither")
    answers.answer(run, written, 1, "right")  # another tab, later
    assert dict(answers.sitting(run, written).answers) == {0: "left", 1: "neither"}
    answers.undo(run, written)
    assert dict(answers.sitting(run, written).answers) == {0: "left"}
    assert answers.sitting(run, written).next(WANTED) == 1


def test_a_line_cut_in_half_loses_no_other_answer(run, written):
    answers.answer(run, written, 0, "left")
    with (tasting.folder(run) / "answers.jsonl").open("a") as file:
        file.write('{"tasting": "')
    answers.answer(run, written, 1, "right")
    assert dict(answers.sitting(run, written).answers) == {0: "left", 1: "right"}


def test_it_ends_when_it_is_settled_and_takes_no_more_answers(run, written):
    prefer(run, written, "adapted", 5)
    assert not answers.sitting(run, written).over
    prefer(run, written, "adapted", 1)
    assert answers.sitting(run, written).over == "settled"
    answers.answer(run, written, 6, "left")
    assert len(answers.sitting(run, written).answers) == 6
    result = answers.result(run, written, answers.sitting(run, written).answers)
    assert (result.winner, result.rate) == ("adapted", 1)
    assert result.low > 0.5


def test_neither_counts_for_nobody(run, written):
    prefer(run, written, "base", 2)
    prefer(run, written, "adapted", 1)
    answers.answer(run, written, 3, "neither")
    result = answers.result(run, written, answers.sitting(run, written).answers)
    assert dict(result.counts) == {"adapted": 1, "base": 2, "neither": 1}
    assert result.rate == pytest.approx(1 / 3)
    assert result.winner is None
    assert result.low < 0.5 < result.high


def test_after_the_reveal_nothing_changes_any_more(run, written):
    answers.answer(run, written, 0, "left")
    answers.reveal(run, written)
    answers.answer(run, written, 1, "left")
    answers.undo(run, written)
    sitting = answers.sitting(run, written)
    assert sitting.revealed
    assert dict(sitting.answers) == {0: "left"}


def test_answers_to_another_tasting_are_none_of_this_one(run, written):
    answers.answer(run, dataclasses.replace(written, id="0" * 16), 0, "left")
    assert not answers.sitting(run, written).answers
