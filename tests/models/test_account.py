"""Whose a token is, asked of a Hub on loopback by the real client; and what is never sent or told."""

import json
import logging
import os
import subprocess
import sys
import traceback

import pytest
from hub_server import FILES, Answer, Repository, owner_of, serving
from huggingface_hub import constants

from core import texts
from core.errors import LessonError
from core.models import account, hub
from core.processes import ROOT

TOKEN = "hf_" + "CanarioQueNoCanta" * 2
OWNERS = "hf_" + "DuenoDeLaMaquina" * 2


@pytest.fixture
def ask(monkeypatch):
    """Asks a Hub that gives TOKEN this answer; gives the server too, as `ask.hub`."""
    with serving() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.address)

        def answer(said: Answer, token: str = TOKEN, seconds: float = 5.0) -> account.Account:
            server.accounts = {TOKEN: said}
            return account.whoami(token, seconds)

        answer.hub = server
        yield answer


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {TOKEN}\n",
        f'"{TOKEN}"',
        f"«{TOKEN}»",
        f"{TOKEN[:20]}\r\n{TOKEN[20:]}",
        f"\ufeff{TOKEN}\u200b",
        f"HF_TOKEN={TOKEN}",
        f"export HF_TOKEN='{TOKEN}'",
        f"Authorization: Bearer {TOKEN}",
    ],
)
def test_what_comes_along_when_a_token_is_copied_is_taken_off(pasted):
    assert account.clean(pasted) == TOKEN


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("", "token_empty"),
        (" \n'' ", "token_empty"),
        ("hf_••••••wXyZ", "token_covered"),
        ("hf_...wXyZ", "token_covered"),
        ("hf_abc", "token_cut"),
        (TOKEN + "ñ", "token_cut"),
        ("ana@ejemplo.org", "token_not_one"),
        ("mi-Contraseña-2026", "token_not_one"),
        ("x" * 50_000, "token_not_one"),
        ("https://huggingface.co/settings/tokens", "token_not_one"),
    ],
)
def test_what_is_no_token_is_refused_and_not_repeated(pasted, code):
    with pytest.raises(LessonError) as refused:
        account.clean(pasted)
    assert refused.value.code == code
    assert refused.value.facts == {}


@pytest.mark.parametrize(
    ("said", "writes"),
    [
        (owner_of("read"), False),
        (owner_of("write"), True),
        (owner_of("fineGrained", (("ana", "repo.content.read"),)), False),
        (owner_of("fineGrained", (("ana", "repo.content.read"), ("ana", "repo.write"))), True),
        (owner_of("fineGrained", (("otra", "repo.write"),)), False),
        (owner_of("de-otro-siglo"), False),
    ],
)
def test_a_tokens_owner_name_and_what_it_may_do_are_told(ask, said, writes):
    found = ask(said)
    assert (found.owner, found.name) == ("ana", "taller")
    assert found.role == said.body["auth"]["accessToken"]["role"]
    assert account.may_write(found) == writes
    assert TOKEN not in repr(found)


def test_a_fine_grained_token_may_publish_where_it_was_allowed_and_nowhere_else(ask):
    found = ask(owner_of("fineGrained", (("grupo", "repo.write"),), gated=True))
    assert found.reads_gated
    assert account.may_write(found, "grupo")
    assert not account.may_write(found)
    assert not account.may_write(None)


def test_a_token_without_any_of_the_usual_facts_is_still_its_owners(ask):
    assert ask(Answer(body={"name": "ana"})) == account.Account("ana", "", "")


FAILURES = [
    (Answer(401, {}), "token_refused", {}),
    (Answer(403, {}), "token_refused", {}),
    (Answer(429, {}, {"Retry-After": "40"}), "hub_busy", {"wait": 40}),
    (Answer(429, {}, {"RateLimit": '"api";r=0;t=55'}), "hub_busy", {"wait": 55}),
    (Answer(429, {}), "hub_busy", {"wait": 60}),
    (Answer(500, {}), "hub_ill", {}),
    (Answer(503, {}), "hub_ill", {}),
    (Answer(200, b"<html>Acepte las condiciones</html>"), "hub_ill", {}),
    (Answer(200, ["ana"]), "hub_ill", {}),
    (Answer(silent=True), "hub_slow", {}),
]


@pytest.mark.parametrize(("said", "code", "facts"), FAILURES)
def test_each_failure_has_its_words_and_none_repeats_the_token(ask, said, code, facts, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(LessonError) as failed:
        ask(said, seconds=0.3 if said.silent else 5)
    error = failed.value
    assert (error.code, error.facts) == (code, facts)
    assert error.__cause__ is None
    assert error.__context__ is None, "the client's own error carries its request, and that the token"
    told = "".join(traceback.format_exception(error)) + str(texts.explain(error, "es")) + caplog.text
    assert TOKEN not in told


def test_a_hub_that_does_not_know_the_token_refuses_it(ask):
    with pytest.raises(LessonError, match="token_refused"):
        ask(owner_of("read"), token=TOKEN + "x")


def test_a_hub_that_is_not_there_is_said_so(ask):
    ask.hub.stop()
    for question in (lambda: account.whoami(TOKEN, 5), lambda: account.reach(5)):
        with pytest.raises(LessonError, match="no_connection"):
            question()


def test_the_connection_is_tried_without_any_token_and_any_answer_will_do(ask):
    assert 0 < account.reach(5) < 5
    assert ask.hub.asked
    assert ask.hub.credentials == set()


def test_a_token_that_the_machines_owner_stored_is_never_sent(ask, tmp_path, monkeypatch):
    """`HF_TOKEN` and what `hf auth login` leaves behind are the owner's; hers is the only one that travels."""
    (tmp_path / "token").write_text(OWNERS)
    monkeypatch.setenv("HF_TOKEN", OWNERS)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    account.reach(5)
    for token in (None, TOKEN):
        with pytest.raises(LessonError, match="model_not_found"):
            hub.download("prueba/no-esta", token)
    ask(owner_of("read"))
    assert ask.hub.credentials == {f"Bearer {TOKEN}"}


def test_a_download_leaves_the_token_in_no_file_and_in_no_process(tmp_path):
    """In a process of its own, with the client's own log wide open."""
    script = """
import json, sys
token = sys.stdin.readline().strip()
from core.models import folder
from core.errors import LessonError
for name in ("prueba/no-esta", "prueba/cerrado", "prueba/suyo"):
    try:
        print(folder.find(name, token))
    except LessonError as error:
        print(error)
import psutil
print(json.dumps([psutil.Process().cmdline(), psutil.Process().environ()]))
"""
    models = {
        "prueba/cerrado": Repository(refusal=(403, "GatedRepo")),
        "prueba/suyo": Repository(FILES, closed=True, token=TOKEN),
    }
    with serving(models=models) as server:
        known = {"HF_ENDPOINT": server.address, "HF_HOME": str(tmp_path), "HF_DEBUG": "1", "HF_HUB_DISABLE_XET": "1"}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, input=TOKEN + "\n", capture_output=True, text=True, timeout=60,
            env={**os.environ, **known},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert f"Bearer {TOKEN}" in server.credentials
    assert "model_gated" in done.stdout
    assert any(path.name == "model.safetensors" for path in tmp_path.rglob("*")), "nothing was downloaded"
    assert "<TOKEN>" in done.stderr, "the client's log was not open, and proves nothing"
    assert TOKEN not in done.stdout + done.stderr
    assert len(json.loads(done.stdout.splitlines()[-1])) == 2, "the process did not show itself"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []
