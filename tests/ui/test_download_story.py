"""A story in a real browser: a model is chosen, its download cancelled, taken up again, and used."""

import re

import pytest
from hub_server import FILES, Repository, facts, point_at, serving

from core import project as projects
from core import texts
from core.models import download, hub

api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the browser stories are left out")
expect = api.expect
ID = "prueba/coplas"
BYTES = sum(len(content) for content in FILES.values())
SIZE = f"{texts.number(BYTES / 1e6, 'es', 1)} MB"


def test_a_download_is_cancelled_taken_up_again_after_a_reload_and_used(
    serve, browser, settled, tmp_path, monkeypatch, workspace
):
    words = texts.words("es", "03_choose_model")
    models = {ID: Repository(FILES, facts=facts(), pause=0.02)}
    with serving(models=models) as server, browser() as visitor:
        point_at(monkeypatch, server, tmp_path / "cache")
        page = visitor.new_page()
        page.goto(f"{serve().url}/choose_model")

        def press(key):
            page.locator(f".st-key-{key}").get_by_role("button").first.click()

        def ask_for_the_model():
            page.get_by_text(words("from.hub")).click()
            field = page.locator(".st-key-hub_id").get_by_role("textbox")
            field.fill(ID)
            field.press("Enter")

        ask_for_the_model()
        press("hub-look")
        expect(page.get_by_text(SIZE).first).to_be_visible()
        press("download")
        expect(page.get_by_text(re.compile(f"de {SIZE}"))).to_be_visible()
        press("download-cancel")
        expect(page.get_by_text(words("download.cancelled"))).to_be_visible()
        kept, served = download.state(ID)["done"], server.served
        assert 0 < kept < 0.97 * BYTES
        page.reload()
        ask_for_the_model()
        press("download-resume")
        expect(page.get_by_text(words("here"))).to_be_visible(timeout=30_000)
        assert server.served - served < BYTES - kept + 200_000, "it went on where it was"
        assert hub.on_disk(ID)
        press("choose")
        expect(page.get_by_text(words("choose.done"))).to_be_visible()
        settled(page)
        (project,) = projects.list_projects(workspace)
        assert project.model == ID
