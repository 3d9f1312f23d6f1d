"""Publishing in step 13: what she is told without a token, what she answers, and what is then on the Hub."""

import pytest
from hub_server import owner_of, point_at, serving

from core import texts, workshop
from core.models.account import Account
from core.sharing import gate, publish

TOKEN = "hf_" + "CanarioQuePublica" * 2
WORDS = texts.words("es", "publish")
WRITER, READER = Account("ana", "taller", "write"), Account("ana", "taller", "read")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with serving() as server:
        server.accounts = {TOKEN: owner_of("write")}
        point_at(monkeypatch, server, tmp_path / "cache")
        yield server


def step_13(visit, project, account=WRITER):
    page = visit("Home", project=project)
    if account:
        page.session_state["hub_token"] = (TOKEN, account)
    return page.switch_page("pages/13_share.py").run()


def said(page):
    return "\n".join(str(one.value) for kind in (page.markdown, page.caption, page.info) for one in kind)


def keys(page):
    return {button.key for button in page.button}


@pytest.mark.parametrize(("account", "key"), [(None, "publish.no_token"), (READER, "publish.cannot_write")])
def test_without_a_token_that_writes_she_is_told_where_to_get_one(visit, project, hub, account, key):
    page = step_13(visit, project, account)
    assert not page.exception
    assert WORDS(key) in said(page)
    assert "publish.go" not in keys(page)
    assert hub.asked == []


def test_she_publishes_in_private_shows_it_once_all_is_in_order_and_deletes_it(visit, project, hub, done, workspace):
    run = workshop.adapted_run(project)
    page = step_13(visit, project)
    assert page.button(key="publish.go").disabled, "there is no name yet"
    assert page.radio(key="publish.who").options == [WORDS("publish.who.private")]
    page.text_input(key="publish.name").set_value("coplas").run()
    page.button(key="publish.go").click().run()
    done(publish.told(run))
    page.run()
    assert not page.exception
    assert hub.repositories["models"]["ana/coplas"].private
    assert WORDS("publish.done", id="ana/coplas", link=f"{hub.address}/ana/coplas") in said(page)
    assert "publish.show.ana/coplas" not in keys(page)

    page.radio(key="publish.texts").set_value("free").run()
    page.radio(key="publish.people").set_value("nobody").run()
    page.selectbox(key="publish.licence").set_value("cc-by-4.0").run()
    assert gate.kept(run) == gate.Answers("free", "nobody", "cc-by-4.0")
    assert all(point.passed for point in gate.points(run))
    page.run()
    page.button(key="publish.show.ana/coplas").click().run()
    done(publish.told(run))
    page.run()
    repository = hub.repositories["models"]["ana/coplas"]
    assert not repository.private
    assert b"license: cc-by-4.0" in repository.files["README.md"]

    assert page.button(key="publish.delete.go.ana/coplas").disabled
    page.text_input(key="publish.delete.name.ana/coplas").set_value("ana/coplas").run()
    page.button(key="publish.delete.go.ana/coplas").click().run()
    assert not page.exception
    assert hub.repositories["models"] == {}
    assert WORDS("publish.done", id="ana/coplas", link=f"{hub.address}/ana/coplas") not in said(page)
    held = repr(page.main) + repr(page.session_state).replace(repr((TOKEN, WRITER)), "")
    assert TOKEN not in held
    assert [path for path in workspace.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []


def test_a_name_that_is_taken_is_said_and_can_be_replaced(visit, project, hub, done):
    run = workshop.adapted_run(project)
    publish.repository.make("ana/coplas", TOKEN)
    page = step_13(visit, project)
    page.text_input(key="publish.name").set_value("coplas").run()
    page.button(key="publish.go").click().run()
    for _ in range(100):
        if publish.state(run)["status"] not in publish.ACTIVE:
            break
        page.run()
    page.run()
    assert texts.words("es", "errors")("name_taken") in page.error[0].value
    page.button(key="publish.resume").click().run()
    done(publish.told(run))
    assert "adapter_model.safetensors" in hub.repositories["models"]["ana/coplas"].files
