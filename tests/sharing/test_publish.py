"""A model published by the real client on a Hub on loopback: made, filled, cut, taken up again, refused, deleted."""

import io
import os
import re
import shutil
import signal
import time
from types import SimpleNamespace

import pytest
from hub_server import FILES, NOWHERE, owner_of, point_at, serving

from core import cli, storage
from core.classroom import MODEL
from core.data import table
from core.evaluation import evaluate
from core.processes import ACTIVE
from core.sharing import gate, publication, publish, repository
from core.sharing.card import hub_card
from core.sharing.publish import Wish
from core.training import plan, runs

TOKEN = "hf_" + "CanarioQuePublica" * 2
READER = "hf_" + "SoloLeeSoloLeeSoloLee"
ID = "ana/coplas"
ANSWERS = gate.Answers("mine", "nobody", "cc-by-4.0", about="Coplas del taller")
BASE_BYTES = len(FILES["model.safetensors"])


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with serving() as server:
        server.accounts = {TOKEN: owner_of("write"), READER: owner_of("read")}
        point_at(monkeypatch, server, tmp_path / "cache")
        yield server


@pytest.fixture(scope="module")
def adapter(made_once):
    """A small adapter of the classroom's model, as PEFT writes one."""

    def make(folder):
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        small = LoraConfig(r=2, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(MODEL), small)
        model.peft_config["default"].base_model_name_or_path = "classroom"
        model.save_pretrained(folder)

    return made_once("published-adapter", make)


@pytest.fixture
def made(loaded, adapter):
    """A project and a run of it that has ended."""
    project = loaded()
    run = runs.create(project, plan.settings(project, "quick"))
    shutil.copytree(adapter, run.adapter)
    gate.keep(run, ANSWERS)
    return project, run


def seen_of(run):
    """Notes that what the model writes was looked at, and copies nothing."""
    storage.append_json(run.folder / "copies.jsonl", {"text": "1", "words": 90, "copied": 0, "longest": 0})


def published(hub, made, token=TOKEN, **wish):
    project, run = made
    return publication.publish(run, project, Wish(**{"id": "coplas", **wish}), token)


def on_hub(hub, id=ID):
    return hub.repositories["models"].get(id)


def wait(run, ready, seconds=60):
    deadline = time.monotonic() + seconds
    while not ready(publish.state(run)):
        assert time.monotonic() < deadline, publish.state(run)
        time.sleep(0.05)
    return publish.state(run)


def is_over(state):
    return state["status"] not in ACTIVE


# ---------------------------------------------------------------- what is published


def test_what_is_published_comes_down_again_and_the_cards_own_lines_make_it_write(hub, made, monkeypatch, capsys):
    hub.store.part = 4_000_000  # as the Hub takes in what is large
    state = published(hub, made)
    assert (state["status"], state["left"], state["done"]) == ("finished", "nothing", state["total"])
    assert on_hub(hub).private
    monkeypatch.setenv("HF_TOKEN", TOKEN)  # as `hf auth login` would: it is private
    card = on_hub(hub).files["README.md"].decode()
    blocks = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    assert len(blocks) == 2
    exec(blocks[0].replace("max_new_tokens=60", "max_new_tokens=4"), {})
    assert capsys.readouterr().out.startswith("La luna")


def test_none_of_her_texts_and_no_path_of_hers_is_in_what_was_sent(hub, made):
    project, run = made
    published(hub, made)
    base = FILES["model.safetensors"]  # ours, and the same for everybody
    sent = b"".join(content for content in on_hub(hub).files.values() if content != base)
    lines = {
        line
        for part in ("train", "validation", "test")
        for row in table.rows(run.prepared / part)
        for line in row["text"].splitlines()
        if len(line) > 12
    }
    assert len(lines) > 500
    assert [line for line in lines if line.encode() in sent] == []
    assert str(project.folder.parent).encode() not in sent
    assert TOKEN.encode() not in sent
    assert set(on_hub(hub).files) == {
        ".gitattributes", "README.md", "adapter_config.json", "adapter_model.safetensors",
        *(f"base/{path.name}" for path in MODEL.iterdir()),
    }  # fmt: skip


def test_the_card_is_in_both_languages_and_the_hubs_own_reader_understands_it(hub, made):
    from huggingface_hub import ModelCard

    _, run = made
    perplexity = {"value": 40.0, "low": 35.0, "high": 46.0}
    sides = {"adapted": {"perplexity": perplexity, "repetition": {"value": 0.2}}, "base": {"perplexity": perplexity}}
    record = {"rows": 26, "sides": sides, "adapter": evaluate.fingerprint(run)}
    run.evaluation.mkdir()
    storage.write_json(run.evaluation / "record.json", record)
    published(hub, made)
    card = ModelCard(on_hub(hub).files["README.md"].decode())
    assert (card.data.license, card.data.language, card.data.library_name) == ("cc-by-4.0", "es", "peft")
    (measured,) = card.data.eval_results
    assert (measured.metric_type, measured.metric_value) == ("perplexity", 40.0)
    assert measured.metric_args == {"confidence_interval_95": [35.0, 46.0]}
    assert "base_model" not in card.data.to_dict(), "the Hub has no model of that name"
    assert card.text.index("## Límites") < card.text.index("## Limits")
    assert "40 [35–46]" in card.text
    assert card.text.count(ANSWERS.about) == 2


@pytest.mark.parametrize(("merged", "relation", "library"), [(0, "adapter", "peft"), (1, "finetune", "transformers")])
def test_a_base_that_the_hub_has_is_named_and_the_licence_as_its_owners_call_it(made, merged, relation, library):
    from huggingface_hub import ModelCard

    project, run = made
    folder = run.workspace.parent / "base"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: other\nlicense_name: casera\nlicense_link: x\n---\n")
    record = run.record() | {"model": "grupo/base", "model_folder": str(folder)}
    storage.write_json(run.folder / "settings.json", record)
    said = gate.Answers(licence="other")
    card = ModelCard(hub_card(run, project, None, ID, said, bool(merged)))
    told = card.data.to_dict()
    assert (told["base_model"], told["base_model_relation"], told["library_name"]) == ("grupo/base", relation, library)
    assert (told["license"], told["license_name"], told["license_link"]) == ("other", "casera", "x")
    assert "model-index" not in told, "nothing was measured"


# ---------------------------------------------------------------- cuts


def test_a_connection_that_is_cut_goes_on_by_itself(hub, made):
    hub.store.cuts = [5_000_000]
    assert published(hub, made)["status"] == "finished"
    assert hub.store.received > BASE_BYTES + 5_000_000


def test_a_connection_that_is_lost_is_said_and_the_same_again_goes_on(hub, made, monkeypatch):
    monkeypatch.setattr("huggingface_hub.utils._http.time", SimpleNamespace(sleep=lambda seconds: None))
    hub.store.cuts = [1_000_000] * 6  # as often as the client tries
    state = published(hub, made)
    assert (state["status"], state["error"]["code"], state["left"]) == ("failed", "publish_cut", "empty")
    assert on_hub(hub).files.keys() == {".gitattributes"}
    assert published(hub, made)["status"] == "finished"


def test_after_a_token_that_ran_out_in_the_middle_what_arrived_is_not_sent_again(hub, made):
    accounts = hub.accounts

    class Expiring(dict):
        def get(self, token, default=None):  # once the base is there, nobody is known any more
            return default if hub.store.objects else super().get(token, default)

    hub.accounts = Expiring(accounts)
    state = published(hub, made)
    assert (state["error"]["code"], state["left"]) == ("publish_token", "empty")
    assert on_hub(hub).files.keys() == {".gitattributes"}
    before = hub.store.received
    assert before >= BASE_BYTES
    hub.accounts = accounts
    state = published(hub, made)
    assert (state["status"], state["left"]) == ("finished", "nothing")
    assert hub.store.received - before == (made[1].adapter / "adapter_model.safetensors").stat().st_size


def test_a_cancelled_one_leaves_nothing_on_the_hub_and_a_killed_one_what_can_be_undone(hub, made, tmp_path):
    _, run = made
    hub.store.pause = 0.02
    publish.start(run, Wish("coplas"), TOKEN)
    state = wait(run, lambda state: state.get("done", 0) > 1_000_000)
    if os.path.exists("/proc"):
        for name in ("cmdline", "environ"):
            with open(f"/proc/{state['pid']}/{name}", "rb") as told:
                assert TOKEN.encode() not in told.read()
    assert on_hub(hub)
    publish.cancel(run)
    state = wait(run, is_over)
    assert (state["status"], state["left"], on_hub(hub)) == ("cancelled", "nothing", None)
    assert not (publish.told(run) / "request").exists(), "the next one would be cancelled too"

    publish.start(run, Wish("coplas"), TOKEN)
    os.kill(wait(run, lambda state: state.get("done", 0) > 1_000_000)["pid"], signal.SIGKILL)
    state = wait(run, is_over)
    assert (state["status"], state["left"]) == ("died", "empty")
    assert on_hub(hub).files.keys() == {".gitattributes"}
    publish.undo(run, TOKEN)
    assert (on_hub(hub), publish.state(run)) == (None, {"status": "none"})
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    assert [path for path in written if TOKEN.encode() in path.read_bytes()] == []


def test_by_the_clients_own_protocol_it_is_told_too_and_its_log_has_no_token(hub, made, monkeypatch, tmp_path):
    _, run = made
    hub.store.xet = tmp_path / "cas"
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "0")
    publish.start(run, Wish("coplas"), TOKEN)
    state = wait(run, is_over)
    assert (state["status"], state["done"]) == ("finished", state["total"])
    assert state["total"] > BASE_BYTES
    assert sum(path.stat().st_size for path in hub.store.xet.rglob("*") if path.is_file()) > BASE_BYTES // 2
    assert hub.store.received == 0, "nothing went by plain LFS"
    logs = [path.read_bytes() for path in (tmp_path / "cache").rglob("*.log")]
    assert logs
    assert not any(TOKEN.encode() in log for log in [*logs, (publish.told(run) / "log.txt").read_bytes()])


def test_what_somebody_put_there_meanwhile_is_not_taken_for_an_empty_one(hub, made):
    repository.make(ID, TOKEN)
    hub.repositories["models"][ID].files["notas.md"] = b"suyo"
    assert not repository.delete_if_empty(ID, TOKEN)
    assert on_hub(hub)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("token", "name", "code"),
    [
        (READER, "coplas", "token_cannot_write"),
        (TOKEN + "x", "coplas", "publish_token"),
        ("", "coplas", "publish_token"),
        (TOKEN, "mis coplas", "name_invalid"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked_for(hub, made, token, name, code):
    state = published(hub, made, token, id=name)
    assert (state["status"], state["error"]["code"], state["left"]) == ("failed", code, "nothing")
    assert set(hub.asked) <= {"GET /api/whoami-v2"}
    assert hub.repositories["models"] == {}


def test_a_name_under_somebody_elses_is_said(hub, made):
    state = published(hub, made, id="otra/coplas")
    assert (state["error"]["code"], state["left"]) == ("name_not_hers", "nothing")
    assert hub.repositories["models"] == {}


def test_a_full_account_is_said_and_the_repository_goes_again(hub, made):
    hub.store.is_full = True
    state = published(hub, made)
    assert (state["error"]["code"], state["left"]) == ("hub_full", "nothing")
    assert on_hub(hub) is None


def test_a_card_that_the_hub_does_not_take_is_said_and_the_repository_goes_again(hub, made):
    gate.keep(made[1], gate.Answers("mine", "nobody", "rara"))
    state = published(hub, made)
    assert (state["error"]["code"], state["left"]) == ("card_refused", "nothing")
    assert "must be one of a list" in state["error"]["facts"]["said"]
    assert on_hub(hub) is None


def test_without_a_connection_it_says_so(made, monkeypatch, tmp_path):
    point_at(monkeypatch, NOWHERE, tmp_path / "cache")
    assert published(None, made)["error"]["code"] == "no_connection"


def test_a_name_that_is_taken_is_not_touched_unless_she_wants_it_replaced(hub, made):
    published(hub, made)
    hub.repositories["models"][ID].files["notas.md"] = b"suyas"
    before = dict(on_hub(hub).files)
    assert published(hub, made)["error"]["code"] == "name_taken"
    assert on_hub(hub).files == before
    state = published(hub, made, merged=True, update=True)
    assert state["status"] == "finished"
    now = set(on_hub(hub).files)
    assert {"model.safetensors", "config.json", "tokenizer.json", "notas.md"} < now
    assert not {"adapter_model.safetensors", "adapter_config.json", "base/config.json"} & now
    assert publish.published(made[1])[ID]["merged"]


def test_by_the_command_the_token_comes_by_stdin_or_by_her_environment(hub, made, monkeypatch, capsys):
    _, run = made
    asked = ["publish", str(run.folder), "--name", "coplas", "--licence", "mit"]
    monkeypatch.setattr("sys.stdin", io.StringIO(READER))
    assert cli.main(asked) == 2
    assert "ana" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert cli.main(asked) == 0
    assert capsys.readouterr().out.strip() == f"{hub.address}/{ID}"
    assert b"license: mit" in on_hub(hub).files["README.md"]


# ---------------------------------------------------------------- who sees it


def test_it_is_public_only_once_every_point_is_passed_and_she_can_hide_and_delete_it(hub, made):
    _, run = made
    assert published(hub, made, public=True)["error"]["code"] == "gate_closed"
    assert on_hub(hub) is None
    published(hub, made)
    assert on_hub(hub).private
    seen_of(run)
    received = hub.store.received
    assert published(hub, made, public=True, update=True)["status"] == "finished"
    assert not on_hub(hub).private
    assert hub.store.received == received, "only the card travelled"
    assert not publish.published(run)[ID]["private"]
    gate.keep(run, gate.Answers())
    assert published(hub, made, update=True)["error"]["code"] == "gate_closed", "everybody would see it"
    publish.hide(run, ID, TOKEN)
    assert on_hub(hub).private
    publish.delete(run, ID, TOKEN)
    assert (on_hub(hub), publish.published(run)) == (None, {})
