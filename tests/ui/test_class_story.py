"""A browser's story of a class: the code at the door, two learners on one server, and nothing of one in the other's."""

import re

import pytest

from core import project as projects
from core import texts

api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the browser stories are left out")
expect = api.expect
SAY = texts.words("es", "frame", "home", "shared")
CODE = "Isla del Tigre"


@pytest.fixture
def class_server(serve, monkeypatch):
    monkeypatch.setenv("LLMS_SHARED", "1")
    monkeypatch.setenv("LLMS_ACCESS_CODE", CODE)
    return serve()


def come_in(page, url, code=CODE):
    page.goto(url)
    page.get_by_label(SAY("access.code"), exact=True).fill(code)
    page.get_by_role("button", name=SAY("access.enter")).click()


def begin(page, settled, called):
    page.get_by_role("button", name=SAY("begin")).click()
    expect(page).to_have_url(re.compile("language_models"))
    settled(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name=SAY("title")).click()
    name = page.get_by_label(SAY("project.name"))
    name.fill(called)
    name.press("Enter")
    expect(page.get_by_test_id("stSidebar").get_by_text(called)).to_be_visible()
    settled(page)


def test_two_learners_come_in_by_the_code_and_neither_finds_the_other(class_server, browser, settled):
    where = SAY("where")
    with browser() as ana, browser() as bea:
        hers, other = ana.new_page(), bea.new_page()
        come_in(hers, class_server.url, "no es este")
        expect(hers.get_by_text(texts.words("es", "errors")("access_wrong"))).to_be_visible()
        expect(hers.get_by_text(where)).to_have_count(0)
        come_in(hers, class_server.url)
        expect(hers.get_by_role("heading", name=where)).to_be_visible()
        begin(hers, settled, "Cartas a Inés")

        hers.reload()
        expect(hers.get_by_test_id("stSidebar").get_by_text("Cartas a Inés")).to_be_visible()
        assert "Tigre" not in hers.url, "the code is remembered, and never in the address"
        (cookie,) = [one for one in ana.cookies() if one["name"] == "llms_poetas_browser"]
        assert projects.is_id(cookie["value"])
        (project,) = projects.list_projects(class_server.workspace)
        assert (project.owner, project.hosted) == (cookie["value"], True)

        other.goto(f"{class_server.url}/glossary")
        expect(other.get_by_label(SAY("access.code"), exact=True)).to_be_visible()
        expect(other.get_by_test_id("stSidebar").get_by_role("link")).to_have_count(0)
        come_in(other, class_server.url)
        expect(other.get_by_role("heading", name=where)).to_be_visible()
        begin(other, settled, "Diario")
        expect(other.get_by_text("Inés")).to_have_count(0)
        forged = {**cookie, "value": "../" + cookie["value"][3:]}
        bea.add_cookies([forged])
        other.reload()
        expect(other.get_by_label(SAY("access.code"), exact=True)).to_be_visible()
        expect(other.get_by_text("Inés")).to_have_count(0)
