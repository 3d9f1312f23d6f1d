"""Every page in both languages, without a browser: for who comes for the first time, and for who went all the way."""

import shutil
import time

import pytest

from core import processes, storage, texts, workshop
from core import project as projects
from core.data import sources, stages
from core.data.table import rows
from core.evaluation import evaluate, summary
from core.training import narrator, promise, runs, verdict, watch
from core.ui import session

STEPS = [step.name for step in workshop.STEPS]
LOCKED = [step.name for step in workshop.STEPS if step.needs]
PAGES = ["Home", *STEPS, "experiments", "glossary", "decision", "certificate", "teacher"]
IN_BOTH_LANGUAGES = pytest.mark.parametrize("language", texts.LANGUAGES)
ON_EVERY_PAGE = pytest.mark.parametrize("name", PAGES)


def title(name, language):
    return texts.words(language, "home" if name == "Home" else name)("title")


def said(page):
    kinds = (page.markdown, page.caption, page.info, page.success, page.warning, page.error, page.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def keys(page, kind):
    return [widget.key for widget in getattr(page, kind)]


def assert_well(page):
    assert not page.exception
    assert [error.value for error in page.error] == []


# ------------------------------------------------------------------ a first visit


@IN_BOTH_LANGUAGES
@ON_EVERY_PAGE
def test_a_first_visitor_finds_every_page_whole(visit, name, language):
    page = visit(name, language)
    assert_well(page)
    assert [element.value for element in page.title] == [title(name, language)]


@IN_BOTH_LANGUAGES
@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_step_says_what_is_missing_and_offers_to_make_it(visit, name, language):
    page, words = visit(name, language), texts.words(language, "frame")
    assert words("locked") in page.info[0].value
    assert words("missing.texts") in page.info[0].value
    assert page.button(key="fill").label == words("locked.fill.texts")


def test_looking_at_a_page_makes_no_project(visit, workspace):
    for name in ("Home", "05_load_texts", "11_evaluate", "experiments"):
        visit(name)
    assert projects.list_projects(workspace) == []


@pytest.mark.parametrize("name", [step.name for step in workshop.STEPS if step.needs and step.needs != "adapter"])
def test_the_fill_button_makes_what_a_step_waits_for(visit, workspace, name):
    page = visit(name)
    page.button(key="fill").click().run()
    assert_well(page)
    assert "fill" not in keys(page, "button")
    (project,) = projects.list_projects(workspace)
    assert workshop.missing(project, workshop.BY_NAME[name]) == []


def test_the_fill_button_of_a_step_that_waits_for_a_model_starts_a_run(visit, begun):
    page = visit("11_evaluate", project=begun)
    page.button(key="fill").click().run()
    assert not page.exception
    (run,) = runs.list_runs(begun)
    assert processes.read_state(run.folder)["status"] in processes.ACTIVE
    assert run.settings().dial == "quick"


# ------------------------------------------------------------------ the whole path gone


@IN_BOTH_LANGUAGES
@ON_EVERY_PAGE
def test_who_went_all_the_way_finds_every_page_whole(visit, project, name, language):
    page = visit(name, language, project)
    assert_well(page)
    assert [element.value for element in page.title] == [title(name, language)]
    assert "fill" not in keys(page, "button")
    assert texts.placeholders(said(page)) == set(), "a word was left unfilled"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_says_where_one_is_shows_its_code_asks_something_and_leads_on(visit, project, name):
    page, step = visit(name, project=project), workshop.BY_NAME[name]
    words = texts.words("es", "frame", name)
    minutes = words("minutes")
    place = words("place", lesson=step.lesson, number=step.number, steps=len(STEPS), minutes=minutes)
    assert place in [caption.value for caption in page.caption]
    assert words("why") in said(page)
    assert words("exercise") in said(page)
    shown = [block.value for block in page.code if block.language == "python"]
    assert len(shown) == 1
    compile(shown[0], name, "exec")
    if step is not workshop.STEPS[-1]:
        following = workshop.STEPS[step.number]
        assert texts.words("es", following.name)("title") in page.button(key="next").label


def test_the_first_page_says_how_far_she_is(visit, project):
    done = [state for state in workshop.progress(project).values() if state == "done"]
    assert texts.words("es", "home", "frame")("so_far", done=len(done), steps=len(STEPS)) in said(
        visit("Home", "es", project)
    )


def test_step_4_keeps_a_beginning_in_the_testbed(visit, project):
    page = visit("04_try_model", project=project)
    page.text_area(key="prompt").set_value("La lluvia no avisa").run()
    page.button(key="keep").click().run()
    assert_well(page)
    kept = projects.open_project(project.folder.parent, project.id).choices["04_try_model"]["prompts"]
    assert kept[-1] == "La lluvia no avisa"
    assert "La lluvia no avisa" in [box.value for box in page.text_area if box.key.startswith("testbed.")]


def test_step_5_shows_her_texts(visit, project):
    shown = visit("05_load_texts", project=project).dataframe[1].value
    record = storage.read_json(project.texts / "record.json")
    assert len(shown) == record["rows"]
    assert rows(project.texts / "rows")[0]["text"] in shown.iloc[0].tolist()


def test_step_5_shows_the_columns_that_she_chose_when_she_comes_back(visit, begun):
    lines = [f"poema {n},nota {n},cuaderno {n % 3}" for n in range(12)]
    sources.keep_files(begun, [("libreta.csv", "\n".join(["poema,nota,cuaderno", *lines]).encode())])
    stages.load_texts(begun, sources.kept_source(begun), {"text": "nota", "group": "poema"})
    projects.update(begun, "05_load_texts", {"origin": "file"})
    page = visit("05_load_texts", project=begun)
    assert page.selectbox(key="column.libreta.csv.write.text").value == "nota"
    assert page.selectbox(key="column.libreta.csv.write.group").value == "poema"


def test_step_5_divides_an_upload_again_as_she_asks(visit, begun):
    page = visit("05_load_texts", project=begun)
    page.button_group(key="origin").set_value("file").run()
    page.file_uploader(key="file").upload("versos.txt", b"uno\ndos\n\ntres\n").run()
    assert sources.kept_source(begun).table.taken.pieces == "blank_line"
    page.radio(key="pieces.versos.txt").set_value("line").run()
    assert_well(page)
    assert sources.kept_source(begun).table.data["text"].to_pylist() == ["uno", "dos", "tres"]
    page.file_uploader(key="file").upload("otros.txt", b"uno\ndos\n\ntres\n").run()
    page.radio(key="pieces.otros.txt").set_value("line").run()
    assert len(sources.kept_source(begun).table) == 3


def test_step_5_keeps_what_she_pasted_and_shows_it_only_there(visit, begun):
    page = visit("05_load_texts", project=begun)
    page.button_group(key="origin").set_value("paste").run()
    page.text_area(key="paste").set_value("La luna\n\nEl río").run()
    again = visit("05_load_texts", project=begun)
    assert again.text_area(key="paste").value == "La luna\n\nEl río"
    assert "load" in keys(again, "button")
    again.button_group(key="origin").set_value("file").run()
    assert "load" not in keys(again, "button")


def test_step_6_says_that_the_split_is_older_than_what_she_chose(visit, project):
    page = visit("06_clean_texts", project=project)
    assert not page.warning
    page.number_input(key="seed").set_value(99).run()
    assert page.warning[0].value == texts.words("es", "06_clean_texts")("stale.choices")
    assert visit("06_clean_texts", project=project).number_input(key="seed").value == 99
    page.button(key="prepare").click().run()
    assert not page.warning


def test_step_6_shows_the_three_parts(visit, project):
    page = visit("06_clean_texts", project=project)
    parts = storage.read_json(project.prepared / "record.json")["rows"]
    numbers = [int(metric.value) for metric in page.metric]
    assert numbers == [parts["train"], parts["validation"], parts["test"]]


def test_step_7_shows_a_text_of_hers_put_together_again(visit, project):
    page = visit("07_tokens", project=project)
    first = rows(project.prepared / "train")[0]["text"]
    assert first in [element.value for element in page.text]
    assert texts.words("es", "07_tokens")("back.same") in said(page)


def test_step_8_shows_the_lengths_and_the_cut_that_was_kept(visit, project):
    page = visit("08_lengths", project=project)
    record = storage.read_json(project.tokens / "record.json")
    assert len(page.get("plotly_chart")) == 1
    assert page.slider(key="max_length").value == record["max_length"]


def test_step_9_shows_the_settings_that_were_kept(visit, project):
    page = visit("09_settings", project=project)
    assert page.number_input(key="quick.max_steps").value == 6
    page.number_input(key="quick.max_steps").set_value(9).run()
    assert "**9** | " + texts.words("es", "settings")("reason.by_hand.max_steps") in said(page)
    for button, steps in (("keep_settings", 9), ("keep_knobs", 12)):
        page.number_input(key="quick.max_steps").set_value(steps).run()
        page.button(key=button).click().run()
        assert_well(page)
        assert [done.value for done in page.success] == [texts.words("es", "09_settings")("kept")]
        assert workshop.run_settings(projects.open_project(project.folder.parent, project.id)).max_steps == steps


def test_step_10_shows_the_finished_run(visit, project):
    page = visit("10_train", project=project)
    words = texts.words("es", "frame", "10_train")
    assert words("status.finished", step=6) in [element.value for element in page.success]
    assert len(page.get("plotly_chart")) == 1
    (run,) = runs.list_runs(project)
    assert all(any(sample["text"].strip() in text.value for text in page.text) for sample in watch.samples(run)[-2:])


def test_step_10_discards_a_run_that_the_experiments_can_bring_back(visit, project):
    (run,) = runs.list_runs(project)
    page = visit("10_train", project=project)
    page.button(key="discard").click().run()
    assert_well(page)
    assert runs.list_runs(project) == []
    assert [away.name for away in runs.discarded(project)] == [run.name]
    assert f"undo.{run.name}" in keys(visit("experiments", project=project), "button")


def test_step_10_ends_a_run_that_stands_still_with_the_best_that_it_has(visit, project):
    (run,) = runs.list_runs(project)
    shutil.rmtree(run.adapter)
    state = storage.load_json(run.folder / "state.json")
    storage.write_json(run.folder / "state.json", {**state, "status": "paused"})
    page = visit("10_train", project=project)
    assert {"continue", "finish"} <= set(keys(page, "button"))
    page.button(key="finish").click().run()
    assert_well(page)
    while processes.read_state(run.folder)["status"] in processes.ACTIVE:
        time.sleep(0.1)
    assert processes.read_state(run.folder)["status"] == "finished"
    assert run.adapter.exists()


def test_step_10_has_nothing_to_end_with_where_nothing_was_kept(visit, project):
    (run,) = runs.list_runs(project)
    shutil.rmtree(run.checkpoints)
    (run.folder / "state.json").unlink()  # its process was killed before its first word
    page = visit("10_train", project=project)
    assert_well(page)
    assert "continue" in keys(page, "button")
    assert "finish" not in keys(page, "button")


def test_step_10_says_what_was_promised_what_the_curve_says_and_whether_it_learned(visit, project):
    (run,) = runs.list_runs(project)
    promised = {"seconds": 30.0, "memory_mb": 800.0, "parts": {"loading": 30.0}, "steps": 6}
    storage.write_json(run.folder / "promise.json", promised)
    page = visit("10_train", project=project)
    assert_well(page)
    words = texts.words("es", "10_train")
    assert words("verdict") in said(page)
    assert words(f"verdict.{verdict.read(run).code}") in said(page)
    assert "Prometimos" in said(page)
    remark = narrator.narrate(watch.curve(run), is_over=True)
    assert words(f"narrator.{remark.code}", **remark.facts) in said(page)
    assert ("falling" in remark.code) == (words("narrator.capped") in said(page))  # what stopped it was her 6 steps
    assert "salvo lo que cambiaste a mano: Pasos de entrenamiento (max steps): **6**" in said(page)


def test_step_9_looks_at_what_is_needed_and_measures_when_asked(visit, project):
    page = visit("09_settings", project=project)
    assert_well(page)
    reckoned = texts.words("es", "09_settings")("check.memory_reckoned.ok")
    assert reckoned[: reckoned.index("{")] in said(page)
    page.button(key="promise").click().run()
    assert_well(page)
    while promise.state(project)["status"] in processes.ACTIVE:
        time.sleep(0.1)
    page = visit("09_settings", project=project)
    assert_well(page)
    assert any("va a tardar" in success.value for success in page.success)


def test_step_11_shows_every_side_on_the_test_set_and_who_wins(visit, project):
    page = visit("11_evaluate", project=project)
    assert_well(page)
    (run,) = runs.list_runs(project)
    record = evaluate.result(run)
    assert len(page.get("plotly_chart")) >= 1
    words = texts.words("es", "metrics", "evaluation", "report")
    heading, *lines = summary.table(record, words)
    (shown,) = [table.value for table in page.dataframe if list(table.value.columns) == heading]
    assert shown.values.tolist() == lines
    assert set(heading) > {words(f"side.{side}") for side in ("base", "adapted", "few_shot", "ngram", "hers")}
    for side in ("base", "adapted"):
        assert texts.number(evaluate.values(record, side)["perplexity"], "es") in said(page)


def test_step_11_goes_on_with_an_evaluation_that_stopped(visit, project):
    (run,) = runs.list_runs(project)
    (run.evaluation / "record.json").unlink()
    (run.evaluation / "rows" / "adapted.written.jsonl").unlink()
    storage.write_json(run.evaluation / "state.json", {"status": "stopped", "step": 30, "steps": 60, "error": None})
    page = visit("11_evaluate", project=project)
    assert_well(page)
    assert any("50" in info.value for info in page.info)
    page.button(key="open").click().run()
    while processes.read_state(run.evaluation)["status"] in processes.ACTIVE:
        time.sleep(0.1)
    assert evaluate.result(run)["opened"] == 1
    assert_well(visit("11_evaluate", project=project))


def test_step_13_gives_the_adapter_and_shows_its_card(visit, project):
    page = visit("13_share", project=project)
    assert "download" in [button.key for button in page.get("download_button")]
    (card,) = [block.value for block in page.code if block.language == "markdown"]
    assert "library_name: peft" in card


def test_the_experiments_page_shows_a_line_for_each_run(visit, project):
    page = visit("experiments", project=project)
    assert page.dataframe[0].value.iloc[:, 0].tolist() == [f"N.º {len(runs.list_runs(project))}"]


def test_a_run_is_named_discarded_and_brought_back_from_the_experiments(visit, project):
    (run,) = runs.list_runs(project)
    page = visit("experiments", project=project)
    page.text_input(key=f"name.{project.id}.{run.name}").set_value("<b>mi</b> primera").run()
    assert_well(page)
    assert runs.open_run(run.folder).label().name == "<b>mi</b> primera"
    page.button(key="one.discard").click().run()
    assert_well(page)
    assert runs.list_runs(project) == []
    page.button(key=f"undo.{run.name}").click().run()
    assert_well(page)
    assert runs.list_runs(project) == [run]


def test_runs_side_by_side_show_the_settings_that_differ_and_what_each_wrote(visit, project):
    (first,) = runs.list_runs(project)
    other = runs.create(project, first.settings().changed({"learning_rate": 0.005}))
    for name in ("metrics.jsonl", "samples.jsonl"):
        shutil.copy(first.folder / name, other.folder / name)
    page = visit("experiments", project=project)
    assert_well(page)
    words = texts.words("es", "settings", "experiments")
    differences = next(m.value for m in page.markdown if m.value.startswith(f"| {words('setting')}"))
    assert words("learning_rate") in differences
    assert "0,005" in differences
    assert words("epochs") not in differences
    assert said(page).count(watch.samples(first)[-1]["text"].strip()[:20]) == 2


def test_a_runs_settings_can_be_used_again(visit, project):
    (run,) = runs.list_runs(project)
    projects.update(project, "09_settings", {"settings": {"epochs": 1.0}})
    page = visit("experiments", project=project)
    page.button(key="one.copy").click().run()
    kept = projects.open_project(project.folder.parent, project.id)
    assert workshop.kept_settings(kept) == run.settings()


@IN_BOTH_LANGUAGES
def test_the_glossary_finds_a_term_however_it_is_accented(visit, language):
    page = visit("glossary", language)
    everything = len(page.markdown)
    page.text_input(key="wanted").set_value("perplej" if language == "es" else "perplex").run()
    assert 0 < len(page.markdown) < everything
    page.text_input(key="wanted").set_value("zzzz").run()
    assert texts.words(language, "frame")("glossary.none") in said(page)


# ------------------------------------------------------------------ a shared server


@pytest.fixture
def shared_server(monkeypatch):
    """Lets pages believe that they are read on another computer."""
    monkeypatch.setattr(session, "is_personal", lambda: False)


def test_on_a_shared_server_a_project_opens_only_for_its_browser(visit, project, shared_server):
    assert "fill" in keys(visit("06_clean_texts", project=project), "button")
    assert f"open.{project.id}" not in keys(visit("Home", project=project), "button")
    projects.update(project, owner="0" * 32)
    assert "fill" not in keys(visit("06_clean_texts", project=project), "button")


def test_on_a_shared_server_a_project_opens_by_its_link(visit, project, shared_server):
    page = visit("Home", project=None, link=project)
    assert project.name in said(page) + "".join(field.value for field in page.text_input)


def test_on_a_shared_server_no_folder_of_it_can_be_chosen(visit, shared_server):
    words = texts.words("es", "03_choose_model")
    places = [words(f"from.{place}") for place in ("classroom", "shelf", "hub", "mine")]
    assert widget(visit("03_choose_model"), "model_place").options == places


# ------------------------------------------------------------------ the other language

CHOSEN = {
    "01_language_models": {"01.part": "dials", "beginning": "Un día", "01.temperature": 1.3},
    "03_choose_model": {"model_place": "hub", "hub_id": "dueño/modelo"},
    "04_try_model": {"prompt": "Había una vez", "04.top_p": 0.5},
    "05_load_texts": {"task": "summarize", "origin": "paste"},
    "06_clean_texts": {"seed": 11},
    "07_tokens": {"which": 3},
    "08_lengths": {"max_length": 32},
    "09_settings": {"dial": "balanced", "balanced.lora_rank": 5},
    "12_compare": {"12.temperature": 1.5},
    "decision": {"decision.often": "weekly", "decision.watts": 40.0},
    "glossary": {"wanted": "token"},
}
KINDS = (
    "text_input", "text_area", "slider", "number_input", "radio", "selectbox", "toggle", "button_group",
)  # fmt: skip


def widget(page, key):
    return next(w for kind in KINDS for w in getattr(page, kind) if w.key == key)


@pytest.mark.parametrize("name", CHOSEN)
def test_changing_the_language_keeps_what_she_chose(visit, project, name):
    page = visit(name, "es", project)
    for key, value in CHOSEN[name].items():
        widget(page, key).set_value(value).run()
    assert_well(page)
    widget(page, "language").set_value("en").run()
    assert_well(page)
    assert page.title[0].value == title(name, "en")
    assert {key: widget(page, key).value for key in CHOSEN[name]} == CHOSEN[name]


def test_the_language_she_chose_is_written_down_for_her_next_visit(visit, project):
    page = visit("Home", "es", project)
    widget(page, "language").set_value("en").run()
    assert storage.read_json(project.folder.parent / "browsers" / f"{'0' * 32}.json")["language"] == "en"
