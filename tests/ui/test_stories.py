"""The stories that matter, in a real Chromium, against a real server and real training processes."""

import time
import zipfile
from dataclasses import asdict

import psutil
import pytest

from core import processes, texts, workshop
from core import project as projects
from core.data import stages
from core.data.table import Table
from core.training import plan, runs

ES = {name: texts.words("es", "frame", name) for name in workshop.BY_NAME}


def wait_for(ready, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


def click(page, settled, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()
    page.wait_for_timeout(400)
    settled(page)


def go(page, settled, url: str) -> None:
    page.goto(url)
    settled(page)


def only_project(workspace):
    (project,) = projects.list_projects(workspace)
    return project


def prepared(workspace, **settings) -> projects.Project:
    project = projects.create(workspace, "Coplas", "es")
    project = workshop.fill(project, ["texts", "prepared", "tokens"])
    chosen = plan.settings(project, "quick").changed(settings)
    return projects.update(project, "09_settings", {"settings": asdict(chosen)})


def adopt(page, settled, server, project) -> None:
    """Opens a project by its own link, as a person given it would."""
    go(page, settled, f"{server.url}/train?project={project.id}")


def test_from_a_first_visit_to_an_adapter_of_ones_own(serve, browser, settled, workspace, tmp_path):
    server = serve()
    with browser(accept_downloads=True) as context:
        page = context.new_page()
        go(page, settled, server.url)
        click(page, settled, "begin")
        page.get_by_role("heading", name=ES["01_language_models"]("title")).wait_for()
        go(page, settled, f"{server.url}/load_texts")
        click(page, settled, "load")
        click(page, settled, "next")
        click(page, settled, "prepare")
        click(page, settled, "next")
        click(page, settled, "next")
        click(page, settled, "keep")
        project = only_project(workspace)
        short = plan.settings(project, "quick").changed({"max_steps": 6, "evaluations": 2})
        projects.update(project, "09_settings", {"settings": asdict(short)})
        click(page, settled, "next")
        page.get_by_role("heading", name=ES["09_settings"]("title")).wait_for()
        click(page, settled, "next")
        click(page, settled, "start")
        page.get_by_text(ES["10_train"]("status.finished", step=6)).wait_for(timeout=120_000)
        page.get_by_test_id("stPlotlyChart").wait_for()
        click(page, settled, "next")
        click(page, settled, "open")
        page.get_by_role("heading", name=ES["11_evaluate"]("result", rows=26)).wait_for(timeout=120_000)
        click(page, settled, "next")
        page.get_by_role("heading", name=ES["12_compare"]("title")).wait_for()
        click(page, settled, "next")
        with page.expect_download() as download:
            page.locator(".st-key-download button").click()
        download.value.save_as(tmp_path / "adapter.zip")
        names = zipfile.ZipFile(tmp_path / "adapter.zip").namelist()
        assert {"adapter_model.safetensors", "adapter_config.json", "README.md"} <= set(names)
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "adapter.zip")
        page.locator(".st-key-which_adapter").wait_for()
    assert workshop.progress(only_project(workspace))["11_evaluate"] == "done"


def test_a_run_outlives_reloads_restarts_and_its_own_death(serve, browser, settled, workspace):
    project = prepared(workspace, max_steps=400, evaluations=40)
    server = serve()
    with browser() as context:
        page = context.new_page()
        adopt(page, settled, server, project)
        click(page, settled, "start")
        page.get_by_test_id("stPlotlyChart").wait_for(timeout=60_000)
        page.reload()
        page.get_by_test_id("stPlotlyChart").wait_for(timeout=60_000)
        page.locator(".st-key-pause button").first.wait_for()

        other = context.new_page()
        go(other, settled, f"{server.url}/train")
        other.locator(".st-key-pause button").first.wait_for()

        (run,) = runs.list_runs(project)
        before = processes.read_state(run.folder)
        server.stop()
        assert processes.read_state(run.folder)["status"] in processes.ACTIVE
        server = serve(server.port)
        go(page, settled, f"{server.url}/train")
        page.locator(".st-key-pause button").first.wait_for()
        wait_for(lambda: processes.read_state(run.folder).get("step", 0) > before.get("step", 0), 60)
        assert processes.read_state(run.folder)["pid"] == before["pid"]

        processes.kill(run.folder)
        page.locator(".st-key-continue button").first.wait_for(timeout=20_000)
        step = processes.read_state(run.folder)["step"]
        page.get_by_text(ES["10_train"]("status.died", step=step)).wait_for()
        click(page, settled, "continue")
        page.locator(".st-key-finish button:not([disabled])").first.wait_for(timeout=60_000)
        page.locator(".st-key-finish button").first.click()
        wait_for(lambda: processes.read_state(run.folder)["status"] == "finished", 60)
        page.get_by_text(ES["10_train"]("status.finished", step=processes.read_state(run.folder)["step"])).wait_for()
        other.get_by_text(ES["10_train"]("samples")).wait_for()
    assert (run.adapter / "adapter_model.safetensors").is_file()


def test_a_deep_link_to_a_locked_step_leads_on(serve, browser, settled, workspace):
    server = serve()
    with browser() as context:
        page = context.new_page()
        go(page, settled, f"{server.url}/settings")
        page.get_by_role("heading", name=ES["09_settings"]("title")).wait_for()
        page.get_by_text(ES["09_settings"]("missing.texts")).wait_for()
        click(page, settled, "fill")
        page.locator(".st-key-keep_settings button").wait_for()
        assert workshop.stages_made(only_project(workspace)) == {"texts", "prepared", "tokens"}
        page.get_by_role("link", name=f"10. {ES['10_train']('title')}").click()
        page.get_by_role("heading", name=ES["10_train"]("title")).wait_for()
        page.go_back()
        page.get_by_role("heading", name=ES["09_settings"]("title")).wait_for()


def test_a_reload_brings_back_her_language_and_her_project(serve, browser, settled, workspace):
    server = serve()
    with browser(locale="es-AR") as context:
        page = context.new_page()
        go(page, settled, server.url)
        click(page, settled, "begin")
        page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
        page.get_by_role("heading", name=texts.words("en", "01_language_models")("title")).wait_for()
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.lang") == "en"
        page.reload()
        page.get_by_role("heading", name=texts.words("en", "01_language_models")("title")).wait_for()
        page.get_by_text(only_project(workspace).name).first.wait_for()


def test_what_stands_in_her_texts_is_shown_as_text_and_never_run(serve, browser, settled, workspace):
    evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> **no** [x](javascript:hacked)'
    project = projects.create(workspace, evil[:60], "es")
    rows = [{"text": f"{evil} {number}"} for number in range(20)]
    stages.load_texts(project, stages.Source(evil, Table(("text",), rows)))
    workshop.fill(project, ["prepared", "tokens"])
    server = serve()
    with browser() as context:
        page = context.new_page()
        adopt(page, settled, server, project)
        for path in ("", "load_texts", "clean_texts", "tokens", "lengths", "train"):
            go(page, settled, f"{server.url}/{path}")
            page.wait_for_timeout(300)
            assert page.evaluate("window.hacked") is None
            assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("locale", ["es-AR", "en-GB"])
def test_on_a_telephone_no_page_scrolls_sideways_and_opening_all_keeps_the_server_small(
    serve, browser, settled, project, locale
):
    server = serve()
    with browser(locale=locale, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        adopt(page, settled, server, project)
        for path in ["", *(name[3:] for name in workshop.BY_NAME), "experiments", "glossary"]:
            go(page, settled, f"{server.url}/{path}")
            page.wait_for_timeout(200)
            width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
            assert width <= 390, path
    assert psutil.Process(server.process.pid).memory_info().rss < 300e6
