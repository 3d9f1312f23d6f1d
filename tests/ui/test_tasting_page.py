"""The blind tasting on the page of step 12: by keyboard, kept at every answer, and named only when she asks."""

import json
import zlib
from collections.abc import Iterator

import pytest

from core import learned, processes, storage, texts, workshop
from core import project as projects
from core.errors import LessonError
from core.evaluation import answers, friends, tasting, tasting_pairs
from core.evaluation.friends import Friend
from core.evaluation.tasting import PLACES, Tasting
from core.training.runs import Run
from core.ui.plain import plain

PAIRS = 10


@pytest.fixture
def run(project) -> Run:
    found = workshop.adapted_run(project)
    assert found
    return found


@pytest.fixture
def tasted(run: Run) -> Tasting:
    """A tasting whose texts are told apart by one word, which nobody but the key takes for a model's."""
    tasting.folder(run).mkdir()
    written = [
        {"beginning": f"Comienzo {n}:", "base": f" barco {n}", "adapted": f" lluvia {n}"} for n in range(1, PAIRS + 1)
    ]
    return tasting_pairs.lay_out(run, written, 2, 5)


@pytest.fixture
def begin(visit, project, tasted):
    """Opens the step with the tasting begun, and a bet on the adapted model."""

    def open_page(language: str = "es"):
        kept = {"foretold": {"about": tasted.id, "said": "adapted"}}
        projects.update(project, "12_compare", kept)
        return visit("12_compare", language, project)

    return open_page


def said(page) -> str:
    kinds = (page.markdown, page.caption, page.info, page.warning, page.error, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def sent(block) -> Iterator[str]:
    """Yields all that a browser is sent of a page."""
    for child in block.children.values():
        yield str(getattr(child, "proto", ""))
        if hasattr(child, "children"):
            yield from sent(child)


def words(language: str = "es") -> texts.Words:
    return texts.words(language, "frame", "writing", "tasting", "12_compare")


def choose(run: Run, tasted: Tasting, side: str) -> str:
    """Answers the key of the button that chooses this model in the pair that is shown."""
    number = answers.sitting(run, tasted).next(PAIRS)
    sides = tasting.key(run)[number]
    return next(f"tasting.{place}" for place in sides if sides[place] == side)


def test_before_it_there_is_one_button_and_no_tasting_begins_by_itself(visit, project, run):
    page = visit("12_compare", "es", project)
    assert page.button(key="tasting.prepare").label == words()("tasting.prepare")
    assert not tasting.folder(run).exists()


def test_what_cut_the_writing_short_is_said_and_nothing_is_lost(visit, project, run):
    state = {"status": "failed", "pid": 0, "error": {"code": "tasting_alike", "facts": {"pairs": "60"}}}
    storage.write_json(tasting.folder(run) / "state.json", state)
    page = visit("12_compare", "es", project)
    assert "60" in page.error[0].value
    storage.write_json(tasting.folder(run) / "state.json", {"status": "running", "pid": 2**22, "error": None})
    page = visit("12_compare", "es", project)
    assert page.button(key="tasting.prepare").label == words()("tasting.go_on")


def test_first_she_says_who_will_win(visit, project, run, tasted, passages):
    page = visit("12_compare", "es", project)
    assert passages(page) == []
    page.radio(key="12_compare.prediction.said").set_value("base")
    page.button(key="prediction.look").click().run()
    assert not page.exception
    assert [text.startswith("Comienzo 1:") for text in passages(page)] == [True, True]


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_until_the_reveal_the_page_is_the_same_whatever_the_key_says(begin, run, tasted, language):
    def shown() -> str:
        page = begin(language)
        page.button(key="tasting.left").click().run()
        page.button(key="tasting.neither").click().run()
        assert not page.exception
        answers.undo(run, tasted)
        answers.undo(run, tasted)
        return "\n".join(sent(page.main))

    before = shown()
    path = tasting.folder(run) / "key.json"
    kept = storage.load_json(path)
    turned = [{"left": sides["right"], "right": sides["left"]} for sides in kept["sides"]]
    storage.write_json(path, {**kept, "sides": turned})
    assert shown() == before
    assert "lluvia 3" in before


def test_she_answers_undoes_and_sees_the_names_when_it_is_settled(begin, run, tasted):
    page, say = begin(), words()
    page.button(key="tasting.neither").click().run()
    page.button(key="tasting.undo").click().run()
    assert not answers.sitting(run, tasted).answers
    for _ in range(6):
        page.button(key=choose(run, tasted, "base")).click().run()
        assert not page.exception
    assert say("tasting.over.settled") in said(page)
    names = {say("side.base"), say("side.adapted")}
    assert not names & {caption.value for caption in page.caption}
    page.button(key="tasting.reveal").click().run()
    assert not page.exception
    assert say("tasting.result.base", wins=6, preferences=6) in said(page)
    assert say("prediction.told.wrong", said=say("prediction.adapted")) in said(page)
    assert names <= {caption.value for caption in page.caption}
    assert page.get("plotly_chart")


def test_what_may_be_chance_is_said_to_be_so(begin, run, tasted):
    page, say = begin(), words()
    for side in ("base", "adapted", "adapted"):
        page.button(key=choose(run, tasted, side)).click().run()
    page.button(key="tasting.neither").click().run()
    page.button(key="tasting.reveal").click().run()
    assert say("tasting.result.maybe.adapted", wins=2, preferences=3) in said(page)
    assert say("tasting.neithers", neither=1) in said(page)
    assert say("tasting.alike", alike=2) in said(page)
    assert say("tasting.repeated", texts=5, pairs=PAIRS) in said(page)


def test_fewer_than_ten_pairs_are_said_to_be_few(visit, project, run, passages):
    tasting.folder(run).mkdir()
    tasting_pairs.lay_out(run, [{"beginning": "Uno", "base": "", "adapted": " b"}], 0, 1)
    page = visit("12_compare", "es", project)
    assert page.warning[0].value == words()("tasting.few", pairs=1)
    page.button(key="prediction.look").click().run()
    assert f"Uno {words()('tasting.nothing')}" in passages(page), "a model that wrote nothing is said to have"


def test_another_tasting_can_be_prepared_after_the_first(begin, run, tasted):
    answers.reveal(run, tasted)
    page = begin()
    page.button(key="tasting.again").click().run()
    assert processes.read_state(tasting.folder(run))["status"] in processes.ACTIVE
    processes.kill(tasting.folder(run))
    assert (tasting.folder(run) / "earlier" / tasted.id / "answers.jsonl").is_file()


# ------------------------------------------------------------------ with friends


def from_friend(tasted: Tasting, name: str, said: list[str]) -> bytes:
    check = zlib.crc32("\n".join([tasted.id, name, *said]).encode())
    content = {"kind": friends.KIND, "tasting": tasted.id, "friend": name, "answers": said, "check": check}
    return json.dumps(content).encode()


def upload(page, *files: tuple[str, bytes]) -> None:
    (uploader,) = [one for one in page.file_uploader if one.key.startswith("friends.files")]
    uploader.set_value([(name, content, "application/json") for name, content in files]).run()
    assert not page.exception


def test_what_friends_answered_is_read_and_shown_only_after_the_names(begin, project, run, tasted):
    page, say = begin(), words()
    sides = tasting.key(run)
    adapted = [next(place for place in PLACES if one[place] == "adapted") for one in sides]
    damaged = from_friend(tasted, "Carla", adapted).replace(b"Carla", b"Carlo")
    upload(page, ("a.json", from_friend(tasted, "*Ana*", adapted)), ("b.json", b"{}"), ("c.json", damaged))
    assert say("friends.read.new", name=plain("*Ana*"), answers=PAIRS, pairs=PAIRS) in [
        one.value for one in page.success
    ]
    codes = [texts.explain(LessonError(f"friend_{why}", file="b.json"), "es") for why in ("not_answers", "damaged")]
    assert [error.value.split("**")[1] for error in page.error] == [explained.happened for explained in codes]
    assert say("friends.waiting", names=plain("*Ana*")) in said(page)
    assert say("friends.margin.axis") not in "".join(sent(page.main))

    page.button(key=choose(run, tasted, "base")).click().run()
    page.button(key="tasting.reveal").click().run()
    assert not page.exception
    assert say("friends.total", tasters=2, wins=PAIRS, preferences=PAIRS + 1) in said(page)
    assert say("friends.agree.none") in said(page)
    assert [deed.code for deed in learned.deeds(project)["12_compare"]][:1] == ["tasted"]
    page.button(key="friends.forget.*Ana*").click().run()
    assert friends.kept(run, tasted) == []


# ------------------------------------------------------------------ in a browser


def test_a_tasting_goes_from_the_bet_to_the_names_by_keyboard_alone(serve, browser, settled, project, run, tasted):
    server, say = serve(), words()

    def place(number: int) -> str:
        return say("tasting.place", number=number, pairs=PAIRS)

    with browser() as visitor:
        page = visitor.new_page()
        page.goto(f"{server.url}/compare?project={project.id}")
        page.get_by_text(say("prediction")).wait_for()
        settled(page)
        reach(page, "prediction-look")
        page.keyboard.press("Enter")
        page.get_by_text(place(1)).wait_for()
        for pressed, number in (("1", 2), ("2", 3), ("z", 2), ("0", 3)):
            page.keyboard.press(pressed)
            page.get_by_text(place(number)).wait_for()
        source = page.content()
        assert "lluvia 3" in source
        assert say("side.adapted") not in source.split(say("tasting"))[-1]

        page.reload()
        page.get_by_text(place(3)).wait_for()
        other = visitor.new_page()
        other.goto(f"{server.url}/compare")
        other.get_by_text(place(3)).wait_for()
        other.keyboard.press("0")
        other.get_by_text(place(4)).wait_for()
        page.keyboard.press("1")  # of the pair that the other tab has answered: it is not answered twice
        page.get_by_text(place(4)).wait_for()
        assert dict(answers.sitting(run, tasted).answers) == {0: "left", 1: "neither", 2: "neither"}

        page.set_viewport_size({"width": 390, "height": 844})
        left, right = (page.get_by_text(f"{word} 4").first.bounding_box() for word in ("barco", "lluvia"))
        assert abs(left["x"] - right["x"]) < 100, "one under the other"
        settled(page)
        reach(page, "tasting-reveal")
        page.keyboard.press("Enter")
        page.get_by_text(say("tasting.named")).wait_for()
    assert answers.sitting(run, tasted).revealed


def reach(page, key: str) -> None:
    """Goes on by the Tab key until the button of this key has the focus."""
    inside = f"document.activeElement.closest('.st-key-{key}') !== null"
    for _ in range(80):
        if page.evaluate(inside):
            return
        page.keyboard.press("Tab")
    raise AssertionError(key)


def test_a_friend_tastes_the_pack_by_keyboard_without_a_connection(chromium, tasted, tmp_path):
    pack = tmp_path / "cata.html"
    pack.write_bytes(friends.pack(tasted))
    asked: list[str] = []
    context = chromium.new_context(offline=True, accept_downloads=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pack.as_uri())
    page.keyboard.type("Beto Ñandú")
    page.keyboard.press("Enter")
    for pressed in ("1", "2", "z", "0", "ArrowRight"):
        page.keyboard.press(pressed)
    assert page.locator("#left").inner_text() == tasted.pairs[3].beginning + tasted.pairs[3].left
    page.reload()  # what was answered is still there
    page.locator("#stop").press("Enter")
    with page.expect_download() as download:
        page.locator("#save").press("Enter")
    file = tmp_path / "back.json"
    download.value.save_as(file)
    page.locator("#language").press("Enter")
    assert page.title() == texts.words("en", "tasting_pack")("title")
    context.close()
    assert download.value.suggested_filename == "cata-Beto-Ñandú.json"
    assert friends.read(tasted, file.name, file.read_bytes()) == Friend("Beto Ñandú", ("left", "neither", "right"))
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
