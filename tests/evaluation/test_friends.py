"""The tasting for friends: what goes out holds no key, and what comes back is checked."""

import json
import re
import zlib

import pytest

from core import storage, texts
from core.errors import LessonError
from core.evaluation import agreement, answers, evidence, friends, tasting, tasting_pairs
from core.evaluation.friends import Friend
from core.evaluation.tasting import Tasting
from core.training.runs import Run

PAIRS = 10


@pytest.fixture
def run(tmp_path) -> Run:
    """A run that has been tasted and nothing else."""
    folder = tmp_path / "run-1"
    storage.write_json(folder / "settings.json", {"task": "write", "language": "es"})
    (folder / "tasting").mkdir()
    return Run(folder)


@pytest.fixture
def tasted(run) -> Tasting:
    written = [{"beginning": f"Uno {n}", "base": f" </script> {n}", "adapted": f" lluvia {n}"} for n in range(PAIRS)]
    return tasting_pairs.lay_out(run, written, 0, PAIRS)


def saved(tasted: Tasting, who: str = "Ana", said: tuple[str, ...] = ("left", "neither"), **changes) -> bytes:
    """What the pack's page saves; a browser story checks that it does."""
    check = zlib.crc32("\n".join([tasted.id, who, *said]).encode())
    content = {"kind": friends.KIND, "version": 1, "tasting": tasted.id, "friend": who, "answers": list(said)}
    return json.dumps({**content, "check": check, **changes}).encode()


def test_the_pack_is_the_same_whatever_the_key_says(run, tasted):
    before = friends.pack(tasted)
    path = tasting.folder(run) / "key.json"
    kept = storage.load_json(path)
    turned = [{"left": sides["right"], "right": sides["left"]} for sides in kept["sides"]]
    storage.write_json(path, {**kept, "sides": turned})
    assert friends.pack(tasting.read(run)) == before


def test_the_pack_asks_nothing_of_elsewhere_and_no_text_ends_its_script(tasted):
    page = friends.pack(tasted).decode()
    assert not re.search(r"https?:|//[a-z]|\b(src|href)=|@import|url\(", page)
    assert page.count("</script>") == 2
    held = re.search(r'<script type="application/json" id="tasted">(.*?)</script>', page, re.DOTALL)
    content = json.loads(held[1])
    assert content["pairs"][0] == {"beginning": "Uno 0", "left": tasted.pairs[0].left, "right": tasted.pairs[0].right}
    assert {"base", "adapted", "key", "sides"}.isdisjoint(content)


def test_the_pack_says_all_its_words_in_both_languages(tasted):
    page = friends.pack(tasted).decode()
    asked = set(re.findall(r'data-say="(\w+)"', page)) | set(re.findall(r'say\("(\w+)"', page))
    held = json.loads(re.search(r'id="tasted">(.*?)</script>', page, re.DOTALL)[1])
    for language in texts.LANGUAGES:
        assert asked <= held["words"][language].keys()


def test_answers_that_come_back_are_read_and_kept(run, tasted):
    friend = friends.read(tasted, "ana.json", saved(tasted))
    assert friend == Friend("Ana", ("left", "neither"))
    assert friends.keep(run, tasted, friend) == "new"
    assert friends.keep(run, tasted, friend) == "same"
    assert friends.kept(run, tasted) == [friend]


def test_of_two_files_of_one_friend_the_new_one_stays(run, tasted):
    friends.keep(run, tasted, friends.read(tasted, "a.json", saved(tasted, "Ana", ("left",))))
    again = friends.read(tasted, "b.json", saved(tasted, " ána ", ("right", "right")))
    assert friends.keep(run, tasted, again) == "replaced"
    assert friends.kept(run, tasted) == [again]
    friends.forget(run, again)
    assert friends.kept(run, tasted) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "friend_not_answers"),
        (b"\xff\xfe", "friend_not_answers"),
        (b"[" * 90_000, "friend_not_answers"),
        (b'{"kind": "otra cosa"}', "friend_not_answers"),
        (b" " * (friends.LARGEST + 1), "friend_not_answers"),
        ({"tasting": "0" * 16}, "friend_other_tasting"),
        ({"answers": ["right", "right"]}, "friend_damaged"),
        ({"answers": ["left"] * (PAIRS + 1)}, "friend_damaged"),
        ({"answers": [["left"]]}, "friend_damaged"),
        ({"answers": "left"}, "friend_damaged"),
        ({"friend": "Eva"}, "friend_damaged"),
        ({"friend": "\ud800"}, "friend_damaged"),
        ({"friend": None}, "friend_damaged"),
        ({"check": None}, "friend_damaged"),
    ],
)
def test_what_is_no_answer_to_this_tasting_is_refused(tasted, content, code):
    given = content if isinstance(content, bytes) else saved(tasted, **content)
    with pytest.raises(LessonError) as refused:
        friends.read(tasted, "x.json", given)
    assert refused.value.code == code


def test_who_stopped_before_answering_is_told(tasted):
    with pytest.raises(LessonError) as refused:
        friends.read(tasted, "x.json", saved(tasted, said=()))
    assert refused.value.code == "friend_nothing"


def test_all_say_together_whom_they_prefer_and_how_far_they_agree(run, tasted):
    key = tasting.key(run)
    adapted = {n: next(place for place in sides if sides[place] == "adapted") for n, sides in enumerate(key)}
    base = {n: next(place for place in sides if sides[place] == "base") for n, sides in enumerate(key)}
    split = {n: (adapted if n % 2 else base)[n] for n in adapted}
    alike = friends.together(run, tasted, [split, split, {0: split[0]}])
    assert (alike.tasters, alike.counts["adapted"], alike.counts["base"]) == (3, PAIRS, PAIRS + 1)
    assert alike.alpha == pytest.approx(1)
    assert friends.together(run, tasted, [adapted, base]).alpha < 0
    only = friends.together(run, tasted, [adapted, adapted])
    assert only.alpha is None
    assert only.pooled[0] == 1
    assert only.pooled[1] < 0.75, "ten pairs are ten witnesses, however many judged them"


# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": its examples, with what it says of them.
BINARY = ("0100000010", "1110010000")
NOMINAL = ("123321412...", "1233224125.3", ".333234225 1.".replace(" ", ""), "1233244125 1.".replace(" ", ""))


@pytest.mark.parametrize(("observers", "published"), [(BINARY, 0.095), (NOMINAL, 0.743)])
def test_agreement_is_what_its_author_published(observers, published):
    units = [[value for value in unit if value != "."] for unit in zip(*observers, strict=True)]
    assert agreement.alpha(units) == pytest.approx(published, abs=5e-4)


def test_agreement_is_not_told_where_nothing_could_differ():
    assert agreement.alpha([]) is None
    assert agreement.alpha([["left"], ["right"]]) is None
    assert agreement.alpha([["left", "left"], ["left", "left"]]) is None


def test_the_margin_of_several_tasters_covers_the_truth_though_they_judge_the_same_pairs():
    import numpy as np

    draw = np.random.default_rng(4)
    covered = 0
    for _ in range(1000):
        truth = draw.uniform()
        chances = draw.beta(10 * truth, 10 * (1 - truth), 20)  # some pairs please more than others
        preferences = draw.binomial(5, 0.85, 20)
        wins = draw.binomial(preferences, chances)
        _, low, high = agreement.pooled(wins.tolist(), (preferences - wins).tolist())
        covered += low <= truth <= high
    assert 930 <= covered <= 970


def test_the_decision_hears_everyone_who_tasted_once_the_names_are_known(run, tasted):
    for pair, side in enumerate(tasting.key(run)):
        answers.answer(run, tasted, pair, "left" if side["left"] == "adapted" else "right")
    friends.keep(run, tasted, friends.read(tasted, "ana.json", saved(tasted, "Ana", ("left", "right", "neither"))))
    assert evidence.tasting_of(run) is None
    answers.reveal(run, tasted)
    found = evidence.tasting_of(run)
    hers = friends.together(run, tasted, [{0: "left", 1: "right", 2: "neither"}])
    assert found.tasters == 2
    assert found.wins == hers.counts["adapted"] + len(answers.sitting(run, tasted).answers)
    assert found.low < found.wins / found.pairs <= found.high  # by chance, all of them may be wins
