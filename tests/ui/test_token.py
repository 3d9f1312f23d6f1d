"""Step 2's account and machine, as she meets them; and a token looked for everywhere it could have stayed."""

import logging

import pytest
from hub_server import Answer, Repository, owner_of, serving
from huggingface_hub import constants

from core import machine, texts, workshop
from core import project as projects
from core.errors import LessonError
from core.models import sizes
from core.models.account import Account
from core.models.sizes import Reach

TOKEN = "hf_" + "CanarioQueNoCanta" * 2
WORDS = texts.words("es", "frame", "02_hugging_face")
GATED = Repository(refusal=(403, "GatedRepo"))


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with serving(models={"prueba/cerrado": GATED}) as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
        server.accounts = {TOKEN: owner_of("read")}
        yield server


def said(page):
    kinds = (page.markdown, page.caption, page.info, page.success, page.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def keys(page):
    return [button.key for button in page.button]


def paste(page, text):
    """Pastes into the box, whichever it is by now, and presses the button."""
    (box,) = [field for field in page.text_input if field.key.startswith("account.token")]
    box.set_value(text)
    next(button for button in page.button if button.key == "account.check").click()
    return page.run()


def everything_held(page):
    """All that the page shows, and all that the session holds, the token's own place left out."""
    state = repr(page.session_state)
    assert "browser" in state, "nothing of the session was seen"
    assert texts.words("es", "frame")("next", title="")[:5] in repr(page.main), "nothing of the page was seen"
    for held in [page.session_state[name] for name in ("hub_token",) if name in page.session_state]:
        state = state.replace(repr(held), "")
    return repr(page.main) + repr(page.sidebar) + state


def files(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_good_token_is_shown_by_its_owner_and_forgotten_on_request(visit, begun, hub, caplog):
    caplog.set_level(logging.DEBUG)
    page = paste(visit("02_hugging_face", project=begun), f' "{TOKEN}"\n')
    assert not page.exception
    assert [error.value for error in page.error] == []
    assert "ana" in said(page)
    assert WORDS("role.read") in said(page)
    assert [field.key for field in page.text_input if "token" in field.key] == []
    assert page.session_state["hub_token"] == (TOKEN, Account("ana", "taller", "read"))
    assert TOKEN not in everything_held(page) + caplog.text

    page.button(key="account.forget").click().run()
    assert "hub_token" not in page.session_state
    assert TOKEN not in everything_held(page)
    assert [field.value for field in page.text_input if "token" in field.key] == [""]


def test_a_token_goes_with_what_is_downloaded_and_stays_in_no_file(visit, begun, hub, workspace, caplog):
    caplog.set_level(logging.DEBUG)
    page = paste(visit("02_hugging_face", project=begun), TOKEN)
    held, _ = page.session_state["hub_token"]
    with pytest.raises(LessonError, match="model_gated") as refused:
        workshop.choose_model(begun, "prueba/cerrado", held)
    page.button(key="02.look").click().run()
    page.switch_page("pages/03_choose_model.py").run()
    assert not page.exception
    assert hub.credentials == {f"Bearer {TOKEN}"}
    assert TOKEN not in everything_held(page) + caplog.text + str(refused.value)
    assert begun.id.encode() in files(workspace), "the files were not looked at"
    assert TOKEN.encode() not in files(workspace)


def test_a_data_set_is_asked_for_with_the_token_that_she_lent(visit, begun, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    paste(page := visit("02_hugging_face", project=begun), TOKEN)
    page.switch_page("pages/05_load_texts.py").run()
    page.button_group(key="origin").set_value("hub").run()
    page.text_input(key="hub.id").set_value("prueba/nada").run()
    hub.credentials.clear()
    page.button(key="hub.look").click().run()
    assert texts.words("es", "errors")("dataset_not_found") in said(page)
    assert hub.credentials == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("ana@ejemplo.org", "token_not_one"),
        (TOKEN[:9], "token_cut"),
        ("", "token_empty"),
        (TOKEN + "x", "token_refused"),
    ],
)
def test_what_the_hub_would_not_take_is_said_and_not_kept(visit, begun, hub, pasted, code):
    page = paste(visit("02_hugging_face", project=begun), pasted)
    assert texts.words("es", "errors")(code) in "".join(error.value for error in page.error)
    assert "account.again" not in keys(page)
    assert not pasted or pasted not in everything_held(page)
    assert bool(hub.asked) == (code == "token_refused")


def test_after_a_busy_hub_she_tries_again_without_pasting_again(visit, begun, hub):
    hub.accounts = {TOKEN: Answer(429, {}, {"Retry-After": "40"})}
    page = paste(visit("02_hugging_face", project=begun), TOKEN)
    assert "40" in "".join(error.value for error in page.error)
    assert TOKEN not in "".join(error.value for error in page.error)
    page.button(key="02.look").click().run()
    assert WORDS("token.waiting") in said(page), "what she pasted was out of her reach"
    hub.accounts = {TOKEN: owner_of("write")}
    page.button(key="account.again").click().run()
    assert WORDS("role.write") in said(page)
    assert "02.token.pasted" not in page.session_state


def test_a_token_for_which_the_hub_had_no_time_can_be_forgotten_too(visit, begun, hub):
    hub.accounts = {TOKEN: Answer(503, {})}
    page = paste(visit("02_hugging_face", project=begun), TOKEN)
    page.button(key="account.forget").click().run()
    assert TOKEN not in everything_held(page)
    assert [error.value for error in page.error] == []


def test_the_memory_is_guessed_before_it_is_shown(visit, begun):
    page = visit("02_hugging_face", project=begun)
    assert WORDS("machine.memory") not in said(page)
    assert WORDS("exercise.later") in said(page)
    page.number_input(key="02.guess").set_value(3.5).run()
    page.button(key="02.look").click().run()
    assert not page.exception
    assert "3,5" in said(page)
    assert WORDS("machine.memory") in said(page)
    assert len(page.get("plotly_chart")) == 1
    assert projects.open_project(begun.folder.parent, begun.id).choices["02_hugging_face"]["free_memory"] == 3.5
    here, _ = page.session_state["02.machine"]
    page.number_input(key="02_hugging_face.exercise").set_value(round(100 * here.free_memory_gb / here.memory_gb)).run()
    assert WORDS("exercise.right") in [success.value for success in page.success]


@pytest.mark.parametrize(
    ("use", "adapt", "gpu", "disk", "expected"),
    [
        (0, 0, None, 1.5, {"sizes.none", "machine.tight", "disk.tight"}),
        (135, 0, None, 80.0, {"sizes.only_use", "machine.tight"}),
        (600, 360, "NVIDIA Prueba", 80.0, {"sizes.use", "machine.enough", "sizes.on_card"}),
    ],
)
def test_what_a_machine_allows_is_said_as_it_is(visit, begun, monkeypatch, use, adapt, gpu, disk, expected):
    free = 9000.0 if adapt else 400.0
    monkeypatch.setattr(sizes, "reach", lambda: Reach(free, 600.0, 7, use, adapt))
    monkeypatch.setattr(machine, "inspect", lambda _: machine.Machine(2, 4.0, free / 1e3, disk, gpu, "Linux"))
    page = visit("02_hugging_face", project=begun)
    page.button(key="02.look").click().run()
    assert not page.exception
    told = {
        "sizes.none",
        "sizes.only_use",
        "sizes.use",
        "sizes.on_card",
        "machine.tight",
        "machine.enough",
        "disk.tight",
    }
    facts = {"use": use, "adapt": adapt, "ours": 7, "needed": 0.6, "free": free / 1e3, "disk": disk}
    assert {key for key in told if WORDS(key, **facts) in said(page)} == expected


def test_the_hub_is_asked_only_when_she_presses(visit, begun, hub):
    page = visit("02_hugging_face", project=begun)
    page.button(key="02.look").click().run()
    assert hub.asked == []
    page.button(key="02.connection").click().run()
    assert hub.asked
    assert hub.credentials == set()
    assert "El Hub contestó" in said(page)


def test_in_a_browser_the_token_stays_in_no_page_no_address_and_no_store(
    serve, browser, settled, hub, begun, monkeypatch
):
    monkeypatch.setenv("HF_ENDPOINT", hub.address)
    server = serve()
    asked: list[str] = []
    with browser() as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url + str(request.post_data or "")))
        page.goto(f"{server.url}/hugging_face?lang=es&project={begun.id}")
        settled(page)
        page.locator("input[type=password]").fill(TOKEN)
        page.get_by_role("button", name=WORDS("token.check")).click()
        page.get_by_text(WORDS("role.read")).wait_for()
        settled(page)
        seen = [page.content()]
        page.get_by_role("link", name="Elegí un modelo").first.click()
        page.get_by_role("heading", level=1, name=texts.words("es", "03_choose_model")("title")).wait_for()
        settled(page)
        seen += [page.content(), page.url, str(context.cookies()), str(context.storage_state())]
        seen.append(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])"))
    assert f"Bearer {TOKEN}" in hub.credentials
    assert "ana" in seen[0]
    assert asked
    assert [text for text in seen + asked if TOKEN in text] == []
    assert TOKEN.encode() not in files(server.workspace)
