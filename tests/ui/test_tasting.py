"""The blind tasting on the page of step 12: by keyboard, kept at every answer, and named only when she asks."""

from collections.abc import Iterator

import pytest

from core import processes, storage, texts, workshop
from core import project as projects
from core.evaluation import answers, tasting
from core.evaluation.tasting import Tasting
from core.training.runs import Run

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
    return tasting.lay_out(run, written, 2, 5)


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


def test_first_she_says_who_will_win(visit, project, run, tasted):
    page = visit("12_compare", "es", project)
    assert "Comienzo" not in said(page)
    page.radio(key="12_compare.prediction.said").set_value("base")
    page.button(key="prediction.look").click().run()
    assert not page.exception
    assert "Comienzo 1:" in said(page)


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


def test_fewer_than_ten_pairs_are_said_to_be_few(visit, project, run):
    tasting.folder(run).mkdir()
    tasting.lay_out(run, [{"beginning": "Uno", "base": " a", "adapted": " b"}], 0, 1)
    assert visit("12_compare", "es", project).warning[0].value == words()("tasting.few", pairs=1)


def test_another_tasting_can_be_prepared_after_the_first(begin, run, tasted):
    answers.reveal(run, tasted)
    page = begin()
    page.button(key="tasting.again").click().run()
    assert processes.read_state(tasting.folder(run))["status"] in processes.ACTIVE
    processes.kill(tasting.folder(run))
    assert (tasting.folder(run) / "earlier" / tasted.id / "answers.jsonl").is_file()


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
