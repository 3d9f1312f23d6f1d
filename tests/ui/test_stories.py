"""Stories in a real browser, against the app as a person starts it."""

import json
import os
import re
import signal
import time
import zipfile

import pytest

from core import processes, storage, testbed, texts, workshop
from core import project as projects
from core.data import table
from core.training import runs, watch

api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the browser stories are left out")
expect = api.expect
PAGES = ["Home", *workshop.BY_NAME, "experiments", "decision", "glossary"]


def words(*names, language="es"):
    return texts.words(language, "frame", *names)


def address(server, name, project=None):
    """Answers a page's address; with a project, the link that opens it."""
    path = "" if name == "Home" else re.sub(r"^\d+_", "", name)
    return f"{server.url}/{path}" + (f"?project={project.id}" if project else "")


def by_key(page, key):
    return page.locator(f".st-key-{re.sub('[^a-zA-Z0-9_-]', '-', key)}")


def press(page, key):
    by_key(page, key).get_by_role("button").first.click()


def follow(page, name, language="es"):
    """Takes a link of the sidebar."""
    title = words(name, language=language)("title")
    page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
    expect_title(page, name, language)


def expect_title(page, name, language="es"):
    title = texts.words(language, "home" if name == "Home" else name)("title")
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible(timeout=30_000)


def expect_no_error(page):
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)


def told(words_of_status):
    """Answers a pattern of a status as the page says it, whatever its numbers are."""
    return re.compile(re.sub(r"\\{\w+\\}", r"[\\d.,]+", re.escape(words_of_status)))


def status(run):
    return processes.read_state(run.folder)["status"]


def steps_done(run):
    return processes.read_state(run.folder).get("step", 0)


def choices(project):
    return projects.open_project(project.folder.parent, project.id).choices


def wait_for(ready, seconds=60):
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


# ------------------------------------------------------------------ 1. from the first visit to the adapter


def test_a_first_visitor_goes_all_the_way_and_takes_her_adapter_home(serve, browser, settled, tmp_path):
    server = serve()
    with browser(accept_downloads=True) as visitor:
        page = visitor.new_page()
        page.goto(server.url)
        expect_title(page, "Home")
        press(page, "begin")

        def go_on(name):
            settled(page)
            expect_no_error(page)
            press(page, "next")
            expect_title(page, name)
            settled(page)

        expect_title(page, "01_language_models")
        go_on("02_hugging_face")
        go_on("03_choose_model")
        press(page, "choose")
        go_on("04_try_model")
        press(page, "keep")
        go_on("05_load_texts")
        press(page, "load")
        expect(page.get_by_test_id("stDataFrame").nth(1)).to_be_visible(timeout=30_000)
        go_on("06_clean_texts")
        press(page, "prediction.look")
        press(page, "prepare")
        expect(page.get_by_test_id("stMetric")).to_have_count(3)
        go_on("07_tokens")
        go_on("08_lengths")
        press(page, "prediction.look")
        press(page, "keep")
        expect(page.get_by_test_id("stAlertContentSuccess")).to_be_visible()
        go_on("09_settings")
        page.get_by_text(words("09_settings")("knobs.open")).click()
        most = by_key(page, "quick.max_steps").get_by_role("spinbutton")
        most.fill("8")
        most.press("Enter")
        settled(page)
        press(page, "keep_settings")
        expect(page.get_by_test_id("stAlertContentSuccess")).to_be_visible()
        go_on("10_train")
        press(page, "start")
        finished = told(words("10_train")("status.finished"))
        expect(page.get_by_text(finished)).to_be_visible(timeout=120_000)
        go_on("11_evaluate")
        press(page, "open")
        expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible(timeout=120_000)
        go_on("12_compare")
        press(page, "compare")
        expect(page.get_by_text(words("copies")("told.none").partition("{")[0]).first).to_be_visible(timeout=60_000)
        go_on("13_share")
        with page.expect_download() as download:
            press(page, "download")
        parcel = tmp_path / download.value.suggested_filename
        download.value.save_as(parcel)
        with zipfile.ZipFile(parcel) as archive:
            assert archive.testzip() is None
            assert {"adapter_model.safetensors", "README.md"} <= set(archive.namelist())

        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(parcel)
        expect(by_key(page, "which_adapter")).to_be_visible()
        press(page, "write")
        (project,) = projects.list_projects(server.workspace)
        wait_for(lambda: choices(project).get("13_share", {}).get("wrote"))
        expect_no_error(page)
    assert runs.list_runs(project)[0].settings().max_steps == 8
    assert set(workshop.progress(project).values()) <= {"done", "open"}


# ------------------------------------------------------------------ 2. a run outlives everything


def test_a_run_outlives_reloads_restarts_and_its_own_end(serve, browser, settled, prepared):
    project = prepared(max_steps=2000, evaluations=100)
    server = serve()
    running = told(words("10_train")("status.running"))
    with browser() as visitor:
        page = visitor.new_page()
        page.goto(address(server, "10_train", project))
        press(page, "start")
        expect(page.get_by_text(running)).to_be_visible(timeout=60_000)
        (run,) = runs.list_runs(project)

        page.goto(address(server, "10_train"))  # a reload; the cookie knows the project
        expect(page.get_by_text(running)).to_be_visible(timeout=30_000)
        expect(by_key(page, "start")).to_have_count(0)

        other = visitor.new_page()
        other.goto(address(server, "10_train"))
        expect(other.get_by_text(running)).to_be_visible(timeout=30_000)

        server.stop()
        left_at = steps_done(run)
        wait_for(lambda: steps_done(run) > left_at)
        assert status(run) == "running"
        server = serve(server.port)
        for tab in (page, other):
            tab.reload()
            expect(tab.get_by_text(running)).to_be_visible(timeout=30_000)

        wait_for(lambda: any(run.checkpoints.glob("checkpoint-*/trainer_state.json")))
        os.kill(processes.read_state(run.folder)["pid"], signal.SIGKILL)
        for tab in (page, other):
            expect(tab.get_by_text(told(words("10_train")("status.died")))).to_be_visible()
            expect(by_key(tab, "continue")).to_be_visible()
        died_at = steps_done(run)

        press(page, "continue")
        expect(page.get_by_text(running)).to_be_visible(timeout=60_000)
        wait_for(lambda: steps_done(run) > died_at)
        press(page, "pause")
        paused = told(words("10_train")("status.paused"))
        expect(page.get_by_text(paused)).to_be_visible(timeout=60_000)
        page.reload()
        expect(page.get_by_text(paused)).to_be_visible()
        press(page, "continue")
        expect(page.get_by_text(running)).to_be_visible(timeout=60_000)
        press(page, "finish")
        other.reload()
        for tab in (page, other):
            expect(tab.get_by_text(told(words("10_train")("status.finished")))).to_be_visible(timeout=60_000)
            expect_no_error(tab)
    assert runs.list_runs(project) == [run]
    assert status(run) == "finished"
    assert (run.adapter / "adapter_model.safetensors").is_file()
    assert watch.curve(run).validation[-1][0] > died_at


# ------------------------------------------------------------------ 3. a link to the middle


def test_the_first_request_of_a_server_leads_to_a_locked_step_and_on(serve, browser, settled):
    server = serve()
    with browser() as visitor:
        page = visitor.new_page()
        page.goto(address(server, "09_settings"))
        expect_title(page, "09_settings")
        locked = page.get_by_test_id("stAlertContentInfo")
        expect(locked).to_contain_text(words()("locked"))
        expect(locked).to_contain_text(words()("missing.texts"))
        press(page, "fill")
        expect(by_key(page, "keep_settings")).to_be_visible(timeout=60_000)
        expect_no_error(page)

        follow(page, "glossary")
        follow(page, "06_clean_texts")
        page.go_back()
        expect_title(page, "glossary")
        page.go_back()
        expect_title(page, "09_settings")
        expect(by_key(page, "keep_settings")).to_be_visible()
        page.go_forward()
        expect_title(page, "glossary")
    (project,) = projects.list_projects(server.workspace)
    assert workshop.missing(project, workshop.BY_NAME["09_settings"]) == []


# ------------------------------------------------------------------ 4. her own messy file

BEGINNINGS = ["El mar no sabe", "Decreto de la plaza", "Nicanora Paz, que nunca"]
OLD_POEMS = [
    "Niño que mira el río,\r\nel corazón le pide mañana",
    "La abuela guardó la sombra; después la dobló en el cajón",
    "¿Quién cerró la canción del patio?\r\nLa lluvia, que venía con sueño",
    "Al año siguiente volvió el señor del pan, con su acordeón",
    "Una luz pequeña sobre la mesa: así empezó la mañana",
    "El gato soñó que era jardín y nadie lo despertó",
    "Bajo el árbol quedó la silla, esperándote todavía",
    "Mi tía decía adiós como quien deja una puerta abierta",
    "Hay un camión azul, un león de yeso y tres limones",
    "Después del carnaval quedó la calle llena de papelitos",
    "La última estación tenía un reloj sin agujas",
    "Él volvió, ella no, y el mantel siguió puesto",
]


def test_a_messy_old_file_goes_from_upload_to_the_length_plot(serve, browser, settled, begun, tmp_path):
    """Latin-1, `;`, padded headers, a broken row, a copy, a telephone, marks of a web page and an empty row."""
    bad = [
        "Llamame al +54 9 11 4321-8765 cuando salga el sol",
        "Volví&nbsp;tarde<br>y la casa dormía",
        "",
        OLD_POEMS[0],
    ]
    lines = [" nro ; Poema ", *(f'{n};"{poem}"' for n, poem in enumerate([*OLD_POEMS, *bad])), "99;suelto; y con cola"]
    file = tmp_path / "poemas viejos.csv"
    file.write_bytes("\r\n".join(lines).encode("latin-1"))
    server = serve()
    said = words("05_load_texts", "06_clean_texts", "settings")
    with browser() as visitor:
        page = visitor.new_page()
        page.goto(address(server, "05_load_texts", begun))
        by_key(page, "origin").get_by_text(words("05_load_texts")("from.file")).click()
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
        expect(page.get_by_text("17", exact=True)).to_be_visible(timeout=30_000)
        expect(page.get_by_text(said("reason.column.by_name", column="Poema").replace("`", ""))).to_be_visible()
        press(page, "load")
        expect(page.get_by_test_id("stDataFrame").nth(1)).to_be_visible(timeout=30_000)
        settled(page)
        expect_no_error(page)
        follow(page, "06_clean_texts")
        settled(page)
        press(page, "prediction.look")
        settled(page)
        for repair in ("markup", "personal", "duplicates", "empty"):
            expect(page.get_by_text(said(f"repair.{repair}"), exact=True).first).to_be_visible()
        press(page, "prepare")
        expect(page.get_by_test_id("stMetric")).to_have_count(3)
        expect_no_error(page)
        follow(page, "07_tokens")
        settled(page)
        expect_no_error(page)
        follow(page, "08_lengths")
        press(page, "prediction.look")
        expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
        press(page, "keep")
        expect(page.get_by_test_id("stAlertContentSuccess")).to_be_visible()
        expect_no_error(page)
    texts_read = table.rows(begun.texts / "rows")
    assert texts_read[0]["text"] == OLD_POEMS[0].replace("\r\n", "\n")
    assert texts_read[-1]["text"].startswith("suelto")
    assert "y con cola" in texts_read[-1]["text"]
    prepared = storage.load_json(begun.prepared / "record.json")
    assert prepared["dropped"] == {"empty": 1, "duplicates": 1}
    kept = [row["text"] for part in ("train", "validation", "test") for row in table.rows(begun.prepared / part)]
    assert "Llamame al [teléfono] cuando salga el sol" in kept
    assert "Volví tarde\ny la casa dormía" in kept


# ------------------------------------------------------------------ the first lesson, by keyboard alone


def test_she_goes_through_the_first_lesson_without_touching_the_mouse(serve, browser, settled):
    """The guessing game, a model, three beginnings of her own, and on to the second lesson."""
    server, say = serve(), words("01_language_models")
    with browser() as visitor:
        page = visitor.new_page()
        page.goto(address(server, "01_language_models"))
        expect_title(page, "01_language_models")
        settled(page)
        field = page.get_by_label(say("guess.word"))

        def reach(what):
            for _ in range(120):
                page.keyboard.press("Tab")
                if what.evaluate("what => what === document.activeElement"):
                    return
            pytest.fail("the keyboard does not come there")

        def enter(key):
            reach(by_key(page, key).get_by_role("button").first)
            page.keyboard.press("Enter")

        def go_on(name):
            enter("next")
            expect_title(page, name)
            settled(page)

        reach(field)
        page.keyboard.press("Enter")
        expect(page.get_by_text(say("guess.empty"))).to_be_visible()
        for line in range(1, 6):
            expect(page.get_by_text(f"{say(f'line.{line}')} ____")).to_be_visible()
            expect(field).to_be_focused()
            expect(field).to_have_value("")
            page.keyboard.type("tormenta")
            page.keyboard.press("Enter")
            onward = by_key(page, "guess-go").get_by_text(say("guess.next"), exact=True)
            expect(onward).to_be_visible(timeout=60_000)  # the first waits for the model
            expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
            settled(page)
            if line == 2:
                page.reload()
                expect(field).to_have_value("tormenta", timeout=30_000)
                expect(page.get_by_test_id("stPlotlyChart")).to_be_visible()
                settled(page)
                reach(field)
            expect(field).to_be_focused()
            page.keyboard.press("Enter")
        expect(page.get_by_text(say("guess.over"))).to_be_visible(timeout=15_000)
        settled(page)
        go_on("02_hugging_face")
        go_on("03_choose_model")
        enter("choose")
        settled(page)
        go_on("04_try_model")
        for kind, beginning in zip(testbed.KINDS, BEGINNINGS, strict=True):
            reach(by_key(page, f"testbed.{kind}").get_by_role("textbox"))
            page.keyboard.type(beginning)
        enter("04_try_model.exercise")
        expect(page.get_by_text(words("04_try_model")("exercise.right"))).to_be_visible(timeout=15_000)
        settled(page)
        go_on("05_load_texts")
        expect_no_error(page)
    (project,) = projects.list_projects(server.workspace)
    assert [one.text for one in testbed.beginnings(project)] == BEGINNINGS
    game = choices(project)["01_language_models"]["game"]
    assert [said["word"] for said in game["guesses"].values()] == ["tormenta"] * 5


# ------------------------------------------------------------------ what a browser alone can tell


def test_language_and_project_come_back_after_a_reload(serve, browser, settled):
    server = serve()
    with browser() as visitor:
        page = visitor.new_page()
        page.goto(server.url)
        expect_title(page, "Home")
        expect(page.locator("html")).to_have_attribute("lang", "es")
        for name in ("01_language_models", "02_hugging_face"):
            settled(page)
            page.get_by_test_id("stSidebar").get_by_role("link", name=texts.words("es", name)("title")).click()
            expect_title(page, name)
            settled(page)
            expect(by_key(page, "language").get_by_role("radio", name="Español")).to_be_checked()
        page.goto(server.url)
        press(page, "begin")
        expect_title(page, "01_language_models")
        settled(page)
        by_key(page, "language").get_by_text("English").click()
        expect_title(page, "01_language_models", "en")
        expect(by_key(page, "language").get_by_role("radio", name="English")).to_be_checked()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        for name in ("01_language_models", "glossary"):
            page.goto(address(server, name))
            expect_title(page, name, "en")
            expect(page.locator("html")).to_have_attribute("lang", "en")
        (project,) = projects.list_projects(server.workspace)
        expect(page.get_by_test_id("stSidebar").get_by_text(project.name)).to_be_visible()
    with browser(locale="en-GB") as stranger:
        page = stranger.new_page()
        page.goto(server.url)
        expect_title(page, "Home", "en")
        expect(page.locator("html")).to_have_attribute("lang", "en")


SPELL = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script> ![x](http://example.com/x.png) **{n}** $x$"


def test_her_texts_are_shown_as_text_never_run(serve, browser, settled, workspace, tmp_path):
    from core.evaluation import evaluate

    file = tmp_path / "![x](http:⁄⁄example.com) <img src=x onerror=window.hacked=1>.jsonl"
    rows = [{SPELL.format(n="columna"): f"{SPELL.format(n=n)}\nverso {n}"} for n in range(12)]
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]), encoding="utf-8")
    project = projects.create(workspace, SPELL.format(n="nombre"), "es")
    projects.update(project, "04_try_model", {"prompts": [SPELL.format(n="comienzo")]})
    server = serve()
    with browser() as visitor:
        page = visitor.new_page()

        def shown_as_text(name, text=None):
            expect_title(page, name)
            settled(page)
            expect_no_error(page)
            if text:
                expect(page.get_by_test_id("stMain").get_by_text(text).first).to_be_attached()
            page.wait_for_timeout(200)
            assert page.evaluate("window.hacked") is None
            main = page.get_by_test_id("stApp")
            assert main.locator("img[src='x'], img[src*='example.com'], script:has-text('hacked')").count() == 0

        page.goto(address(server, "05_load_texts", project))
        expect_title(page, "05_load_texts")
        by_key(page, "origin").get_by_text(words("05_load_texts")("from.file")).click()
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
        press(page, "load")
        expect(page.get_by_test_id("stDataFrame").nth(1)).to_be_visible(timeout=30_000)
        shown_as_text("05_load_texts")
        follow(page, "06_clean_texts")
        settled(page)
        press(page, "prediction.look")
        page.get_by_text(words("06_clean_texts")("repair.markup"), exact=True).first.click()  # her tags stay
        settled(page)
        page.wait_for_timeout(500)
        settled(page)
        press(page, "prepare")
        shown_as_text("06_clean_texts")
        expect(page.get_by_test_id("stMetric")).to_have_count(3)
        follow(page, "07_tokens")
        press(page, "prediction.look")
        shown_as_text("07_tokens", "onerror")
        follow(page, "08_lengths")
        settled(page)
        press(page, "prediction.look")
        press(page, "keep")
        expect(page.get_by_test_id("stAlertContentSuccess")).to_be_visible()
        page.get_by_role("slider").press("Home")  # the shortest: something is cut, and shown
        page.get_by_text(words("08_lengths")("cuts.example")).click()
        shown_as_text("08_lengths", "<img")
        fresh = projects.open_project(workspace, project.id)
        projects.update(fresh, "09_settings", {"settings": {"max_steps": 1, "evaluations": 1, "epochs": 1.0}})
        run = workshop.start_run(projects.open_project(workspace, project.id))
        wait_for(lambda: status(run) not in processes.ACTIVE, 120)
        evaluate.start(run)
        wait_for(lambda: processes.read_state(run.evaluation)["status"] not in processes.ACTIVE, 120)
        for name, text in (
            ("04_try_model", "onerror"), ("10_train", "onerror"), ("11_evaluate", None), ("12_compare", None),
            ("13_share", None), ("experiments", None),
        ):  # fmt: skip
            follow(page, name)
            shown_as_text(name, text)
        page.goto(server.url)
        shown_as_text("Home")
    assert storage.read_json(run.evaluation / "record.json")["rows"] > 0


@pytest.mark.parametrize("language", ["en"])  # the Spanish pages: see test_access
def test_on_a_telephone_no_page_scrolls_sideways(serve, browser, settled, project, language):
    server = serve()
    projects.update(project, language=language)
    wide = []
    with browser(locale=f"{language}-US") as visitor:
        page = visitor.new_page()
        page.goto(address(server, "Home", project))
        for name in PAGES:
            page.set_viewport_size({"width": 1280, "height": 844})  # where the sidebar leads on: loading costs more
            if name != "Home":
                follow(page, name, language)
            page.set_viewport_size({"width": 390, "height": 844})
            expect_title(page, name, language)
            settled(page)
            page.wait_for_timeout(150)  # plots take their size after the rest
            for where in ("document.scrollingElement", "document.querySelector('[data-testid=stMain]')"):
                width = page.evaluate(f"{where}.scrollWidth")
                if width > 390:
                    wide.append((name, where, width))
    assert wide == []
