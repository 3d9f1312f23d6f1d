"""Step 3 with a Hub on loopback: the shelf, a search, a look, a gate, a download; and her own earlier runs."""

import time

import pytest
from hub_server import FILES, Repository, facts, point_at, serving

from core import processes, texts
from core import project as projects
from core.errors import LessonError
from core.models import download, hub
from core.models.shelf import SHELF
from core.training import runs

IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)
OPEN, GATED = "prueba/coplas", "prueba/cerrado"


@pytest.fixture
def server(tmp_path, monkeypatch):
    models = {
        OPEN: Repository(FILES, facts=facts(cardData={"license": "cc-by-nc-4.0", "language": ["es"]})),
        GATED: Repository(FILES, facts=facts(gated="manual"), closed=True),
        "prueba/harto": Repository(refusal=(429, "")),
    }
    with serving(models=models) as running:
        point_at(monkeypatch, running, tmp_path / "cache")
        yield running


def wait_until_it_ends():
    deadline = time.monotonic() + 30
    while download.state(OPEN)["status"] in processes.ACTIVE:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def words(language="es"):
    return texts.words(language, "frame", "03_choose_model")


def said(page):
    kinds = (page.markdown, page.caption, page.info, page.success, page.warning, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def keys(page):
    return [button.key for button in page.button]


def at(visit, place, project=None, language="es"):
    page = visit("03_choose_model", language, project)
    return page.radio(key="model_place").set_value(place).run()


def look(page, id):
    page.text_input(key="hub_id").set_value(id).run()
    return page.button(key="hub.look").click().run()


def assert_well(page):
    assert not page.exception
    assert [error.value for error in page.error] == []
    assert texts.placeholders(said(page)) == set(), "a word was left unfilled"


@IN_BOTH_LANGUAGES
def test_the_shelf_says_of_each_model_whether_it_fits_before_anything_is_asked(visit, server, language):
    page = at(visit, "shelf", language=language)
    assert_well(page)
    captions = page.radio(key="shelf").proto.captions
    marks = [words(language)(f"mark.{verdict}") for verdict in ("fits", "tight", "use", "no")]
    assert len(captions) == len(SHELF)
    assert all(any(mark in caption for mark in marks) for caption in captions)
    gated = [
        model.id for model, caption in zip(SHELF, captions, strict=True) if words(language)("mark.gated") in caption
    ]
    assert gated == [model.id for model in SHELF if model.is_gated]
    assert server.asked == []


def test_a_guess_comes_before_the_figures(visit, begun):
    page = visit("03_choose_model", project=begun)
    assert len(page.get("plotly_chart")) == 0
    page.button_group(key="guess.classroom").set_value("tiny").run()
    assert_well(page)
    assert len(page.get("plotly_chart")) == 1
    assert words()("guess.tiny") in said(page)


@IN_BOTH_LANGUAGES
def test_a_model_is_found_looked_at_brought_and_chosen(visit, server, begun, language):
    page = at(visit, "hub", begun, language)
    page.text_input(key="hub_words").set_value("coplas").run()
    assert server.asked == [], "nothing is asked until she presses"
    next(button for button in page.button if button.label == words(language)("hub.search")).click().run()
    assert_well(page)
    page.radio(key="hub_chosen").set_value(OPEN).run()
    assert page.text_input(key="hub_id").value == OPEN
    page.button(key="hub.look").click().run()
    assert_well(page)
    assert words(language)("licence.non_commercial") in said(page)
    assert "choose" not in keys(page)
    page.button(key="download").click().run()
    wait_until_it_ends()
    page.run()
    assert_well(page)
    assert words(language)("here") in said(page)
    page.button(key="choose").click().run()
    assert_well(page)
    assert projects.open_project(begun.folder.parent, begun.id).model == OPEN


def test_a_gated_model_says_what_to_do_and_offers_no_download(visit, server):
    page = look(at(visit, "hub"), GATED)
    assert_well(page)
    assert words()("gate") in said(page)
    assert words()("access.manual") in said(page)
    assert not {"download", "choose"} & set(keys(page))


@pytest.mark.parametrize(
    ("id", "code"), [("prueba/harto", "hub_busy"), ("prueba/nadie", "model_not_found"), ("a b", "model_not_a_name")]
)
def test_a_refusal_is_said_and_what_she_typed_stays(visit, server, id, code):
    page = look(at(visit, "hub"), id)
    assert not page.exception
    assert texts.explain(LessonError(code), "es").happened in page.error[0].value
    assert page.text_input(key="hub_id").value == id
    page.radio(key="model_place").set_value("shelf").run()
    page.radio(key="model_place").set_value("hub").run()
    assert page.text_input(key="hub_id").value == id


def test_a_download_that_stands_still_is_found_again_after_a_reload(visit, server, workspace):
    server.repositories["models"][OPEN].pause = 0.02
    download.start(OPEN)
    page = at(visit, "hub")
    page.text_input(key="hub_id").set_value(OPEN).run()
    assert "download.cancel" in keys(page)
    page.button(key="download.cancel").click().run()
    wait_until_it_ends()
    page.run()
    assert_well(page)
    assert words()("download.cancelled") in said(page)
    assert {"download.resume", "download.forget"} <= set(keys(page))
    page.button(key="download.forget").click().run()
    assert_well(page)
    assert download.state(OPEN) == {"status": "none"}


def test_her_own_adapter_means_its_base_and_says_so(visit, project):
    page = at(visit, "mine", project)
    page.radio(key="mine").set_value(0).run()
    assert_well(page)
    assert words().body("mine.adapter") in said(page)
    page.button(key="choose").click().run()
    assert_well(page)
    assert projects.open_project(project.folder.parent, project.id).model == "classroom"


def test_her_own_whole_model_is_a_base(visit, project):
    (run,) = runs.list_runs(project)
    for path in run.adapter.iterdir():
        path.unlink()
    for name, content in FILES.items():
        (run.adapter / name).write_bytes(content)
    page = at(visit, "mine", project)
    page.radio(key="mine").set_value(0).run()
    assert words().body("mine.whole") in said(page)
    page.button(key="choose").click().run()
    assert_well(page)
    assert projects.open_project(project.folder.parent, project.id).model == str(run.adapter)


def test_a_chosen_model_whose_files_went_away_is_not_brought_unasked(visit, server, begun):
    projects.update(begun, model=OPEN)
    page = visit("03_choose_model", project=begun)
    assert_well(page)
    assert words()("facts.away") in said(page)
    assert server.asked == []
    assert hub.on_disk(OPEN) is None
